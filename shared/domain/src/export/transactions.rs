//! The columns of exported transactions: the same names and values as in the list of transactions.

use serde::{Deserialize, Serialize};
use strum::{VariantArray, VariantNames};

use crate::cell::Cell;
use crate::column::{Column, Reader};
use crate::text::{Prose, Text};
use crate::transaction::Transaction;

/// A column of an export of transactions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, VariantArray, VariantNames)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "camelCase")]
pub enum TransactionColumn {
    /// Its id.
    Id,
    /// Its account's identifier.
    AccountIdentifier,
    /// Its id at its source.
    TransactionId,
    /// What it says.
    Text,
    /// Its direction.
    CreditDebit,
    /// Its amount, never negative.
    Amount,
    /// Its currency.
    Currency,
    /// The amount before it was exchanged.
    OriginalAmount,
    /// The currency it was exchanged from.
    OriginalCurrency,
    /// The day of the purchase.
    PurchasedAt,
    /// The day from which it counts.
    ValutaAt,
    /// The day it was booked.
    BookedAt,
    /// When it was imported.
    CreatedAt,
    /// Who reported it: `api` or `sync`.
    Source,
}

use TransactionColumn as C;

impl Column<Transaction> for TransactionColumn {
    const ALL: &'static [Self] = <Self as VariantArray>::VARIANTS;

    fn name(self) -> &'static str {
        <Self as VariantNames>::VARIANTS[self as usize]
    }

    fn cell(self, transaction: &Transaction, _: Reader) -> Cell<'_> {
        let money = &transaction.money;
        match self {
            C::Id => Cell::plain(Some(&transaction.id)),
            C::AccountIdentifier => Cell::Free(transaction.account_identifier.as_str()),
            C::TransactionId => Cell::free(transaction.external_id.as_ref().map(Text::as_str)),
            C::Text => Cell::free(transaction.text.as_ref().map(Prose::as_str)),
            C::CreditDebit => Cell::Plain(money.direction.name().into()),
            C::Amount => Cell::FullAmount(money.amount, Some(money.currency)),
            C::Currency => Cell::Plain(money.currency.code().into()),
            C::OriginalAmount => transaction
                .original_amount
                .map_or(Cell::Empty, |amount| Cell::FullAmount(amount, transaction.original_currency)),
            C::OriginalCurrency => Cell::plain(transaction.original_currency),
            C::PurchasedAt => transaction.purchased_on.map_or(Cell::Empty, Cell::Day),
            C::ValutaAt => Cell::Day(transaction.valued_on),
            C::BookedAt => transaction.booked_on.map_or(Cell::Empty, Cell::Day),
            C::CreatedAt => Cell::Moment(transaction.created_at),
            C::Source => Cell::Plain(transaction.source.name().into()),
        }
    }
}
