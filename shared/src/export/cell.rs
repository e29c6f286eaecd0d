//! One value of an exported record.

use std::borrow::Cow;

use serde::{Serialize, Serializer};

use super::Profile;
use crate::formula;
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

    /// The value as the text of a CSV cell.
    #[must_use]
    pub fn text(&self, profile: Profile) -> Cow<'_, str> {
        match self {
            Self::Empty => Cow::Borrowed(""),
            Self::Free(text) => match profile {
                Profile::Spreadsheet => formula::guarded(text),
                Profile::Raw => formula::escaped(text),
            },
            Self::Plain(text) => Cow::Borrowed(text),
            Self::Amount(amount) => amount.to_string().into(),
            Self::Whole(number) => number.to_string().into(),
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spreadsheet_gets_free_text_as_text_and_everything_else_as_it_is() {
        for text in ["=1+1", "+1", "-1", "@SUM(A1)", "＝1", "=\"x\""] {
            assert_eq!(Cell::Free(text).text(Profile::Spreadsheet), format!("'{text}"), "{text:?}");
            assert_eq!(Cell::Free(text).text(Profile::Raw), text);
        }
        assert_eq!(Cell::Free("a;=1").text(Profile::Spreadsheet), "a;'=1");
        assert_eq!(Cell::Free("'=1").text(Profile::Raw), "''=1");
        for text in ["'quoted", "1-1", " =1", "a=b", "Ana", "|cmd"] {
            assert_eq!(Cell::Free(text).text(Profile::Spreadsheet), text);
        }
        assert_eq!(Cell::Plain("+5491155551234".into()).text(Profile::Spreadsheet), "+5491155551234");
        assert_eq!(Cell::Amount(Decimal::new(-4_500_050, 2)).text(Profile::Spreadsheet), "-45000.50");
        assert_eq!(Cell::Whole(-3).text(Profile::Spreadsheet), "-3");
    }
}
