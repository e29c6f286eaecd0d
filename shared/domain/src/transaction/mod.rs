//! Transactions: bookings on an account, as its bank or its bookkeeping reported them.
//!
//! A transaction has the same [`TransactionId`] each time its source reports it, so that importing it
//! again adds nothing.

mod bank;
mod booking;
mod currencies;
mod filter;
mod id;
mod request;
mod row;
mod sequence;
mod source;

use jiff::Timestamp;
use jiff::civil::Date;
use strum::{EnumString, IntoStaticStr};

use crate::account::AccountIdentifier;
use crate::id::TransactionId;
use crate::money::{Currency, Decimal};
use crate::text::{Prose, Text};

pub use bank::TransactionDetails;
pub use booking::{Booked, Booking};
pub use currencies::CODES as CURRENCY_CODES;
pub use filter::TransactionFilter;
#[cfg(feature = "openapi")]
pub use request::NewTransactions;
pub use request::{NewTransaction, TRANSACTIONS, TRANSACTIONS_MAX};
pub use row::Batch;
pub use sequence::{Place, Sequence};
pub use source::Source;

/// The source's id of a transaction, unique in its account.
pub type ExternalTransactionId = Text<256>;
/// The source's description of a transaction.
pub type TransactionText = Prose<10_000>;

/// A transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transaction {
    /// The id, by which transactions are deduplicated.
    pub id: TransactionId,
    /// The source.
    pub source: Source,
    /// The identifier of the account: an IBAN, a masked card number…
    pub account_identifier: AccountIdentifier,
    /// The source's own id.
    pub external_id: Option<ExternalTransactionId>,
    /// The source's description.
    pub text: Option<TransactionText>,
    /// The amount and its direction.
    pub money: Booked,
    /// The amount in the original currency; positive.
    pub original_amount: Option<Decimal>,
    /// The original currency.
    pub original_currency: Option<Currency>,
    /// The day of the purchase.
    pub purchased_on: Option<Date>,
    /// The value date: the day from which the amount counts for interest.
    pub valued_on: Date,
    /// The day it was booked.
    pub booked_on: Option<Date>,
    /// The place among the transactions of the same day.
    pub sequence: Sequence,
    /// When it was imported.
    pub created_at: Timestamp,
    /// The bank's details, if a synchronization has read the transaction.
    pub details: Option<Box<TransactionDetails>>,
}

impl Transaction {
    /// The amount and the days.
    #[must_use]
    pub fn booking(&self) -> Booking {
        Booking { money: self.money, valued_on: self.valued_on, booked_on: self.booked_on }
    }

    /// The original amount as text, with as many decimal places as its currency has.
    #[must_use]
    pub fn original_amount_in_full(&self) -> Option<String> {
        self.original_amount.map(|amount| match self.original_currency {
            Some(currency) => currency.in_full(amount),
            None => amount.to_string(),
        })
    }
}

/// Whether a transaction added to the account or took from it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, EnumString, IntoStaticStr)]
#[strum(serialize_all = "snake_case", parse_err_ty = UnknownDirection, parse_err_fn = UnknownDirection::of)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = CreditDebit, rename_all = "snake_case"))]
pub enum Direction {
    /// It added.
    Credit,
    /// It took from the account. This is the default.
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
        self.into()
    }
}

impl UnknownDirection {
    fn of(_: &str) -> Self {
        Self
    }
}
