//! How a payload is written.

use std::borrow::Cow;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::Mapping;
use crate::fields::InvalidValue;

/// How a payload is written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notation {
    /// Its format.
    pub format: Format,
    /// Which column fills which field, as the request said; of CSV alone.
    #[serde(default)]
    pub mapping: Mapping,
    /// What stands before the decimals of its amounts; of CSV alone.
    #[serde(default)]
    pub decimal_separator: DecimalSeparator,
    /// Whether it is compressed (RFC 1952).
    #[serde(default)]
    pub gzip: bool,
    /// Whether it was sent in the request itself: then what is said of the import may stand
    /// beside the rows of JSON.
    #[serde(default)]
    pub in_request: bool,
}

impl Notation {
    /// A format, and nothing special about it.
    #[must_use]
    pub fn of(format: Format) -> Self {
        let (mapping, decimal_separator) = (Mapping::default(), DecimalSeparator::Point);
        Self { format, mapping, decimal_separator, gzip: false, in_request: false }
    }
}

/// The format of a payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = ImportFormat))]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// `{ "accounts": [ … ] }`.
    Json,
    /// One JSON object a line.
    Ndjson,
    /// A header and one record a row (RFC 4180), separated by commas, semicolons or tabs.
    Csv,
}

impl FromStr for Format {
    type Err = InvalidValue;

    fn from_str(name: &str) -> Result<Self, InvalidValue> {
        Ok(match name {
            "json" => Self::Json,
            "ndjson" => Self::Ndjson,
            "csv" => Self::Csv,
            _ => return Err(InvalidValue("expected csv, ndjson or json")),
        })
    }
}

/// What stands before the decimals of an amount.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum DecimalSeparator {
    /// 12.50
    #[default]
    #[serde(rename = ".")]
    Point,
    /// 12,50
    #[serde(rename = ",")]
    Comma,
}

impl DecimalSeparator {
    /// The character itself.
    #[must_use]
    pub fn character(self) -> char {
        match self {
            Self::Point => '.',
            Self::Comma => ',',
        }
    }

    /// An amount with this separator as one with a point. What has another separator in it
    /// stays no amount.
    pub(crate) fn to_point(self, amount: &str) -> Cow<'_, str> {
        match self {
            Self::Point => Cow::Borrowed(amount),
            Self::Comma => Cow::Owned(amount.chars().map(swapped).collect()),
        }
    }

    /// An amount with a point as one with this separator.
    pub(crate) fn of_point(self, amount: &str) -> Cow<'_, str> {
        self.to_point(amount)
    }
}

fn swapped(character: char) -> char {
    match character {
        ',' => '.',
        '.' => ',',
        other => other,
    }
}

impl FromStr for DecimalSeparator {
    type Err = InvalidValue;

    fn from_str(separator: &str) -> Result<Self, InvalidValue> {
        match separator {
            "." => Ok(Self::Point),
            "," => Ok(Self::Comma),
            _ => Err(InvalidValue("expected . or ,")),
        }
    }
}
