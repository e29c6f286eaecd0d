//! The row after whose contact a client is named.
//!
//! Rows of several imports and chunks may name a client that does not exist yet, and are processed in any order. The client is
//! named after the earliest of them, so its name is the same in every order.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::contact::ContactName;
use crate::id::ImportId;

/// Where the name of a client comes from that rows of imports have named. Of two sources, the lesser one counts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum NameSource {
    /// The contact of this row, counting from 0, of the import with this place in the order. A row of an older import comes
    /// before those of newer ones, and a row of an import before those below it.
    Row(ImportId, u64),
    /// The number: no row that named the client had a contact.
    Number,
}

impl NameSource {
    /// The source of the name that a row offers.
    #[must_use]
    pub fn of_row(contact: Option<&ContactName>, import: &ImportId, row: u64) -> Self {
        contact.map_or(Self::Number, |_| Self::Row(import.clone(), row))
    }
}

/// The text is not a source of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a source of a client's name")]
pub struct InvalidNameSource;

/// The text of [`NameSource::Number`].
const NUMBER: &str = "external_id";
/// What is between an import and a row.
const SEPARATOR: char = '#';

impl fmt::Display for NameSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Row(import, row) => write!(f, "{import}{SEPARATOR}{row}"),
            Self::Number => f.write_str(NUMBER),
        }
    }
}

impl FromStr for NameSource {
    type Err = InvalidNameSource;

    fn from_str(text: &str) -> Result<Self, InvalidNameSource> {
        if text == NUMBER {
            return Ok(Self::Number);
        }
        let (import, row) = text.split_once(SEPARATOR).ok_or(InvalidNameSource)?;
        let import = import.parse().map_err(|_| InvalidNameSource)?;
        Ok(Self::Row(import, row.parse().map_err(|_| InvalidNameSource)?))
    }
}

impl TryFrom<String> for NameSource {
    type Error = InvalidNameSource;

    fn try_from(text: String) -> Result<Self, InvalidNameSource> {
        text.parse()
    }
}

impl From<NameSource> for String {
    fn from(source: NameSource) -> Self {
        source.to_string()
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn older_imports_and_higher_rows_come_first() {
        let import =
            |second| ImportId::of_seed(Uuid::new_v7(uuid::Timestamp::from_unix_time(second, 0, 0, 0)));
        let (older, newer) = (import(1), import(2));
        let sources = [
            NameSource::Row(older.clone(), 9),
            NameSource::Row(older, 10),
            NameSource::Row(newer, 0),
            NameSource::Number,
        ];
        assert!(sources.is_sorted_by(|a, b| a < b), "{sources:?}");
        for source in sources {
            assert_eq!(source.to_string().parse(), Ok(source));
        }
    }

    #[test]
    fn damaged_sources_are_refused() {
        for text in ["", "imp_", "external", "imp_01890000-0000-7000-8000-000000000000", "#1"] {
            assert_eq!(text.parse::<NameSource>(), Err(InvalidNameSource), "{text}");
        }
    }
}
