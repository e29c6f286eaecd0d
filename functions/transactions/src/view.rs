//! A transaction as its callers see it: in the words of the import, amounts as strings.

use saldo_domain::date::{Date, in_milliseconds};
use saldo_domain::id::TransactionId;
use saldo_domain::money::Currency;
use saldo_domain::transaction::{Direction, Source, Transaction};
use saldo_http::openapi::AmountText;
use serde::Serialize;
use utoipa::ToSchema;

/// A transaction.
#[derive(Serialize, ToSchema)]
#[schema(as = Transaction, example = json!({
    "id": "txn_mfrggzdfmztwq2lk", "accountIdentifier": "DE89370400440532013000", "transactionId": "2026/01/15-7",
    "text": "Coffee", "creditDebit": "debit", "amount": "3.50", "currency": "EUR", "originalAmount": null,
    "originalCurrency": null, "purchasedAt": null, "valutaAt": "2026-01-15", "bookedAt": "2026-01-16",
    "createdAt": "2026-01-16T09:30:00.000Z", "source": "api"
}))]
#[serde(rename_all = "camelCase")]
pub(crate) struct View {
    id: TransactionId,
    account_identifier: String,
    #[schema(required)]
    transaction_id: Option<String>,
    #[schema(required)]
    text: Option<String>,
    #[schema(value_type = Direction)]
    credit_debit: &'static str,
    /// Never negative: `creditDebit` tells its sign.
    #[schema(value_type = AmountText)]
    amount: String,
    currency: Currency,
    #[schema(required, value_type = Option<AmountText>)]
    original_amount: Option<String>,
    #[schema(required)]
    original_currency: Option<Currency>,
    #[schema(required)]
    purchased_at: Option<Date>,
    valuta_at: Date,
    #[schema(required)]
    booked_at: Option<Date>,
    /// When it was imported.
    #[schema(format = DateTime)]
    created_at: String,
    /// Who reported it: an application (`api`) or the bank, through a synchronization (`sync`).
    #[schema(value_type = Source)]
    source: &'static str,
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
            source: transaction.source.name(),
        }
    }
}
