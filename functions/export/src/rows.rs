//! The rows of an exported file, for the OpenAPI document. A file is written column by column.
#![allow(dead_code, reason = "these are described, never made")]

use saldo_domain::account::AccountField;
use saldo_domain::date::Date;
use saldo_domain::id::{AccountId, TransactionId};
use saldo_domain::money::Currency;
use saldo_domain::receivable::{Amounts, ItemKind};
use saldo_domain::transaction::{Direction, Source};
use saldo_http::openapi::{Amount, AmountText};
use utoipa::openapi::schema::{ObjectBuilder, SchemaType, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// An account in an export, with the requested columns.
#[derive(ToSchema)]
#[schema(example = json!({
    "id": "acc_mfrggzdfmztwq2lk", "external_id": "INV-2026-0042", "source_system": "SAP", "type": "receivable",
    "status": "active", "contact": { "name": "María García", "phone": "+5491155551234", "email": null },
    "total_amount": 45000, "balance": -45000, "currency": "ARS", "due_date": "2026-01-15", "days_past_due": 60,
    "campaign_id": null, "owner_id": null, "notes": "60 days past due, prior arrangement lapsed",
    "created_at": "2026-03-16T09:30:00.000Z", "updated_at": "2026-03-16T09:30:00.000Z"
}))]
#[serde(deny_unknown_fields)]
struct NotText {
    #[schema(nullable = false)]
    id: Option<AccountId>,
    #[schema(nullable = false)]
    r#type: Option<String>,
    #[schema(nullable = false)]
    status: Option<String>,
    /// Null if the account has no contact, or none of its columns was requested.
    contact: Option<ExportedContact>,
    /// The amount owed, as the source reported it.
    total_amount: Option<Amount>,
    #[schema(nullable = false)]
    balance: Option<Amount>,
    #[schema(nullable = false)]
    currency: Option<Currency>,
    due_date: Option<Date>,
    /// The days since it was due on the organization's day of the request; negative if it is not yet due.
    days_past_due: Option<i64>,
    #[schema(nullable = false, format = DateTime)]
    created_at: Option<String>,
    #[schema(nullable = false, format = DateTime)]
    updated_at: Option<String>,
    /// The identifier that its transactions refer to.
    identifier: Option<String>,
    /// The kind of open item. Null, as all below, if no import has made the account.
    kind: Option<ItemKind>,
    /// What `total_amount` states.
    amounts: Option<Amounts>,
    /// The last day whose bank payments are in `total_amount`.
    as_of: Option<Date>,
    /// The highest amount that the source has stated, or the lowest of a credit.
    original_amount: Option<Amount>,
    /// The earliest day of which the source has stated the original amount; null if it has none of the payments.
    original_as_of: Option<Date>,
    /// What is still owed; negative if it is overpaid, and for a credit.
    open_amount: Option<Amount>,
    /// The last day of the cash discount.
    discount_until: Option<Date>,
    /// The cash discount.
    discount_amount: Option<Amount>,
}

/// A workbook of Office Open XML, with a sheet whose header names the columns.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
pub(crate) struct ExportedWorkbook(String);

/// An account in an export: the columns of [`NotText`], and all others as text or null.
pub(crate) struct ExportedAccount;

impl PartialSchema for ExportedAccount {
    fn schema() -> RefOr<Schema> {
        let RefOr::T(Schema::Object(mut object)) = NotText::schema() else { return NotText::schema() };
        let mut described = std::mem::take(&mut object.properties);
        for field in AccountField::ALL {
            let (name, _) = field.name().split_once('.').unwrap_or((field.name(), ""));
            let schema = described.swap_remove(name).unwrap_or_else(text_or_null);
            object.properties.entry(name.to_owned()).or_insert(schema);
        }
        object.into()
    }
}

fn text_or_null() -> RefOr<Schema> {
    ObjectBuilder::new().schema_type(SchemaType::from_iter([Type::String, Type::Null])).into()
}

impl ToSchema for ExportedAccount {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        NotText::schemas(schemas);
    }
}

/// The contact of an account.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExportedContact {
    name: Option<String>,
    phone: Option<String>,
    email: Option<String>,
}

/// A transaction in an export, with the requested columns.
#[derive(ToSchema)]
#[schema(example = json!({
    "id": "txn_mfrggzdfmztwq2lk", "accountIdentifier": "DE89370400440532013000", "transactionId": "2026/01/15-7",
    "text": "Coffee", "creditDebit": "debit", "amount": "3.50", "currency": "EUR", "originalAmount": null,
    "originalCurrency": null, "purchasedAt": null, "valutaAt": "2026-01-15", "bookedAt": "2026-01-16",
    "createdAt": "2026-01-16T09:30:00.000Z", "source": "api"
}))]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct ExportedTransaction {
    #[schema(nullable = false)]
    id: Option<TransactionId>,
    #[schema(nullable = false)]
    account_identifier: Option<String>,
    transaction_id: Option<String>,
    text: Option<String>,
    #[schema(nullable = false)]
    credit_debit: Option<Direction>,
    #[schema(nullable = false)]
    amount: Option<AmountText>,
    #[schema(nullable = false)]
    currency: Option<Currency>,
    original_amount: Option<AmountText>,
    original_currency: Option<Currency>,
    purchased_at: Option<Date>,
    #[schema(nullable = false)]
    valuta_at: Option<Date>,
    booked_at: Option<Date>,
    #[schema(nullable = false, format = DateTime)]
    created_at: Option<String>,
    #[schema(nullable = false)]
    source: Option<Source>,
}

#[cfg(test)]
mod tests {
    use saldo_domain::export::{Column, TransactionColumn};
    use saldo_domain::transaction::Transaction;
    use saldo_http::openapi::properties;

    use super::*;

    #[test]
    fn descriptions_have_the_columns() {
        let contact: Vec<_> =
            properties::<ExportedContact>().iter().map(|name| format!("contact.{name}")).collect();
        let account = properties::<ExportedAccount>().into_iter().flat_map(|name| match name.as_str() {
            "contact" => contact.clone(),
            _ => vec![name],
        });
        assert!(account.eq(AccountField::ALL.iter().map(|field| field.name())));
        let columns = <TransactionColumn as Column<Transaction>>::ALL;
        assert!(properties::<ExportedTransaction>().iter().eq(columns.iter().map(|column| column.name())));
    }
}
