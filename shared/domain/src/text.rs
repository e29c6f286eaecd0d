//! Text of bounded length, so that records stay below the limits of DynamoDB. A text of up to 24 bytes, as most have, takes
//! no memory besides its value.

use std::fmt;
use std::str::FromStr;

use compact_str::{CompactString, format_compact};
use icu_properties::CodePointSetData;
use icu_properties::props::DefaultIgnorableCodePoint;
use serde::{Deserialize, Serialize};

use crate::id::Id;

/// Text of 1 to `MAX` characters (Unicode scalar values) without control characters, stored unchanged.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Text<const MAX: usize>(CompactString);

/// Text of 1 to `MAX` characters that may have line breaks and tabs, such as notes, stored unchanged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Prose<const MAX: usize>(CompactString);

/// Why a text is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// There are no visible characters.
    #[error("empty")]
    Empty,
    /// There are too many characters.
    #[error("longer than {max} characters")]
    TooLong {
        /// The most characters in the field.
        max: usize,
    },
    /// There is a control character, such as NUL or escape.
    #[error("has control characters")]
    ControlCharacter,
    /// An id contains an invisible character.
    #[error("has the invisible character U+{:04X}; remove it", u32::from(*.0))]
    InvisibleCharacter(char),
}

/// Whether there is nothing but whitespace. The first other character decides.
#[inline]
pub(crate) fn is_blank(text: &str) -> bool {
    !begins_visibly(text) && is_whitespace(text)
}

// Few texts are looked at further: apart, this does not enlarge the functions that ask.
#[inline(never)]
fn is_whitespace(text: &str) -> bool {
    text.chars().all(char::is_whitespace)
}

/// Whether the first character is a visible one of ASCII, as in most texts.
#[inline]
fn begins_visibly(text: &str) -> bool {
    text.as_bytes().first().is_some_and(u8::is_ascii_graphic)
}

/// The text without whitespace around it. Most texts have none, which their first and last bytes show.
#[inline]
pub(crate) fn trimmed(text: &str) -> &str {
    match text.as_bytes() {
        [first, .., last] if first.is_ascii_graphic() && last.is_ascii_graphic() => text,
        _ => without_whitespace_around(text),
    }
}

#[inline(never)]
fn without_whitespace_around(text: &str) -> &str {
    text.trim()
}

/// Whether all characters are printable ones of ASCII or are from U+00C0 to U+02FF, the Latin letters with accents. Such a
/// text has no control characters and no invisible ones, and it is in normal form C. Most texts are.
pub(crate) fn is_plain(text: &str) -> bool {
    /// Whether `N` bytes at a time are plain, with the last ones, which may have some in common with those before them.
    /// `None` if there are fewer.
    fn are_chunks_plain<const N: usize>(bytes: &[u8]) -> Option<bool> {
        let are_plain_bytes = |chunk: &[u8; N]| are_printable(chunk) || are_plain(chunk);
        let last = bytes.last_chunk()?;
        Some(bytes.as_chunks().0.iter().all(are_plain_bytes) && are_plain_bytes(last))
    }
    fn are_plain(bytes: &[u8]) -> bool {
        bytes.iter().all(|byte| PLAIN[usize::from(*byte)])
    }
    let bytes = text.as_bytes();
    are_chunks_plain::<16>(bytes).or_else(|| are_chunks_plain::<8>(bytes)).unwrap_or_else(|| are_plain(bytes))
}

/// A byte of this value in each place of a word.
pub(crate) const fn repeated(byte: u8) -> u64 {
    u64::MAX / 0xff * byte as u64
}

/// Whether all bytes are digits of ASCII.
pub(crate) fn are_digits(bytes: &[u8]) -> bool {
    let are_eight_digits = |bytes: &[u8; 8]| {
        let word = u64::from_le_bytes(*bytes);
        // Digits are 0x30 to 0x39: they begin with 3, also with six added.
        let begin_with_3 = |word: u64| word & repeated(0xf0) == repeated(0x30);
        begin_with_3(word) && begin_with_3(word.wrapping_add(repeated(6)))
    };
    match bytes.last_chunk() {
        // The last eight bytes may have some in common with those before them.
        Some(last) => bytes.as_chunks().0.iter().all(are_eight_digits) && are_eight_digits(last),
        None => bytes.iter().all(u8::is_ascii_digit),
    }
}

