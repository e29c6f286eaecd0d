//! What the amounts of a source state.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::fields::InvalidValue;

/// What the amounts of a source state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = StatedAmounts))]
#[serde(rename_all = "snake_case")]
pub enum Amounts {
    /// What is still owed: payments that the source has posted are deducted already.
    #[default]
    OpenItems,
    /// The original amount, whatever was paid since.
    Originals,
}

impl Amounts {
    /// The name in requests, files and answers.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::OpenItems => "open_items",
            Self::Originals => "originals",
        }
    }
}

impl FromStr for Amounts {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        match text.trim() {
            "open_items" => Ok(Self::OpenItems),
            "originals" => Ok(Self::Originals),
            _ => Err(InvalidValue("expected open_items or originals")),
        }
    }
}

impl fmt::Display for Amounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
