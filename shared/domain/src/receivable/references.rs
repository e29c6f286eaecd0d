//! The document numbers that a payer may quote.

use std::fmt;
use std::str::FromStr;

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use crate::fields::{FindingCode, normalized};
use crate::text::{Text, TextError};

/// The most references of an account.
pub const REFERENCES_MAX: usize = 10;
/// What files write between two references.
const SEPARATORS: [char; 6] = [',', ';', '|', '\n', '\r', '\t'];
/// What Saldo writes between two references.
const SEPARATOR: &str = ", ";

/// A reference: a document number, or another text that a payer may quote.
type Reference = Text<64>;

/// One to [`REFERENCES_MAX`] references of up to 64 characters, none of them twice. None has a comma, a semicolon or a line
/// break: these separate them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct References(CompactString);

/// Why a text is not a list of references.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidReferences {
    /// A reference is refused.
    #[error("{0}, in a reference")]
    Text(#[from] TextError),
    /// There are too many.
    #[error("there are at most {REFERENCES_MAX}")]
    TooMany,
}

impl From<InvalidReferences> for FindingCode {
    fn from(invalid: InvalidReferences) -> Self {
        match invalid {
            InvalidReferences::Text(error) => error.into(),
            InvalidReferences::TooMany => Self::TooMany,
        }
    }
}

impl References {
    /// The references, with a comma and a blank between each two.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The references.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.split(SEPARATOR)
    }
}

impl FromStr for References {
    type Err = InvalidReferences;

    fn from_str(text: &str) -> Result<Self, InvalidReferences> {
        let mut references: Vec<Reference> = Vec::new();
        for text in text.split(SEPARATORS).map(normalized).filter(|text| !text.is_empty()) {
            let reference = text.parse()?;
            if !references.contains(&reference) {
                references.push(reference);
            }
        }
        match references.len() {
            0 => Err(TextError::Empty.into()),
            1..=REFERENCES_MAX => {
                let texts: Vec<&str> = references.iter().map(Reference::as_str).collect();
                Ok(Self(texts.join(SEPARATOR).into()))
            }
            _ => Err(InvalidReferences::TooMany),
        }
    }
}

impl TryFrom<String> for References {
    type Error = InvalidReferences;

    fn try_from(text: String) -> Result<Self, InvalidReferences> {
        text.parse()
    }
}

impl From<References> for String {
    fn from(references: References) -> Self {
        references.0.into()
    }
}

impl fmt::Display for References {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_read_with_every_separator() {
        let read = |text: &str| text.parse::<References>().map(|read| read.to_string());
        for text in ["RE-1, PO 7", "RE-1;PO 7", " RE-1 |PO 7,", "RE-1\r\nPO 7\nRE-1"] {
            assert_eq!(read(text).as_deref(), Ok("RE-1, PO 7"), "{text:?}");
        }
        let references: References = "RE-1, PO 7".parse().expect("references");
        assert!(references.iter().eq(["RE-1", "PO 7"]));
        assert_eq!(read(" ,;"), Err(TextError::Empty.into()));
        assert_eq!(read(&"x".repeat(65)), Err(TextError::TooLong { max: 64 }.into()));
        let many: Vec<_> = (0..=REFERENCES_MAX).map(|number| number.to_string()).collect();
        assert_eq!(read(&many.join(";")), Err(InvalidReferences::TooMany));
    }
}
