//! The source system's id of an account or of a client.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::fields::normalized;
use crate::text::{FromPlain, Text, TextError, invisible, is_plain, trimmed};

/// The id of an account, or of a client, in its source system: 1 to 128 characters, unique in the organization among those
/// of accounts, or of clients.
/// Whitespace around it is removed: fields of fixed width are padded with it, and the same id must mean the same account
/// in every format; for the same reason it is in Unicode's normal form C. Invisible characters are refused: ids that look equal would be different accounts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ExternalId(Text<128>);

impl ExternalId {
    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The same, as a text of bounded length.
    #[must_use]
    pub fn as_text(&self) -> &Text<128> {
        &self.0
    }
}

impl FromStr for ExternalId {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        let text = trimmed(text);
        if is_plain(text) {
            return Self::from_plain(text);
        }
        let id: Text<128> = normalized(text).parse()?;
        match invisible(id.as_str()) {
            Some(character) => Err(TextError::InvisibleCharacter(character)),
            None => Ok(Self(id)),
        }
    }
}

impl FromPlain for ExternalId {
    fn from_plain(text: &str) -> Result<Self, TextError> {
        Text::from_plain(text).map(Self)
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
    fn whitespace_is_trimmed_and_invisible_characters_are_refused() {
        assert_eq!(" INV-1 ".parse::<ExternalId>().expect("an id").as_str(), "INV-1");
        assert_eq!("Mu\u{308}-1".parse::<ExternalId>(), "M\u{fc}-1".parse());
        assert_eq!("\u{feff}INV-1".parse::<ExternalId>(), Err(TextError::InvisibleCharacter('\u{feff}')));
        assert_eq!("INV\u{200b}-1".parse::<ExternalId>(), Err(TextError::InvisibleCharacter('\u{200b}')));
        assert_eq!("\u{200b}".parse::<ExternalId>(), Err(TextError::Empty));
    }
}
