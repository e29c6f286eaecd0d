//! The request bodies that create and change an account.

use jiff::Timestamp;

use super::{
    Account, AccountField as F, AccountIdentifier, AccountStatus, AccountType, CampaignId, FieldSet,
    FieldSetter, Notes, OwnerId, PaymentReference,
};
use crate::date::Date;
use crate::fields::{AmbiguousAmount, Body, Fields, Finding, FindingCode, Patch};
use crate::id::AccountId;
use crate::money::{Currency, Decimal};
use crate::receivable::{ItemKind, References};

const BALANCE: &str = "balance";
const CURRENCY: &str = "currency";
const DISCOUNT: &str = "discount_amount";

/// A new account.
#[derive(Clone, Debug, PartialEq, Eq, Body)]
#[body(schema(as = NewAccount, example = json!({
    "type": "savings", "balance": 5000, "currency": "USD", "owner_id": "WAz8eIbvDR60rouK"
})))]
#[body(rule = balance_fits_currency(balance, currency))]
pub struct NewAccount {
    /// The type, such as `savings`, `checking` or `investment`.
    #[body(rename = "type")]
    pub kind: AccountType,
    /// The opening balance.
    #[body(read = Fields::amount, wire = crate::openapi::AnyAmount)]
    pub balance: Decimal,
    /// The currency of the balance.
    #[body(read = currency)]
    pub currency: Currency,
    /// The owner: the id of a client, or an id of your own.
    #[body(read = Fields::id)]
    pub owner_id: OwnerId,
    /// The status; `active` by default.
    #[body(read = Fields::optional)]
    pub status: Option<AccountStatus>,
    /// The campaign that the account belongs to.
    #[body(read = Fields::optional_id)]
    pub campaign_id: Option<CampaignId>,
    /// Free text.
    #[body(read = Fields::optional)]
    pub notes: Option<Notes>,
    /// The identifier that its transactions refer to, such as an IBAN; the account's id by default.
    #[body(read = Fields::optional_id)]
    pub identifier: Option<AccountIdentifier>,
    /// What payers state in payments of the debt, such as an invoice number.
    #[body(read = Fields::optional)]
    pub payment_reference: Option<PaymentReference>,
}

/// A change of an account. Absent fields keep their values; `null` removes the value of an optional field.
#[derive(Clone, Debug, Default, PartialEq, Eq, Body)]
#[body(schema(as = AccountChange, example = json!({ "balance": 6000, "status": "resolved" })))]
pub struct AccountChange {
    /// The type.
    #[body(rename = "type", not_null)]
    pub kind: Option<AccountType>,
    /// The balance. Of an open item, the difference becomes an adjustment, which counts whatever its source states later.
    #[body(not_null, read = Fields::amount, wire = crate::openapi::AnyAmount)]
    pub balance: Option<Decimal>,
    /// The currency of the balance.
    #[body(not_null, read = currency)]
    pub currency: Option<Currency>,
    /// The owner: the id of a client, or an id of your own.
    #[body(read = Fields::optional_id)]
    pub owner_id: Patch<OwnerId>,
    /// The status.
    #[body(not_null)]
    pub status: Option<AccountStatus>,
    /// The campaign that the account belongs to.
    #[body(read = Fields::optional_id)]
    pub campaign_id: Patch<CampaignId>,
    /// Free text.
    #[body(read = Fields::optional)]
    pub notes: Patch<Notes>,
    /// The identifier that its transactions refer to.
    #[body(read = Fields::optional_id)]
    pub identifier: Patch<AccountIdentifier>,
    /// What payers state in payments of the debt.
    #[body(read = Fields::optional)]
    pub payment_reference: Patch<PaymentReference>,
    /// The kind of open item, which only an account has that an import has made.
    #[body(rename = "kind", not_null, read = Fields::parse)]
    pub item_kind: Option<ItemKind>,
    /// The last day of the cash discount.
    #[body(read = Fields::day_in_range)]
    pub discount_until: Patch<Date>,
    /// The cash discount.
    #[body(read = Fields::amount, wire = crate::openapi::AnyAmount)]
    pub discount_amount: Patch<Decimal>,
    /// The document numbers that payers may quote: up to ten, of up to 64 characters.
    #[body(read = Fields::joined, wire = Vec<String>)]
    pub references: Patch<References>,
    /// The amounts as they were sent that are ambiguous in currencies of few decimal places.
    #[body(computed = Fields::take_ambiguous)]
    pub ambiguous: Vec<AmbiguousAmount>,
}

impl NewAccount {
    /// The account.
    #[must_use]
    pub fn create(self, id: AccountId, now: Timestamp) -> Account {
        let Self {
            kind,
            balance,
            currency,
            owner_id,
            status,
            campaign_id,
            notes,
            identifier,
            payment_reference,
        } = self;
        let mut account = Account::new(id, balance, currency, now);
        account.kind = kind;
        account.status = status.unwrap_or(account.status);
        account.owner_id = Some(owner_id);
        account.campaign_id = campaign_id;
        account.notes = notes;
        account.identifier = identifier;
        account.payment_reference = payment_reference;
        account
    }
}

