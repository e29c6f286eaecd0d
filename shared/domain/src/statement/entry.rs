//! An entry of a statement.

use serde::{Deserialize, Serialize};
use strum::IntoStaticStr;

use super::{Details, Label, Place};
use crate::date::Date;
use crate::money::Money;

/// An entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Where it is.
    pub place: Place,
    /// The bank's id of the entry. Some banks use an id again, so it identifies an entry only together with account,
    /// booking day and amount.
    pub bank_id: Option<Label>,
    /// What the bank or the account owner calls the entry besides. No id.
    pub reference: Option<Label>,
    /// Whether it is booked.
    pub status: EntryStatus,
    /// What is booked; negative if it is taken from the account. Zero in entries that only have a text.
    pub money: Money,
    /// Whether it reverses another entry.
    pub is_reversal: bool,
    /// The booking day.
    pub booked_on: Option<Date>,
    /// The value date.
    pub valued_on: Option<Date>,
    /// The day of the purchase with a card.
    pub purchased_on: Option<Date>,
    /// The bank's name for this kind of booking, or its own text on the entry.
    pub booking_text: Option<Label>,
    /// The details, if the entry is one payment, and of a batch what all of its parts have in common.
    pub details: Details,
    /// The payments of a batch.
    pub parts: Vec<Part>,
    /// How many payments the batch has, if the bank says so. It need not list them.
    pub parts_stated: Option<u64>,
}

/// A payment of a batch.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// The bank's id of the payment.
    pub bank_id: Option<Label>,
    /// Its amount; negative if it is taken from the account. Charges and conversions can make the sum of the parts differ from
    /// what is booked.
    pub money: Option<Money>,
    /// The details.
    pub details: Details,
}

/// Whether an entry is booked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, IntoStaticStr, Serialize, Deserialize)]
#[strum(serialize_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum EntryStatus {
    /// It is booked.
    Booked,
    /// It is expected, and can still change or vanish.
    Pending,
    /// It is for information, and is not booked.
    Information,
}
