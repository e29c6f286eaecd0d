//! How a payload is written.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::Mapping;
use crate::fields::InvalidValue;
use crate::money::DecimalSeparator;

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
