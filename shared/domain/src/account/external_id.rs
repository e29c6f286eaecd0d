//! The id by which the source system knows an account.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::text::{Text, TextError, invisible};

/// An account's id in its source system: 1 to 128 characters, unique in the organization.
/// Blanks around it are no part of it: fields of fixed width are filled up with them, and the
/// same id must be the same account whichever notation it comes in. Invisible characters are
/// refused: with and without them, the same id would be two accounts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ExternalId(Text<128>);

impl ExternalId {
    /// The id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl FromStr for ExternalId {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        let id: Text<128> = text.trim().parse()?;
        match invisible(id.as_str()) {
            Some(character) => Err(TextError::InvisibleCharacter(character)),
            None => Ok(Self(id)),
        }
    }
}

impl TryFrom<String> for ExternalId {
    type Error = TextError;

    fn try_from(text: String) -> Result<Self, TextError> {
        text.parse()
    }
}

impl From<ExternalId> for String {
    fn from(id: ExternalId) -> Self {
        id.0.into()
    }
}

impl fmt::Display for ExternalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_without_blanks_around_it_and_has_no_invisible_characters() {
        assert_eq!(" INV-1 ".parse::<ExternalId>().expect("an id").as_str(), "INV-1");
        assert_eq!("\u{feff}INV-1".parse::<ExternalId>(), Err(TextError::InvisibleCharacter('\u{feff}')));
        assert_eq!("INV\u{200b}-1".parse::<ExternalId>(), Err(TextError::InvisibleCharacter('\u{200b}')));
        assert_eq!("\u{200b}".parse::<ExternalId>(), Err(TextError::Empty));
    }
}
