//! The identifier by which transactions refer to an account.

use std::fmt;
use std::str::FromStr;

use iban::{BaseIban, IbanLike};
use serde::{Deserialize, Serialize};

use crate::fields::normalized;
use crate::id::Id;
use crate::text::{FromPlain, Text, TextError};

/// The most characters of an IBAN (ISO 13616), and the fewest of those that countries use.
const IBAN_CHARS: std::ops::RangeInclusive<usize> = 15..=34;

/// The identifier by which transactions refer to an account, such as an IBAN or a masked card number: 1 to 128
/// characters. An IBAN is kept in its electronic form, so that it is the same however it is spelled; other identifiers
/// are equal if all their characters are.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AccountIdentifier(Text<128>);

impl AccountIdentifier {
    /// The identifier as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The text of an id, with its prefix.
    #[must_use]
    pub fn of_id(id: &impl Id) -> Self {
        Self(Text::of_id(id))
    }
}

/// The electronic form of an IBAN: without blanks, in capitals. `None` for any other text.
fn electronic(text: &str) -> Option<BaseIban> {
    let is_like_one = text.bytes().take(2).all(|byte| byte.is_ascii_alphabetic())
        && text.bytes().skip(2).take(2).all(|byte| byte.is_ascii_digit());
    if !is_like_one {
        return None;
    }
    let compact: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let iban = IBAN_CHARS.contains(&compact.len()).then(|| compact.to_ascii_uppercase().parse());
    iban?.ok()
}

impl FromPlain for AccountIdentifier {}

impl FromStr for AccountIdentifier {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        let text = normalized(text);
        match electronic(&text) {
            Some(iban) => iban.electronic_str().parse().map(Self),
            None => text.parse().map(Self),
        }
    }
}

impl TryFrom<String> for AccountIdentifier {
    type Error = TextError;

    fn try_from(text: String) -> Result<Self, TextError> {
        text.parse()
    }
}

impl From<AccountIdentifier> for String {
    fn from(identifier: AccountIdentifier) -> Self {
        identifier.0.into()
    }
}

impl fmt::Display for AccountIdentifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ibans_are_the_same_however_they_are_spelled() {
        let read = |text: &str| text.parse::<AccountIdentifier>().expect(text).to_string();
        for text in [
            "DE02120300000000202051",
            "DE02 1203 0000 0000 2020 51",
            "de02120300000000202051",
            " De02\u{a0}1203 0000 0000 2020 51 ",
        ] {
            assert_eq!(read(text), "DE02120300000000202051", "{text}");
        }
        for other in ["DE03 1203 0000 0000 2020 51", "4111 **** **** 1111", "a", "Konto 7", "DE02 1203"] {
            assert_eq!(read(other), other);
        }
        assert_eq!(" ".parse::<AccountIdentifier>(), Err(TextError::Empty));
        assert_eq!("x".repeat(129).parse::<AccountIdentifier>(), Err(TextError::TooLong { max: 128 }));
    }
}
