//! The format of a payload.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::fields::InvalidValue;

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
