//! Contact data of accounts.

use std::fmt;
use std::str::FromStr;
use std::sync::OnceLock;

use email_address::{EmailAddress, Options};
use phonelib::{PhoneNumber, normalize_phone_number};

use crate::text::{FromPlain, Text, TextError, are_digits};

/// The full name of the primary contact.
pub type ContactName = Text<256>;

/// A telephone number: in the format of ITU-T E.164 (`+`, the country code and the number, at most 15 digits, with a
/// length that the country's numbering plan uses), or as the source reported it, up to 128 characters.
///
/// A file's number that can't be read is stored unchanged: refusing the row would lose a debt. [`Phone::is_number`] tells
/// them apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phone(Text<128>);

/// The text is not a telephone number in E.164 format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a phone number in E.164 form, such as +5491155551234: + and country code, digits only, as many as the country uses"
)]
pub struct InvalidPhone;

impl Phone {
    /// Reads a number as people write it: with blanks, dashes, slashes, brackets and points, which are left out, and with
    /// a trunk prefix in brackets. `country` (ISO 3166) is that of numbers without a country code.
    ///
    /// # Errors
    /// [`InvalidPhone`] for any other text.
    pub(crate) fn of_people(text: &str, country: Option<&str>) -> Result<Self, InvalidPhone> {
        if is_e164(text) {
            return Self::from_plain(text).map_err(|_| InvalidPhone);
        }
        let text = text.trim();
        let dialed = if text.starts_with('+') { text.replace("(0)", "") } else { text.to_owned() };
        let digits: String = dialed.chars().filter(|c| !is_filler(*c)).collect();
        let is_dialed = digits.strip_prefix('+').unwrap_or(&digits).bytes().all(|byte| byte.is_ascii_digit());
        let number = match country.filter(|_| !digits.starts_with('+')) {
            _ if !is_dialed => None,
            Some(country) => {
                PhoneNumber::parse_with_country(&digits, country).map(|number| number.e164().to_owned())
            }
            None => Some(digits).filter(|digits| is_e164(digits)),
        };
        number.ok_or(InvalidPhone)?.parse().map_err(|_| InvalidPhone)
    }

    /// The text: a number in E.164 format, or what the source has.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Whether it is a number in E.164 format.
    #[must_use]
    pub fn is_number(&self) -> bool {
        is_e164(self.as_str())
    }
}

/// Whether the text is a number in E.164 format.
fn is_e164(text: &str) -> bool {
    // The parser also accepts spaces, brackets and `00`, which E.164 does not have.
    is_of_usual_length(text) || normalize_phone_number(text).is_some_and(|number| number == text)
}

/// The characters between the digits of a number.
fn is_filler(c: char) -> bool {
    c.is_whitespace()
        || matches!(
            c,
            '-' | '/' | '(' | ')' | '[' | ']' | '.' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{200e}'
        )
}

impl FromPlain for Phone {
    fn from_plain(text: &str) -> Result<Self, TextError> {
        Text::from_plain(text).map(Self)
    }
}

impl FromStr for Phone {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        text.parse().map(Self)
    }
}

/// The most digits of a number in E.164 format.
const DIGITS_MAX: usize = 15;
/// The calling code of the North American plan, in which the parser also looks at the digits of an area.
const NORTH_AMERICA: usize = 1;
/// The most digits of a calling code.
const CODE_DIGITS_MAX: usize = 3;

/// Whether the text is `+`, a calling code and a national number that does not begin with a zero, of a length that numbers
/// of this calling code have. The parser accepts such a number whatever its other digits are, so it is asked for each
/// length only once.
fn is_of_usual_length(text: &str) -> bool {
    let Some((b'+', digits)) = text.as_bytes().split_first() else { return false };
    if digits.len() > DIGITS_MAX || !are_digits(digits) || digits.first() == Some(&b'0') {
        return false;
    }
    let mut code = 0;
    // No calling code is the beginning of another.
    for (at, digit) in digits.iter().enumerate().take(CODE_DIGITS_MAX) {
        code = 10 * code + usize::from(digit - b'0');
        let (lengths, national) = (national_lengths(code), digits.get(at + 1..).unwrap_or_default());
        if lengths != 0 {
            return national.first() != Some(&b'0') && lengths >> national.len() & 1 == 1;
        }
    }
    false
}