impl AccountChange {
    /// Changes the account, but for the balance of an open item. Returns the fields that it sets, to other values or to the same.
    pub(super) fn apply(&self, account: &mut Account) -> FieldSet {
        // Named one by one, so that the compiler reports a forgotten field.
        let Self {
            kind,
            balance,
            currency,
            owner_id,
            status,
            campaign_id,
            notes,
            identifier,
            payment_reference,
            item_kind,
            discount_until,
            discount_amount,
            references,
            ambiguous: _,
        } = self;
        let mut fields = FieldSetter::new(|_| true);
        fields.given(F::Type, &mut account.kind, kind.as_ref());
        let balance = balance.filter(|_| !account.is_imported());
        fields.given(F::Balance, &mut account.balance, balance.as_ref());
        fields.given(F::Currency, &mut account.currency, currency.as_ref());
        fields.optional(F::OwnerId, &mut account.owner_id, owner_id);
        fields.given(F::Status, &mut account.status, status.as_ref());
        fields.optional(F::CampaignId, &mut account.campaign_id, campaign_id);
        fields.optional(F::Notes, &mut account.notes, notes);
        fields.optional(F::Identifier, &mut account.identifier, identifier);
        fields.optional(F::PaymentReference, &mut account.payment_reference, payment_reference);
        fields.given(F::Kind, &mut account.item_kind, item_kind.as_ref());
        fields.optional(F::DiscountUntil, &mut account.discount_until, discount_until);
        fields.optional(F::DiscountAmount, &mut account.discount_amount, discount_amount);
        fields.optional(F::References, &mut account.references, references);
        fields.finish()
    }

    /// Checks that the account's amounts fit its currency once it is changed, and that it may have a kind.
    ///
    /// # Errors
    /// The amount that does not fit, or the kind.
    pub fn check(&self, account: &Account) -> Result<(), Finding> {
        if self.item_kind.is_some() && !account.is_imported() {
            let reason = "only an account that an import has made has a kind";
            return Err(Finding::in_field(F::Kind.name(), FindingCode::ReadOnly, reason));
        }
        let currency = self.currency.unwrap_or(account.currency);
        let sent = [(BALANCE, self.balance), (DISCOUNT, self.discount_amount.value())];
        for (name, amount) in sent {
            let Some(amount) = amount else { continue };
            check_amount(name, amount, &self.ambiguous, currency)?;
        }
        let unfit = match account.total_amount {
            _ if self.currency.is_none() => None,
            Some(total) if !currency.admits(total) => Some("total_amount, which only an import changes,"),
            _ if self.balance.is_none() && !currency.admits(account.balance) => Some("balance"),
            _ if self.discount_amount == Patch::Keep
                && account.discount_amount.is_some_and(|discount| !currency.admits(discount)) =>
            {
                Some(DISCOUNT)
            }
            _ => None,
        };
        match unfit {
            None => Ok(()),
            Some(amount) => {
                let reason = format!("the account's {amount} has more decimal places than {currency} has");
                Err(Finding::in_field(CURRENCY, FindingCode::TooManyDigits, reason))
            }
        }
    }
}

/// Reads a currency: `eur` is EUR.
fn currency(fields: &mut Fields<'_>, name: &'static str) -> Patch<Currency> {
    fields.patch(name, Currency::of_people)
}

/// Reports a balance that does not fit the currency of a new account.
fn balance_fits_currency(fields: &mut Fields<'_>, balance: Option<&Decimal>, currency: Option<&Currency>) {
    if let Some((balance, currency)) = balance.zip(currency)
        && let Err(refused) = check_amount(BALANCE, *balance, &fields.take_ambiguous(), *currency)
    {
        fields.report(refused);
    }
}

/// Checks that no amount is ambiguous in this currency, and that this one has no more decimal places.
fn check_amount(
    name: &'static str,
    amount: Decimal,
    ambiguous: &[AmbiguousAmount],
    currency: Currency,
) -> Result<(), Finding> {
    match ambiguous.iter().find_map(|amount| amount.refused_in(currency)) {
        Some(refused) => Err(refused),
        None if !currency.admits(amount) => Err(Finding::too_many_digits(name, currency)),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_errors_are_reported_at_once() {
        let body =
            br#"{"type":"", "balance":1.005, "currency":"EUR", "notes":[], "colour":"red", "status":null}"#;
        let fields = Fields::of_json(NewAccount::FIELDS, body).expect("JSON");
        let findings = NewAccount::read(fields, ()).expect_err("an invalid body");
        let found: Vec<_> = findings.iter().map(|found| (found.field.as_deref(), found.code)).collect();
        assert_eq!(
            found,
            [
                (Some("type"), FindingCode::InvalidText),
                (Some("owner_id"), FindingCode::Required),
                (Some("notes"), FindingCode::InvalidType),
                (Some("balance"), FindingCode::TooManyDigits),
                (Some("colour"), FindingCode::UnknownField),
            ]
        );
    }

    #[test]
    fn absent_fields_are_kept_and_null_clears_optional_ones() {
        let read = |body: &[u8]| {
            let fields = Fields::of_json(AccountChange::FIELDS, body).expect("JSON");
            AccountChange::read(fields, ())
        };
        let change = read(br#"{"notes":null, "owner_id":"me"}"#).expect("a change");
        assert_eq!((change.notes, change.campaign_id), (Patch::Clear, Patch::Keep));
        assert_eq!(change.owner_id, Patch::Set("me".parse().expect("an id")));
        assert_eq!(read(br#"{"status":null}"#).expect_err("null")[0].code, FindingCode::Required);
    }
}
