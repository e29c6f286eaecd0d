//! Transactions: what was booked on an account, as its bank or bookkeeping tells it.
//!
//! What is the same transaction has the same [`TransactionId`], so that importing it
//! again adds nothing; [`TransactionId`] says how.

mod bank;
mod currencies;
mod filter;
mod row;
mod sequence;

use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::Date;
use utoipa::ToSchema;

use crate::account::AccountIdentifier;
use crate::fields::{Finding, FindingCode};
use crate::id::TransactionId;
use crate::money::{Currency, Decimal};
use crate::text::{Prose, Text};

pub use bank::TransactionDetails;
pub(crate) use currencies::CODES as CURRENCY_CODES;
pub use filter::TransactionFilter;
pub use row::{Batch, TRANSACTION_FIELDS};
pub use sequence::{Place, Sequence};

/// The id by which the source knows a transaction, unique in its account.
pub type ExternalTransactionId = Text<256>;
/// What the source says about a transaction.
pub type TransactionText = Prose<10_000>;

/// A transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transaction {
    /// Its id, by which it is deduplicated.
    pub id: TransactionId,
    /// The account it was booked on: an IBAN, a masked card number…
    pub account_identifier: AccountIdentifier,
    /// The source's own id of it.
    pub external_id: Option<ExternalTransactionId>,
    /// What the source says about it.
    pub text: Option<TransactionText>,
    /// How much was booked, and in which direction.
    pub money: Booked,
    /// How much it was in a foreign currency; positive.
    pub original_amount: Option<Decimal>,
    /// That currency.
    pub original_currency: Option<Currency>,
    /// The day of the purchase.
    pub purchased_on: Option<Date>,
    /// The day from which the amount counts for interest: the valuta date.
    pub valued_on: Date,
    /// The day it was booked.
    pub booked_on: Option<Date>,
    /// Its place among those of the same day.
    pub sequence: Sequence,
    /// When it was imported.
    pub created_at: Timestamp,
    /// What its bank says about it, if a synchronization brought it.
    pub details: Option<Box<TransactionDetails>>,
}

impl Transaction {
    /// The original amount as text, with as many decimal places as its currency has.
    #[must_use]
    pub fn original_amount_in_full(&self) -> Option<String> {
        self.original_amount.map(|amount| match self.original_currency {
            Some(currency) => currency.in_full(amount),
            None => amount.to_string(),
        })
    }
}

/// What can't differ between two reports of the same transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Booked {
    /// Whether it was added or taken.
    pub direction: Direction,
    /// How much; positive.
    pub amount: Decimal,
    /// In which currency.
    pub currency: Currency,
}

impl Booked {
    /// In what a report differs from the one of the same transaction that was stored first.
    #[must_use]
    pub fn conflict_with(&self, stored: &Self) -> Option<Finding> {
        let differs = [
            ("currency", self.currency != stored.currency),
            ("amount", self.amount != stored.amount),
            ("creditDebit", self.direction != stored.direction),
        ];
        let (field, _) = differs.into_iter().find(|(_, differs)| *differs)?;
        let reason = "the transaction with this id was stored with another value, which stays";
        Some(Finding::in_field(field, FindingCode::Conflict, reason))
    }
}

/// Whether a transaction added to the account or took from it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ToSchema)]
#[schema(as = CreditDebit, rename_all = "snake_case")]
pub enum Direction {
    /// It added.
    Credit,
    /// It took; what is meant where nothing is said.
    #[default]
    Debit,
}

/// The text is neither `credit` nor `debit`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("neither credit nor debit")]
pub struct UnknownDirection;

impl Direction {
    /// The direction's name on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Credit => "credit",
            Self::Debit => "debit",
        }
    }
}

impl FromStr for Direction {
    type Err = UnknownDirection;

    fn from_str(text: &str) -> Result<Self, UnknownDirection> {
        [Self::Credit, Self::Debit].into_iter().find(|known| known.name() == text).ok_or(UnknownDirection)
    }
}
