//! What an export tells of a transaction: the same, in the same words, as the transactions'
//! own listing.

use serde::{Deserialize, Serialize};

use super::{Cell, Column};
use crate::date::{Date, in_milliseconds};
use crate::text::{Prose, Text};
use crate::transaction::Transaction;

/// A column of an export of transactions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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
    const ALL: &'static [Self] = &[
        C::Id,
        C::AccountIdentifier,
        C::TransactionId,
        C::Text,
        C::CreditDebit,
        C::Amount,
        C::Currency,
        C::OriginalAmount,
        C::OriginalCurrency,
        C::PurchasedAt,
        C::ValutaAt,
        C::BookedAt,
        C::CreatedAt,
        C::Source,
    ];
    const DEFAULT: &'static [Self] = Self::ALL;

    fn name(self) -> &'static str {
        match self {
            C::Id => "id",
            C::AccountIdentifier => "accountIdentifier",
            C::TransactionId => "transactionId",
            C::Text => "text",
            C::CreditDebit => "creditDebit",
            C::Amount => "amount",
            C::Currency => "currency",
            C::OriginalAmount => "originalAmount",
            C::OriginalCurrency => "originalCurrency",
            C::PurchasedAt => "purchasedAt",
            C::ValutaAt => "valutaAt",
            C::BookedAt => "bookedAt",
            C::CreatedAt => "createdAt",
            C::Source => "source",
        }
    }

    fn cell(self, transaction: &Transaction, _: Date) -> Cell<'_> {
        let money = &transaction.money;
        match self {
            C::Id => Cell::plain(Some(&transaction.id)),
            C::AccountIdentifier => Cell::Free(transaction.account_identifier.as_str()),
            C::TransactionId => Cell::free(transaction.external_id.as_ref().map(Text::as_str)),
            C::Text => Cell::free(transaction.text.as_ref().map(Prose::as_str)),
            C::CreditDebit => Cell::Plain(money.direction.name().into()),
            C::Amount => Cell::Plain(money.currency.in_full(money.amount).into()),
            C::Currency => Cell::Plain(money.currency.code().into()),
            C::OriginalAmount => Cell::plain(transaction.original_amount_in_full()),
            C::OriginalCurrency => Cell::plain(transaction.original_currency),
            C::PurchasedAt => Cell::plain(transaction.purchased_on),
            C::ValutaAt => Cell::plain(Some(transaction.valued_on)),
            C::BookedAt => Cell::plain(transaction.booked_on),
            C::CreatedAt => Cell::Plain(in_milliseconds(transaction.created_at).into()),
            C::Source => Cell::Plain(transaction.source.name().into()),
        }
    }
}
