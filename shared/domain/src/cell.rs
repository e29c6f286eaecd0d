//! One value of an exported record.

use std::borrow::Cow;

use serde::{Serialize, Serializer};

use crate::money::{Decimal, as_number};

/// One value of an exported record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell<'a> {
    /// There is none.
    Empty,
    /// Text that somebody else wrote, which may be anything.
    Free(&'a str),
    /// Text that can't be mistaken for a formula: an id, a code, a date, a phone number in
    /// E.164 form, an amount as text.
    Plain(Cow<'a, str>),
    /// An amount.
    Amount(Decimal),
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

impl Serialize for Cell<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Empty => to.serialize_none(),
            Self::Free(text) => to.serialize_str(text),
            Self::Plain(text) => to.serialize_str(text),
            Self::Amount(amount) => as_number(amount, to),
            Self::Whole(number) => to.serialize_i64(*number),
        }
    }
}
