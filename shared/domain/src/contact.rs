//! How to reach the person or company behind an account.

use std::fmt;
use std::str::FromStr;

use email_address::{EmailAddress, Options};
use phonelib::PhoneNumber;

use crate::text::{Text, TextError};

/// The full name of the primary contact.
pub type ContactName = Text<256>;

/// A telephone number in E.164 form: `+`, the country calling code and the number, at
/// most 15 digits, with a length its country's numbering plan uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phone(String);

/// The text is not a telephone number in E.164 form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a phone number in E.164 form, such as +5491155551234")]
pub struct InvalidPhone;

impl Phone {
    /// The number in E.164 form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Phone {
    type Err = InvalidPhone;

    fn from_str(text: &str) -> Result<Self, InvalidPhone> {
        // The parser also reads blanks, brackets and `00`; E.164 has one spelling.
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
/// Sources hold placeholders and typing errors where an address should be. Refusing the
/// row would lose a debt over a typing error, and dropping the text would lose the text:
/// it is kept, and [`Email::is_address`] tells whether mail could be sent to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Email(Text<254>);

impl Email {
    /// The text as given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Whether the text is an address as RFC 5321 has it.
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
    fn phones_have_exactly_the_e164_spelling() {
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
    fn an_email_that_is_no_address_is_kept_and_told_apart() {
        let placeholder: Email = "[email protected]".parse().expect("bounded text");
        assert_eq!(placeholder.as_str(), "[email protected]");
        assert!(!placeholder.is_address());
        assert!(!"Carlos <carlos@example.com>".parse::<Email>().expect("bounded text").is_address());
        assert!("carlos@example.com".parse::<Email>().expect("bounded text").is_address());
        assert_eq!("x".repeat(255).parse::<Email>(), Err(TextError::TooLong { max: 254 }));
    }
}
