//! The request body that imports transactions.

use super::{Direction, ExternalTransactionId, TransactionText, UnknownDirection, currencies};
use crate::account::AccountIdentifier;
use crate::date::{self, Date};
use crate::fields::{Body, Fields, Finding, FindingCode, Patch};
use crate::money::{Currency, Decimal, parse_plain};

/// The field of the request that holds the transactions.
pub const TRANSACTIONS: &str = "transactions";
/// The transactions that a request may have.
pub const TRANSACTIONS_MAX: usize = 1_000;

// The description below names the bound.
const _: () = assert!(TRANSACTIONS_MAX == 1_000);

/// A new transaction. `null` means the same as absent.
// The id of a transaction without an id of its source is a digest of its fields in this order. After version 1.0 the
// order must not change: files imported before would be imported again.
#[derive(Clone, Debug, PartialEq, Eq, Body)]
#[body(schema(as = NewTransaction), rename_all = "camelCase")]
#[body(rule = amount_fits(amount, currency), rule = original_amount_fits(original_amount, original_currency))]
pub struct NewTransaction {
    /// The identifier of the account that it was booked on, such as an IBAN or a masked card number.
    #[body(read = Fields::id)]
    pub account_identifier: AccountIdentifier,
    /// Its id, unique in its account, by which it is stored once. Without an id, all its fields identify it.
    #[body(rename = "transactionId", read = Fields::optional_id, wire = crate::openapi::BlankOrText<256>)]
    pub external_id: Option<ExternalTransactionId>,
    /// The description.
    #[body(read = Fields::optional, wire = crate::openapi::BlankOrProse<10_000>)]
    pub text: Option<TransactionText>,
    /// Whether the amount was added to the account or taken from it; taken by default.
    #[body(rename = "creditDebit", default)]
    pub direction: Direction,
    /// The amount.
    #[body(read = positive, wire = crate::openapi::PositiveText)]
    pub amount: Decimal,
    /// The currency of the amount.
    #[body(read = listed_currency, wire = super::currencies::TransactionCurrency)]
    pub currency: Currency,
    /// The amount in the currency that was paid in.
    #[body(read = positive, wire = crate::openapi::PositiveText)]
    pub original_amount: Option<Decimal>,
    /// The currency that was paid in.
    #[body(read = listed_currency, wire = super::currencies::TransactionCurrency)]
    pub original_currency: Option<Currency>,
    /// The day of the purchase.
    #[body(rename = "purchasedAt", read = day)]
    pub purchased_on: Option<Date>,
    /// The value date: the day from which the amount counts for interest.
    #[body(rename = "valutaAt", read = day)]
    pub valued_on: Date,
    /// The day on which it was booked.
    #[body(rename = "bookedAt", read = day)]
    pub booked_on: Option<Date>,
}

fn listed_currency(fields: &mut Fields<'_>, name: &'static str) -> Patch<Currency> {
    fields.patch(name, currencies::parse)
}

fn day(fields: &mut Fields<'_>, name: &'static str) -> Patch<Date> {
    fields.patch(name, date::parse_in_range)
}

/// A positive amount, as a string of a plain decimal.
fn positive(fields: &mut Fields<'_>, name: &'static str) -> Patch<Decimal> {
    match fields.patch(name, parse_plain).map(|amount| amount.normalize()) {
        Patch::Set(amount) if amount <= Decimal::ZERO => {
            fields.refuse(name, FindingCode::NotPositive, "the amount is not above zero")
        }
        amount => amount,
    }
}

fn amount_fits(fields: &mut Fields<'_>, amount: Option<&Decimal>, currency: Option<&Currency>) {
    fits(fields, "amount", amount, currency);
}

fn original_amount_fits(fields: &mut Fields<'_>, amount: Option<&Decimal>, currency: Option<&Currency>) {
    fits(fields, "originalAmount", amount, currency);
}

/// Reports an amount with more decimal places than its currency has.
fn fits(fields: &mut Fields<'_>, name: &'static str, amount: Option<&Decimal>, currency: Option<&Currency>) {
    if let Some((amount, currency)) = amount.zip(currency)
        && !currency.admits(*amount)
    {
        fields.report(Finding::too_many_digits(name, *currency));
    }
}

impl From<UnknownDirection> for FindingCode {
    fn from(_: UnknownDirection) -> Self {
        Self::InvalidValue
    }
}

/// Transactions to import.
#[cfg(feature = "openapi")]
#[derive(Debug, utoipa::ToSchema)]
#[schema(example = json!({ "transactions": [{
    "accountIdentifier": "DE89370400440532013000", "transactionId": "2026/01/15-7", "text": "Coffee",
    "creditDebit": "debit", "amount": "3.50", "currency": "EUR", "valutaAt": "2026-01-15",
    "bookedAt": "2026-01-16"
}] }))]
#[serde(deny_unknown_fields)]
pub struct NewTransactions {
    /// The transactions, each read on its own: an invalid one does not keep the others from being stored.
    #[schema(min_items = 1, max_items = 1_000)]
    pub transactions: Vec<Sent>,
}

#[cfg(feature = "openapi")]
type Sent = crate::openapi::Lenient<NewTransaction>;
