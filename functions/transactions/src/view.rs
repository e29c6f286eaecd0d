//! A transaction as its callers see it: in the words of the import, amounts as strings.

use saldo::date::{Date, in_milliseconds};
use saldo::id::TransactionId;
use saldo::money::Currency;
use saldo::transaction::Transaction;
use serde::Serialize;

/// A transaction.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct View {
    id: TransactionId,
    account_identifier: String,
    transaction_id: Option<String>,
    text: Option<String>,
    credit_debit: &'static str,
    amount: String,
    currency: Currency,
    original_amount: Option<String>,
    original_currency: Option<Currency>,
    purchased_at: Option<Date>,
    valuta_at: Date,
    booked_at: Option<Date>,
    created_at: String,
}

impl From<Transaction> for View {
    fn from(transaction: Transaction) -> Self {
        let original_amount = transaction.original_amount_in_full();
        Self {
            id: transaction.id,
            account_identifier: transaction.account_identifier.into(),
            transaction_id: transaction.external_id.map(String::from),
            text: transaction.text.map(String::from),
            credit_debit: transaction.money.direction.name(),
            amount: transaction.money.currency.in_full(transaction.money.amount),
            currency: transaction.money.currency,
            original_amount,
            original_currency: transaction.original_currency,
            purchased_at: transaction.purchased_on,
            valuta_at: transaction.valued_on,
            booked_at: transaction.booked_on,
            created_at: in_milliseconds(transaction.created_at),
        }
    }
}
