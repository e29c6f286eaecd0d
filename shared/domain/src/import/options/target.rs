//! What the rows of an import are.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::fields::InvalidValue;

/// What the rows of an import are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = ImportTarget))]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// Accounts.
    Accounts,
}

impl FromStr for Target {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        match text {
            "accounts" => Ok(Self::Accounts),
            _ => Err(InvalidValue("expected accounts: files of nothing else are imported")),
        }
    }
}
