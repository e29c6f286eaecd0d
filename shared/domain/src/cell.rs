//! One value of an exported record.

use std::borrow::Cow;

use serde::{Serialize, Serializer};

use crate::date::{Date, Timestamp, in_milliseconds};
use crate::money::{Currency, Decimal, as_number};

/// One value of an exported record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell<'a> {
    /// There is none.
    Empty,
    /// Text that somebody else wrote, which may be anything.
    Free(&'a str),
    /// Text that can't be mistaken for a formula: an id, a code, a phone number in E.164 form.
    Plain(Cow<'a, str>),
    /// An amount, which JSON has as a number.
    Amount(Decimal, Currency),
    /// An amount with all decimal places of its currency, which JSON has as a text.
    FullAmount(Decimal, Option<Currency>),
    /// A day.
    Day(Date),
    /// A timestamp.
    Moment(Timestamp),
    /// A whole number.
    Whole(i64),
}

impl<'a> Cell<'a> {
    /// Free text, if there is any.
    #[must_use]
    pub fn free(text: Option<&'a str>) -> Self {
        text.map_or(Self::Empty, Self::Free)
    }

    /// Plain text, if there is any.
    #[must_use]
    pub fn plain(text: Option<impl ToString>) -> Self {
        text.map_or(Self::Empty, |text| Self::Plain(text.to_string().into()))
    }
}

/// An amount as text with all decimal places of its currency, if that is known.
#[must_use]
pub fn in_full(amount: Decimal, currency: Option<Currency>) -> String {
    currency.map_or_else(|| amount.to_string(), |currency| currency.in_full(amount))
}

impl Serialize for Cell<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Empty => to.serialize_none(),
            Self::Free(text) => to.serialize_str(text),
            Self::Plain(text) => to.serialize_str(text),
            Self::Amount(amount, _) => as_number(amount, to),
            Self::FullAmount(amount, currency) => to.serialize_str(&in_full(*amount, *currency)),
            Self::Day(day) => to.collect_str(day),
            Self::Moment(moment) => to.serialize_str(&in_milliseconds(*moment)),
            Self::Whole(number) => to.serialize_i64(*number),
        }
    }
}