/// Whether all bytes are printable ASCII. Looking at each of them, the compiler compares them at once.
fn are_printable<const N: usize>(bytes: &[u8; N]) -> bool {
    bytes.iter().fold(true, |are_printable, byte| are_printable & matches!(byte, b' '..=b'~'))
}

/// The bytes of plain characters: printable ASCII, the first bytes of U+00C0 to U+02FF, and those that continue a character.
static PLAIN: [bool; 256] = {
    let (mut plain, mut byte) = ([false; 256], 0_u8);
    while byte < u8::MAX {
        plain[byte as usize] = matches!(byte, b' '..=b'~' | 0x80..=0xbf | 0xc3..=0xcb);
        byte += 1;
    }
    plain
};

/// The first invisible character: one with the property `Default_Ignorable_Code_Point` (Unicode, chapter 5.21), such as a
/// zero-width space or a byte order mark.
pub(crate) fn invisible(text: &str) -> Option<char> {
    text.chars().find(|c| is_invisible(*c))
}

pub(crate) fn is_invisible(c: char) -> bool {
    !c.is_ascii() && CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
}

fn check(text: &str, max: usize, allowed: &[char]) -> Result<(), TextError> {
    let is_too_long = || text.len() > max && text.chars().nth(max).is_some();
    if begins_visibly(text) && is_plain(text) {
        return if is_too_long() { Err(TextError::TooLong { max }) } else { Ok(()) };
    }
    if text.chars().all(|c| c.is_whitespace() || is_invisible(c)) {
        Err(TextError::Empty)
    } else if is_too_long() {
        Err(TextError::TooLong { max })
    } else if text.chars().any(|c| c.is_control() && !allowed.contains(&c)) {
        Err(TextError::ControlCharacter)
    } else {
        Ok(())
    }
}

/// A text that is made of a plain one more quickly than of any.
pub trait FromPlain: FromStr<Err = TextError> {
    /// The text, which is plain, as [`is_plain`] says, and has no blanks around it.
    ///
    /// # Errors
    /// As parsing it.
    fn from_plain(text: &str) -> Result<Self, TextError> {
        text.parse()
    }
}

