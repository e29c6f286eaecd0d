//! The format of a payload and its options.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::Mapping;
use crate::fields::InvalidValue;
use crate::money::DecimalSeparator;

/// The format of a payload and its options.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notation {
    /// The format.
    pub format: Format,
    /// The mapping of columns to fields; CSV only.
    #[serde(default)]
    pub mapping: Mapping,
    /// The decimal separator of amounts; CSV only.
    #[serde(default)]
    pub decimal_separator: DecimalSeparator,
    /// Whether the payload is compressed with gzip (RFC 1952).
    #[serde(default)]
    pub gzip: bool,
    /// Whether the payload is the request body, where JSON may have members about the import beside the rows.
    #[serde(default)]
    pub in_request: bool,
}

impl Notation {
    /// A format with default options.
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
    /// One JSON object per line.
    Ndjson,
    /// A header and one record per row (RFC 4180), separated by commas, semicolons or tabs.
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
