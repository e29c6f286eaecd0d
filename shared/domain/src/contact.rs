//! Contact data of accounts.

use std::fmt;
use std::str::FromStr;

use email_address::{EmailAddress, Options};
use phonelib::PhoneNumber;

use crate::text::{Text, TextError};

/// The full name of the primary contact.
pub type ContactName = Text<256>;

/// A telephone number in the format of ITU-T E.164: `+`, the country code and the number, at most 15 digits, with a length
/// that the country's numbering plan uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phone(String);

/// The text is not a telephone number in E.164 format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a phone number in E.164 form, such as +5491155551234: + and country code, digits only, as many as the country uses"
)]
pub struct InvalidPhone;

impl Phone {
    /// The number in E.164 format.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Phone {
    type Err = InvalidPhone;

    fn from_str(text: &str) -> Result<Self, InvalidPhone> {
        // The parser also accepts spaces, brackets and `00`, which E.164 does not have.
        PhoneNumber::parse(text)
            .filter(|number| number.e164() == text)
            .map(|_| Self(text.to_owned()))
            .ok_or(InvalidPhone)
    }
}

impl fmt::Display for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An e-mail address as the source reported it, of at most 254 characters (RFC 5321).
///
/// Sources contain placeholders and typing errors. Refusing the row for one would lose a debt, so the text is stored
/// unchanged, and [`Email::is_address`] says whether it is a valid address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Email(Text<254>);

impl Email {
    /// The text, unchanged.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Whether the text is a valid address according to RFC 5321.
    #[must_use]
    pub fn is_address(&self) -> bool {
        EmailAddress::parse_with_options(self.as_str(), Options::default().without_display_text()).is_ok()
    }
}

impl FromStr for Email {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        text.parse().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phone_numbers_must_be_in_e164_format() {
        for good in ["+5491155551234", "+12025550173", "+442079460958", "+81312345678"] {
            assert!(good.parse::<Phone>().is_ok(), "{good}");
        }
        for bad in [
            "",
            "+",
            "5491155551234",
            "+54 9 11 5555-1234",
            "005491155551234",
            "+549115555123456789",
            "+0123456789",
            "+999123456789",
            "not a phone",
            "+54911555a1234",
            "+５４９１１５５５５１２３４",
        ] {
            assert_eq!(bad.parse::<Phone>(), Err(InvalidPhone), "{bad:?}");
        }
    }

    #[test]
    fn text_that_is_not_an_address_is_kept_and_recognized() {
        let placeholder: Email = "[email protected]".parse().expect("bounded text");
        assert_eq!(placeholder.as_str(), "[email protected]");
        assert!(!placeholder.is_address());
        assert!(!"Carlos <carlos@example.com>".parse::<Email>().expect("bounded text").is_address());
        assert!("carlos@example.com".parse::<Email>().expect("bounded text").is_address());
        assert_eq!("x".repeat(255).parse::<Email>(), Err(TextError::TooLong { max: 254 }));
    }
}