macro_rules! bounded {
    ($name:ident, $allowed:expr) => {
        impl<const MAX: usize> $name<MAX> {
            /// The text, unchanged.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl<const MAX: usize> TryFrom<String> for $name<MAX> {
            type Error = TextError;

            fn try_from(text: String) -> Result<Self, TextError> {
                check(&text, MAX, $allowed).map(|()| Self(text.into()))
            }
        }

        impl<const MAX: usize> FromStr for $name<MAX> {
            type Err = TextError;

            fn from_str(text: &str) -> Result<Self, TextError> {
                check(text, MAX, $allowed).map(|()| Self(text.into()))
            }
        }

        impl<const MAX: usize> FromPlain for $name<MAX> {
            fn from_plain(text: &str) -> Result<Self, TextError> {
                match text.len() {
                    0 => Err(TextError::Empty),
                    // Only the number of characters is bounded.
                    length if length <= MAX => Ok(Self(text.into())),
                    _ => text.parse(),
                }
            }
        }

        impl<const MAX: usize> From<$name<MAX>> for String {
            fn from(text: $name<MAX>) -> Self {
                text.0.into()
            }
        }

        impl<const MAX: usize> fmt::Display for $name<MAX> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

impl Text<64> {
    /// A text of the program's own. It is valid: the tests check each of them.
    pub(crate) fn of_program(text: &'static str) -> Self {
        Self(CompactString::const_new(text))
    }
}

impl Text<128> {
    /// The text of an id, with its prefix.
    #[must_use]
    pub fn of_id(id: &impl Id) -> Self {
        Self(format_compact!("{id}"))
    }
}

impl From<&Text<128>> for Text<256> {
    fn from(text: &Text<128>) -> Self {
        Self(text.0.clone())
    }
}

bounded!(Text, &[]);
bounded!(Prose, &['\n', '\r', '\t']);

#[cfg(test)]
mod tests {
    use icu_normalizer::ComposingNormalizerBorrowed;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn length_is_counted_in_characters() {
        assert!("ñandú".parse::<Text<5>>().is_ok());
        assert_eq!("ñandúes".parse::<Text<5>>(), Err(TextError::TooLong { max: 5 }));
    }

    #[test]
    fn only_prose_may_have_line_breaks() {
        assert!("a\r\n\tb".parse::<Prose<9>>().is_ok());
        assert_eq!("a\nb".parse::<Text<9>>(), Err(TextError::ControlCharacter));
        assert_eq!("a\0b".parse::<Prose<9>>(), Err(TextError::ControlCharacter));
        assert_eq!(" \t".parse::<Prose<9>>(), Err(TextError::Empty));
    }

    proptest! {
        #[test]
        fn trimmed_text_has_no_whitespace_around_it(text in "[ \t\u{a0}\u{2003}ab]{0,6}") {
            prop_assert_eq!(trimmed(&text), text.trim());
        }

        #[test]
        fn plain_text_is_visible_and_normal(text in "[ -~\u{7f}-\u{34f}]{0,12}|[ -~]{0,40}[ -~\u{7f}-\u{34f}]{0,2}") {
            let is_normal = ComposingNormalizerBorrowed::new_nfc().is_normalized(&text);
            let is_visible = !text.chars().any(|c| c.is_control() || is_invisible(c));
            prop_assert!(!is_plain(&text) || is_normal && is_visible);
            let is_latin = text.chars().all(|c| matches!(c, ' '..='~' | '\u{c0}'..='\u{2ff}'));
            prop_assert_eq!(is_plain(&text), is_latin);
        }

        #[test]
        fn plain_text_is_checked_as_any_text(text in "[ -~\\x00-\\x20\\x7e-\\xa5\u{c0}-\u{300}]{0,20}") {
            let expected = if text.chars().all(char::is_whitespace) {
                Err(TextError::Empty)
            } else if text.chars().count() > 12 {
                Err(TextError::TooLong { max: 12 })
            } else if text.chars().any(char::is_control) {
                Err(TextError::ControlCharacter)
            } else {
                Ok(())
            };
            prop_assert_eq!(check(&text, 12, &[]), expected);
            let text = trimmed(&text);
            if is_plain(text) {
                prop_assert_eq!(Text::<12>::from_plain(text), text.parse());
                prop_assert_eq!(Prose::<12>::from_plain(text), text.parse());
            }
        }
    }

    proptest! {
        #[test]
        fn digits_are_those_of_ascii(text in "[/0-9:* -]{0,20}", digits in "[0-9]{0,20}") {
            for text in [&text, &digits, &format!("{digits}{text}")] {
                prop_assert_eq!(are_digits(text.as_bytes()), text.bytes().all(|byte| byte.is_ascii_digit()));
            }
        }

        #[test]
        fn any_byte_may_be_no_digit(byte: u8, at in 0_usize..9) {
            let mut bytes = *b"123456789";
            bytes[at] = byte;
            prop_assert_eq!(are_digits(&bytes), byte.is_ascii_digit());
        }
    }

    #[test]
    fn text_of_invisible_characters_is_empty() {
        for text in ["\u{200b}", "\u{feff} ", "\u{ad}\u{2060}", "\u{202e}"] {
            assert_eq!(text.parse::<Text<9>>(), Err(TextError::Empty), "{text:?}");
        }
        // Persian text and emoji need them between other characters.
        assert!("می\u{200c}خواهم".parse::<Text<9>>().is_ok());
    }
}
