//! The order of an account's transactions.

use std::fmt;
use std::num::ParseIntError;
use std::str::FromStr;

use jiff::Timestamp;

use super::Transaction;
use crate::date::{self, Date};
use crate::id::TransactionId;

/// The order of transactions of the same day: those imported later, and those later in a request, are newer. Banks
/// report only the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sequence(u64);

/// The most transactions with the same millisecond: more than a request has.
const PER_MILLISECOND: u64 = 10_000;

impl Sequence {
    /// The sequence of transaction number `index` of a request made at `now`.
    #[must_use]
    pub fn new(now: Timestamp, index: u16) -> Self {
        let milliseconds = u64::try_from(now.as_millisecond()).unwrap_or_default();
        Self(milliseconds * PER_MILLISECOND + u64::from(index).min(PER_MILLISECOND - 1))
    }
}

impl fmt::Display for Sequence {
    /// With as many digits as the year 9999 needs, so that the texts sort by time.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:019}", self.0)
    }
}

impl FromStr for Sequence {
    type Err = ParseIntError;

    fn from_str(digits: &str) -> Result<Self, ParseIntError> {
        digits.parse().map(Self)
    }
}

/// The place of a transaction in the order of its account: the value date, then the sequence. Its text sorts in the
/// same order and needs no escaping in URLs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    day: Date,
    sequence: Sequence,
    /// The transaction.
    pub id: TransactionId,
}

impl Place {
    /// The place of a transaction.
    #[must_use]
    pub fn of(transaction: &Transaction) -> Self {
        Self { day: transaction.valued_on, sequence: transaction.sequence, id: transaction.id.clone() }
    }

    /// The value date.
    #[must_use]
    pub fn day(&self) -> Date {
        self.day
    }

    /// The sequence within the day.
    #[must_use]
    pub fn sequence(&self) -> Sequence {
        self.sequence
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.day, self.sequence, self.id)
    }
}

/// The text is not the place of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a place among transactions")]
pub struct InvalidPlace;

impl FromStr for Place {
    type Err = InvalidPlace;

    fn from_str(text: &str) -> Result<Self, InvalidPlace> {
        let mut parts = text.splitn(3, '.');
        let mut part = || parts.next().ok_or(InvalidPlace);
        let place = Self {
            day: date::parse(part()?).map_err(|_| InvalidPlace)?,
            sequence: part()?.parse().map_err(|_| InvalidPlace)?,
            id: part()?.parse().map_err(|_| InvalidPlace)?,
        };
        // Only one spelling is valid, since the text is compared.
        if place.to_string() == text { Ok(place) } else { Err(InvalidPlace) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn places_sort_as_text_and_read_back(a in (0..3_i64, 0..20_u16), b in (0..253_402_207_200_i64, 0..20_u16)) {
            let place = |(seconds, index): (i64, u16)| Place {
                day: date::parse("2026-01-15").expect("a day"),
                sequence: Sequence::new(Timestamp::from_second(seconds).expect("a moment"), index),
                id: "txn_aaaaaaaaaaaaaaaa".parse().expect("an id"),
            };
            let (a, b) = (place(a), place(b));
            prop_assert_eq!(a.cmp(&b), a.to_string().cmp(&b.to_string()));
            prop_assert_eq!(a.to_string().parse(), Ok(a));
        }
    }

    #[test]
    fn invalid_places_are_refused() {
        for text in ["", "x", "2026-01-15", "2026-01-15.1.txn_aaaaaaaaaaaaaaaa", "2026-01-15..", "a.b.c.d"] {
            assert_eq!(text.parse::<Place>(), Err(InvalidPlace), "{text}");
        }
    }
}