/// The lengths of the national numbers of a calling code that do not begin with a zero: bit n is set if they may have n
/// digits.
fn national_lengths(code: usize) -> u32 {
    static LENGTHS: [OnceLock<u32>; 1_000] = [const { OnceLock::new() }; 1_000];
    let is_valid = |length: &usize| {
        let number = format!("+{code}{}", "2".repeat(*length));
        let is_of_code = |read: &PhoneNumber| usize::try_from(read.country_code()) == Ok(code);
        PhoneNumber::parse(&number).is_some_and(|read| is_of_code(&read) && read.e164() == number)
    };
    let ask = || (1..DIGITS_MAX).filter(is_valid).fold(0, |lengths, length| lengths | 1 << length);
    match LENGTHS.get(code) {
        Some(lengths) if code != NORTH_AMERICA => *lengths.get_or_init(ask),
        _ => 0,
    }
}

impl fmt::Display for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
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
        is_plain_address(self.as_str()) || is_address(self.as_str())
    }
}

/// Whether the text is a valid address according to RFC 5321.
fn is_address(text: &str) -> bool {
    EmailAddress::parse_with_options(text, Options::default().without_display_text()).is_ok()
}

/// The most bytes of an address in which no part can be too long: each is at least two bytes shorter.
const PLAIN_ADDRESS_BYTES_MAX: usize = 64;

/// Whether the text is an address of the usual form: labels of ASCII letters, digits and a few other characters. This takes
/// a fraction of the time of [`is_address`], which accepts these addresses and more.
fn is_plain_address(text: &str) -> bool {
    let next = |at: InAddress, byte: u8| NEXT[at as usize][usize::from(byte)];
    text.len() <= PLAIN_ADDRESS_BYTES_MAX
        && matches!(text.bytes().fold(InAddress::Part, next), InAddress::LabelEnd)
}

/// Where in an address of the usual form the next character is.
#[derive(Clone, Copy)]
enum InAddress {
    /// At the beginning of a part before the `@`.
    Part,
    /// In such a part.
    InPart,
    /// At the beginning of a label of the domain.
    Label,
    /// In a label, which may end here.
    LabelEnd,
    /// In a label, which may not end here.
    InLabel,
    /// Nowhere: the address is not of the usual form.
    Refused,
}

/// What follows each place by the character there.
static NEXT: [[InAddress; 256]; 6] = {
    use InAddress::{InLabel, InPart, Label, LabelEnd, Part, Refused};
    /// What follows a letter or digit, one of `-_+`, a dot, and an `@`.
    const BY_CLASS: [[InAddress; 4]; 6] = [
        [InPart, InPart, Refused, Refused],
        [InPart, InPart, Part, Label],
        [LabelEnd, Refused, Refused, Refused],
        [LabelEnd, InLabel, Label, Refused],
        [LabelEnd, InLabel, Refused, Refused],
        [Refused; 4],
    ];
    let (mut next, mut place) = ([[Refused; 256]; 6], 0);
    while place < next.len() {
        let mut byte = 0_u8;
        while byte.is_ascii() {
            next[place][byte as usize] = match byte {
                _ if byte.is_ascii_alphanumeric() => BY_CLASS[place][0],
                b'-' | b'_' | b'+' => BY_CLASS[place][1],
                b'.' => BY_CLASS[place][2],
                b'@' => BY_CLASS[place][3],
                _ => Refused,
            };
            byte += 1;
        }
        place += 1;
    }
    next
};

