//! An account in an answer.

use saldo_domain::account::{Account, BankDetails, Contact};
use saldo_domain::date::{Date, in_milliseconds};
use saldo_domain::id::{AccessId, AccountId};
use saldo_domain::money::{Currency, Decimal, as_number, as_number_if_any};
use saldo_domain::receivable::{Amounts, ItemKind, SourceFile};
use saldo_http::openapi::Amount;
use serde::Serialize;
use utoipa::ToSchema;

/// An account. Absent values are left out, except for the owner, which is `null`.
#[derive(Serialize, ToSchema)]
#[schema(as = Account, example = json!({
    "id": "acc_mfrggzdfmztwq2lk", "type": "savings", "balance": 5000, "currency": "USD",
    "owner_id": "WAz8eIbvDR60rouK", "status": "active", "created_at": 705_103_200, "updated_at": 705_103_200
}))]
pub(crate) struct View {
    id: AccountId,
    r#type: String,
    #[schema(value_type = Amount)]
    #[serde(serialize_with = "as_number")]
    balance: Decimal,
    currency: Currency,
    #[schema(required)]
    owner_id: Option<String>,
    /// The number of the client that owns it, if a row of an import has assigned it by that.
    #[serde(skip_serializing_if = "Option::is_none")]
    client_external_id: Option<String>,
    /// `active` reads as `resolved` while nothing is owed.
    status: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    identifier: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    external_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source_system: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    contact: Option<ContactView>,
    #[schema(value_type = Amount, required = false)]
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "as_number_if_any")]
    total_amount: Option<Decimal>,
    /// The kind of open item.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    kind: Option<ItemKind>,
    /// What `total_amount` states.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    amounts: Option<Amounts>,
    /// The last day whose bank payments are in `total_amount`: the day of the latest row or complete file that states it.
    #[serde(skip_serializing_if = "Option::is_none")]
    as_of: Option<Date>,
    /// The original amount: the highest amount that the source has stated, or the lowest of a credit.
    #[schema(value_type = Amount, required = false)]
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "as_number_if_any")]
    original_amount: Option<Decimal>,
    /// The earliest day of which the source has stated the original amount. Absent if it has none of the payments.
    #[serde(skip_serializing_if = "Option::is_none")]
    original_as_of: Option<Date>,
    /// The complete file for which it is closed, because the file omits it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    omitted_by_source: Option<Omission>,
    /// What is still owed; negative if it is overpaid, and for a credit.
    #[schema(value_type = Amount, required = false)]
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "as_number_if_any")]
    open_amount: Option<Decimal>,
    #[serde(skip_serializing_if = "Option::is_none")]
    due_date: Option<Date>,
    #[serde(skip_serializing_if = "Option::is_none")]
    campaign_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    notes: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payment_reference: Option<String>,
    /// The document numbers that payers may quote.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    references: Option<Vec<String>>,
    /// The last day of the cash discount.
    #[serde(skip_serializing_if = "Option::is_none")]
    discount_until: Option<Date>,
    /// The cash discount.
    #[schema(value_type = Amount, required = false)]
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "as_number_if_any")]
    discount_amount: Option<Decimal>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bank: Option<BankView>,
    /// Seconds since 1970.
    created_at: i64,
    /// Seconds since 1970.
    updated_at: i64,
}

/// A complete file that omits an item.
#[derive(Serialize, ToSchema)]
#[schema(as = AccountOmission)]
struct Omission {
    /// The last day whose bank payments the source had fully posted.
    as_of: Date,
}

impl From<SourceFile> for Omission {
    fn from(SourceFile { as_of, .. }: SourceFile) -> Self {
        Self { as_of }
    }
}

/// What the bank reported about an account that a synchronization found there.
#[derive(Serialize, ToSchema)]
#[schema(as = AccountAtBank)]
struct BankView {
    access_id: AccessId,
    #[schema(required)]
    name: Option<String>,
    #[schema(required)]
    product: Option<String>,
    #[schema(required)]
    owner_name: Option<String>,
    #[schema(required)]
    iban: Option<String>,
    #[schema(required)]
    bic: Option<String>,
    #[schema(required)]
    balance_date: Option<Date>,
    /// The time since which the bank no longer lists the account.
    #[schema(required, format = DateTime)]
    missing_since: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = AccountContact)]
struct ContactView {
    name: String,
    #[schema(required)]
    phone: Option<String>,
    #[schema(required)]
    email: Option<String>,
}

impl From<Account> for View {
    fn from(account: Account) -> Self {
        let (original, open_amount) = (account.original(), account.open_amount());
        let (is_imported, status) = (account.is_imported(), account.shown_status().to_owned());
        Self {
            client_external_id: account.client_external_id().cloned().map(String::from),
            id: account.id,
            r#type: account.kind.into(),
            balance: account.balance,
            currency: account.currency,
            owner_id: account.owner_id.map(String::from),
            status,
            identifier: account.identifier.map(String::from),
            external_id: account.external_id.map(String::from),
            source_system: account.source_system.map(String::from),
            contact: account.contact.map(ContactView::from),
            total_amount: account.total_amount,
            kind: is_imported.then_some(account.item_kind),
            amounts: is_imported.then_some(account.amounts),
            as_of: account.as_of,
            original_amount: original.map(|original| original.amount),
            original_as_of: original.and_then(|original| original.as_of),
            omitted_by_source: account.omitted.map(Omission::from),
            open_amount,
            due_date: account.due_date,
            campaign_id: account.campaign_id.map(String::from),
            notes: account.notes.map(String::from),
            payment_reference: account.payment_reference.map(String::from),
            references: account.references.map(|all| all.iter().map(str::to_owned).collect()),
            discount_until: account.discount_until,
            discount_amount: account.discount_amount,
            bank: account.bank.map(|bank| BankView::from(*bank)),
            created_at: account.created_at.as_second(),
            updated_at: account.updated_at.as_second(),
        }
    }
}

impl From<BankDetails> for BankView {
    fn from(bank: BankDetails) -> Self {
        Self {
            access_id: bank.access_id,
            name: bank.name,
            product: bank.product,
            owner_name: bank.owner_name,
            iban: bank.iban,
            bic: bank.bic,
            balance_date: bank.balance_date,
            missing_since: bank.missing_since.map(in_milliseconds),
        }
    }
}

impl From<Contact> for ContactView {
    fn from(contact: Contact) -> Self {
        Self {
            name: contact.name.into(),
            phone: contact.phone.map(|phone| phone.as_str().to_owned()),
            email: contact.email.map(|email| email.as_str().to_owned()),
        }
    }
}
