//! The notations of exported files.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::fields::InvalidValue;

/// The notation of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = ExportFormat))]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// One JSON array of objects.
    Json,
    /// A header and a record a row, separated by commas or another character (RFC 4180), lines ended by line feeds.
    Csv,
    /// One JSON object a line.
    Ndjson,
    /// A workbook of Office Open XML (ISO/IEC 29500): amounts are numbers, days are dates, all else is text.
    Xlsx,
}

impl Format {
    /// The format's name on the wire, which is also the extension of its files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Csv => "csv",
            Self::Ndjson => "ndjson",
            Self::Xlsx => "xlsx",
        }
    }

    /// The media type of a file.
    #[must_use]
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Csv => "text/csv; charset=utf-8",
            Self::Ndjson => "application/x-ndjson",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        }
    }
}

impl FromStr for Format {
    type Err = InvalidValue;

    fn from_str(name: &str) -> Result<Self, InvalidValue> {
        let named = [Self::Json, Self::Csv, Self::Ndjson, Self::Xlsx]
            .into_iter()
            .find(|format| format.name() == name);
        named.ok_or(InvalidValue("expected json, csv, ndjson or xlsx"))
    }
}