impl FromPlain for Email {
    fn from_plain(text: &str) -> Result<Self, TextError> {
        Text::from_plain(text).map(Self)
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
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_are_read_as_people_write_them() {
        let read = |text: &str, country: Option<&str>| {
            Phone::of_people(text, country).ok().map(|phone| phone.as_str().to_owned())
        };
        for (text, country, number) in [
            ("+5491155551234", None, "+5491155551234"),
            ("+12025550173", None, "+12025550173"),
            ("+442079460958", None, "+442079460958"),
            ("+81312345678", None, "+81312345678"),
            ("+54 9 11 5555-1234", None, "+5491155551234"),
            ("+49 151 1234567", None, "+491511234567"),
            ("+49-151/1234567", None, "+491511234567"),
            ("+49 (0)151 1234567", None, "+491511234567"),
            ("+49.151.1234567", None, "+491511234567"),
            ("(011) 4555-1234", Some("AR"), "+541145551234"),
            ("0151 1234567", Some("DE"), "+491511234567"),
            ("0049 151 1234567", Some("DE"), "+491511234567"),
            ("+44 20 7946 0958", Some("DE"), "+442079460958"),
        ] {
            assert_eq!(read(text, country).as_deref(), Some(number), "{text}");
            assert!(is_e164(number) && is_of_usual_length(number) != number.starts_with("+1"), "{number}");
        }
        for bad in [
            "",
            "+",
            "5491155551234",
            "005491155551234",
            "(011) 4555-1234",
            "+549115555123456789",
            "+0123456789",
            "+999123456789",
            "not a phone",
            "+54911555a1234",
            "+５４９１１５５５５１２３４",
        ] {
            assert_eq!(read(bad, None), None, "{bad:?}");
        }
    }

    #[test]
    fn text_that_is_not_a_number_is_kept_and_recognized() {
        assert!("+5491155551234".parse::<Phone>().is_ok_and(|phone| phone.is_number()));
        for text in ["(011) 4555-1234", "ask Ana", "=1+1", "5491155551234"] {
            let phone: Phone = text.parse().expect("bounded text");
            assert_eq!((phone.as_str(), phone.is_number()), (text, false));
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

    #[test]
    fn parts_of_addresses_are_bounded() {
        let is_address = |local: usize, label: usize| {
            let address = format!("{}@{}.example", "a".repeat(local), "b".repeat(label));
            address.parse::<Email>().expect("bounded text").is_address()
        };
        assert!(is_address(64, 63));
        assert!(!is_address(65, 1) && !is_address(1, 64));
        for plain in [format!("{}@b", "a".repeat(62)), format!("a@{}", "b".repeat(62))] {
            assert!(is_plain_address(&plain) && super::is_address(&plain), "{plain}");
        }
    }

    proptest! {
        #[test]
        fn plain_addresses_are_addresses(text in "[a-zA-Z0-9.@_+<> \"-]{0,12}@?[a-zA-Z0-9.@-]{0,12}") {
            prop_assert!(!is_plain_address(&text) || is_address(&text), "{text}");
        }

        #[test]
        fn addresses_of_usual_characters_are_plain(text in "[a-z0-9._+-]{1,8}@[a-z0-9._+-]{1,8}") {
            prop_assert_eq!(is_plain_address(&text), is_address(&text), "{}", text);
        }

        #[test]
        fn numbers_in_e164_form_are_those_that_parse_as_they_are_written(text in "(\\+|00|tel:)?[0-9]{0,3}[0-9 ()x-]{0,12}") {
            prop_assert_eq!(is_e164(&text), PhoneNumber::parse(&text).is_some_and(|number| number.e164() == text));
        }

        #[test]
        fn numbers_of_usual_length_are_valid(text in "\\+[0-9]{4,16}") {
            prop_assert!(!is_of_usual_length(&text) || normalize_phone_number(&text).as_ref() == Some(&text), "{text}");
        }

        #[test]
        fn any_text_is_a_number_or_an_error(text in "[0-9+() /.a-]{0,16}", country in prop::option::of("(DE|AR|US)")) {
            if let Ok(phone) = Phone::of_people(&text, country.as_deref()) {
                prop_assert!(phone.is_number(), "{}", text);
            }
        }
    }
}
