//! What is sent to import transactions, for the OpenAPI document: it is read field by field.
#![allow(dead_code, reason = "these are described, never made")]

use saldo_domain::account::AccountIdentifier;
use saldo_domain::date::Date;
use saldo_domain::transaction::Direction;
use saldo_http::openapi::{BlankOrProse, BlankOrText, Lenient, PositiveText, TransactionCurrency};
use utoipa::ToSchema;

/// Transactions to import.
#[derive(ToSchema)]
#[schema(as = NewTransactions, example = json!({ "transactions": [{
    "accountIdentifier": "DE89370400440532013000", "transactionId": "2026/01/15-7", "text": "Coffee",
    "creditDebit": "debit", "amount": "3.50", "currency": "EUR", "valutaAt": "2026-01-15",
    "bookedAt": "2026-01-16"
}] }))]
#[serde(deny_unknown_fields)]
pub(crate) struct News {
    #[schema(min_items = 1, max_items = 1_000)]
    transactions: Vec<Sent>,
}

/// What is no transaction is not stored, and counts as an error.
type Sent = Lenient<New>;

/// A new transaction. `null` says that there is no such thing.
#[derive(ToSchema)]
#[schema(as = NewTransaction)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct New {
    /// What the account is called that it was booked on, such as an IBAN or a masked card number.
    account_identifier: AccountIdentifier,
    /// Its id, unique in its account, by which it is stored once. Without one it is told by all its fields.
    transaction_id: Option<BlankOrText<256>>,
    /// Its description.
    text: Option<BlankOrProse<10_000>>,
    /// Whether it was added or taken; taken unless stated.
    credit_debit: Option<Direction>,
    amount: PositiveText,
    currency: TransactionCurrency,
    /// The amount in the currency it was paid in.
    original_amount: Option<PositiveText>,
    /// The currency it was paid in.
    original_currency: Option<TransactionCurrency>,
    /// The day of the purchase.
    purchased_at: Option<Date>,
    /// The day from which it counts for interest.
    valuta_at: Date,
    /// The day it was booked.
    booked_at: Option<Date>,
}

#[cfg(test)]
mod tests {
    use saldo_domain::transaction::TRANSACTION_FIELDS;
    use saldo_http::openapi::properties;

    use super::*;
    use crate::import::TRANSACTIONS_MAX;

    #[test]
    fn what_is_described_is_what_is_read() {
        assert_eq!(properties::<New>(), TRANSACTION_FIELDS);
        assert_eq!(TRANSACTIONS_MAX, 1_000);
    }
}
