//! The format of a payload and its options.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{ImportOptions, RowRules};
use crate::fields::InvalidValue;

/// The format of a payload and its options.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notation {
    /// The format.
    pub format: Format,
    /// Whether the payload is compressed with gzip (RFC 1952).
    #[serde(default)]
    pub gzip: bool,
    /// Whether the payload is the request body, where JSON may have members about the import beside the rows.
    #[serde(default)]
    pub in_request: bool,
    /// The options of the import.
    #[serde(default)]
    // In a box, since few imports have options and futures hold a notation.
    pub options: Box<ImportOptions>,
}

impl Notation {
    /// A format with default options.
    #[must_use]
    pub fn of(format: Format) -> Self {
        Self { format, gzip: false, in_request: false, options: Box::default() }
    }

    /// The rules for the values of rows.
    #[must_use]
    pub fn rules(&self) -> RowRules<'_> {
        RowRules::of(&self.options)
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
    /// A header and one record per row (RFC 4180), separated by commas, semicolons, tabs or another character.
    Csv,
    /// A workbook of Office Open XML (ISO/IEC 29500), one of whose sheets has a header and one record per row.
    Xlsx,
}

impl Format {
    /// Whether a payload is a table, whose header names the columns.
    #[must_use]
    pub fn is_table(self) -> bool {
        matches!(self, Self::Csv | Self::Xlsx)
    }
}

impl FromStr for Format {
    type Err = InvalidValue;

    fn from_str(name: &str) -> Result<Self, InvalidValue> {
        Ok(match name {
            "json" => Self::Json,
            "ndjson" => Self::Ndjson,
            "csv" => Self::Csv,
            "xlsx" => Self::Xlsx,
            _ => return Err(InvalidValue("expected csv, xlsx, ndjson or json")),
        })
    }
}
