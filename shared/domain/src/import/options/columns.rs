//! The columns of a file that fill fields.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::account::AccountField;
use crate::import::{UnknownField, comparable};

/// A column of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, expecting = "expected a header, a column number from 1, or {\"header\", \"occurrence\"}")]
pub enum ColumnRef {
    /// The number of the column, from 1.
    Number(u32),
    /// The only column with this header. Blanks and line breaks in headers compare alike.
    Header(String),
    /// One of several columns with the same header.
    Occurrence(Occurrence),
}

/// One of several columns with the same header.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = ColumnOccurrence))]
pub struct Occurrence {
    /// The header.
    pub header: String,
    /// Which of the columns with this header, from 1.
    #[cfg_attr(feature = "openapi", schema(minimum = 1))]
    pub occurrence: u32,
}

/// The columns that a reference may mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FoundColumn {
    /// The column at this position, counting from 0.
    At(usize),
    /// None.
    Missing,
    /// Several with the same header.
    Several,
}

/// The headers of a table, in which columns are found without a comparison with each of them: many lines may be the
/// header, and the options may name as many columns as a table has.
#[derive(Clone, Debug)]
pub struct Headers<'a> {
    count: usize,
    /// The positions of the columns with each [`comparable`] header.
    positions: HashMap<Cow<'a, str>, Vec<usize>>,
}

impl<'a> Headers<'a> {
    /// The headers of all columns, in order.
    #[must_use]
    pub fn of(headers: impl Iterator<Item = &'a str>) -> Self {
        let (mut count, mut positions) = (0, HashMap::<_, Vec<usize>>::new());
        for header in headers {
            positions.entry(comparable(header)).or_default().push(count);
            count += 1;
        }
        Self { count, positions }
    }

    /// The positions of the columns with this header, counting from 0.
    #[must_use]
    pub fn named(&self, header: &str) -> &[usize] {
        self.positions.get(comparable(header).as_ref()).map_or(&[], Vec::as_slice)
    }
}

impl ColumnRef {
    /// The column with one of these headers.
    #[must_use]
    pub fn find(&self, headers: &Headers<'_>) -> FoundColumn {
        let nth = |number: u32| usize::try_from(number).ok().and_then(|number| number.checked_sub(1));
        match self {
            Self::Number(number) => {
                nth(*number).filter(|at| *at < headers.count).map_or(FoundColumn::Missing, FoundColumn::At)
            }
            Self::Occurrence(Occurrence { header, occurrence }) => nth(*occurrence)
                .and_then(|nth| headers.named(header).get(nth).copied())
                .map_or(FoundColumn::Missing, FoundColumn::At),
            Self::Header(header) => match headers.named(header) {
                [] => FoundColumn::Missing,
                [at] => FoundColumn::At(*at),
                _ => FoundColumn::Several,
            },
        }
    }
}

impl fmt::Display for ColumnRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "column {number}"),
            Self::Header(header) => f.write_str(header),
            Self::Occurrence(Occurrence { header, occurrence }) => {
                write!(f, "{header} (occurrence {occurrence})")
            }
        }
    }
}

/// A column and the field that it fills.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Named", into = "Named")]
pub struct ColumnChoice {
    /// The column.
    pub from: ColumnRef,
    /// The field.
    pub to: AccountField,
}

/// A column and the name of the field that it fills.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = ColumnChoice))]
pub struct Named {
    /// The column.
    from: ColumnRef,
    /// The field.
    to: String,
}

impl TryFrom<Named> for ColumnChoice {
    type Error = UnknownField;

    fn try_from(Named { from, to }: Named) -> Result<Self, UnknownField> {
        match AccountField::named(&to) {
            Some(to) => Ok(Self { from, to }),
            None => Err(UnknownField::named(to)),
        }
    }
}

impl From<ColumnChoice> for Named {
    fn from(ColumnChoice { from, to }: ColumnChoice) -> Self {
        Self { from, to: to.name().to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(column: &str, headers: &[&str]) -> FoundColumn {
        let column: ColumnRef = serde_json::from_str(column).expect(column);
        column.find(&Headers::of(headers.iter().copied()))
    }

    #[test]
    fn columns_are_found_by_header_occurrence_and_number() {
        let headers = ["Konto", "Betrag\n (EUR)", "Datum", " Datum\u{a0}", "Mu\u{308}"];
        for (column, found) in [
            ("\"Konto\"", FoundColumn::At(0)),
            ("\"Betrag (EUR)\"", FoundColumn::At(1)),
            ("\" Betrag\\r\\n(EUR) \"", FoundColumn::At(1)),
            ("\"M\u{fc}\"", FoundColumn::At(4)),
            ("\"Datum\"", FoundColumn::Several),
            ("\"konto\"", FoundColumn::Missing),
            (r#"{"header":"Datum","occurrence":2}"#, FoundColumn::At(3)),
            (r#"{"header":"Datum","occurrence":3}"#, FoundColumn::Missing),
            (r#"{"header":"Datum","occurrence":0}"#, FoundColumn::Missing),
            ("5", FoundColumn::At(4)),
            ("6", FoundColumn::Missing),
            ("0", FoundColumn::Missing),
        ] {
            assert_eq!(find(column, &headers), found, "{column}");
        }
    }

    #[test]
    fn choices_are_checked() {
        let read = |json: &str| serde_json::from_str::<ColumnChoice>(json);
        let choice = read(r#"{"from":3,"to":"contact.name"}"#).expect("a choice");
        assert_eq!(choice, ColumnChoice { from: ColumnRef::Number(3), to: AccountField::ContactName });
        for bad in [
            r#"{"from":3}"#,
            r#"{"from":-3,"to":"notes"}"#,
            r#"{"from":"a","to":"note"}"#,
            r#"{"from":{"header":"a"},"to":"notes"}"#,
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
