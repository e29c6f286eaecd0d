//! One value of an exported record.

use std::borrow::Cow;

use serde::{Serialize, Serializer};

use super::Profile;
use crate::money::{Decimal, as_number};

/// What a spreadsheet may take for the beginning of a formula: OWASP's list for CSV injection
/// (<https://owasp.org/www-community/attacks/CSV_Injection>), with the full-width forms that
/// some take for the same.
const FORMULA_STARTS: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];
/// What tells a spreadsheet that text is text.
const TEXT_MARK: char = '\'';

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
            Self::Free(text) if profile == Profile::Spreadsheet && text.starts_with(FORMULA_STARTS) => {
                format!("{TEXT_MARK}{text}").into()
            }
            Self::Free(text) => Cow::Borrowed(text),
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
        for text in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "=\"x\""] {
            assert_eq!(Cell::Free(text).text(Profile::Spreadsheet), format!("'{text}"), "{text:?}");
            assert_eq!(Cell::Free(text).text(Profile::Raw), text);
        }
        for text in ["'quoted", "1-1", " =1", "a=b", "Ana", "|cmd"] {
            assert_eq!(Cell::Free(text).text(Profile::Spreadsheet), text);
        }
        assert_eq!(Cell::Plain("+5491155551234".into()).text(Profile::Spreadsheet), "+5491155551234");
        assert_eq!(Cell::Amount(Decimal::new(-4_500_050, 2)).text(Profile::Spreadsheet), "-45000.50");
        assert_eq!(Cell::Whole(-3).text(Profile::Spreadsheet), "-3");
    }
}
