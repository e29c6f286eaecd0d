//! The decimal separator of amounts in files and forms.

use std::borrow::Cow;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The character between the whole part and the decimals of an amount.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum DecimalSeparator {
    /// A point: `12.50`.
    #[default]
    #[serde(rename = ".")]
    Point,
    /// A comma: `12,50`.
    #[serde(rename = ",")]
    Comma,
}

impl DecimalSeparator {
    /// The separator as a character.
    #[must_use]
    pub fn character(self) -> char {
        match self {
            Self::Point => '.',
            Self::Comma => ',',
        }
    }

    /// Rewrites an amount with this separator to one with a point. Points and commas are swapped, so text with the
    /// wrong separator stays invalid.
    pub(crate) fn to_point(self, amount: &str) -> Cow<'_, str> {
        match self {
            Self::Point => Cow::Borrowed(amount),
            Self::Comma => Cow::Owned(amount.chars().map(swapped).collect()),
        }
    }

    /// Rewrites an amount with a point to one with this separator.
    #[must_use]
    pub fn of_point(self, amount: &str) -> Cow<'_, str> {
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

/// The text is not a separator. With the separators that exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected {0}")]
pub struct UnknownSeparator(pub(super) &'static str);

impl FromStr for DecimalSeparator {
    type Err = UnknownSeparator;

    fn from_str(separator: &str) -> Result<Self, UnknownSeparator> {
        match separator {
            "." => Ok(Self::Point),
            "," => Ok(Self::Comma),
            _ => Err(UnknownSeparator(". or ,")),
        }
    }
}
