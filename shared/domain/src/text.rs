//! Text of bounded length, so that records stay below the limits of DynamoDB.

use std::fmt;
use std::str::FromStr;

use icu_properties::CodePointSetData;
use icu_properties::props::DefaultIgnorableCodePoint;
use serde::{Deserialize, Serialize};

use crate::id::Id;

/// Text of 1 to `MAX` characters (Unicode scalar values) without control characters, stored unchanged.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Text<const MAX: usize>(String);

/// Text of 1 to `MAX` characters that may have line breaks and tabs, such as notes, stored unchanged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Prose<const MAX: usize>(String);

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
pub(crate) fn is_blank(text: &str) -> bool {
    !begins_visibly(text) && text.chars().all(char::is_whitespace)
}

/// Whether the first character is a visible one of ASCII, as in most texts.
fn begins_visibly(text: &str) -> bool {
    text.as_bytes().first().is_some_and(u8::is_ascii_graphic)
}

/// The text without whitespace around it. Most texts have none, which their first and last bytes show.
pub(crate) fn trimmed(text: &str) -> &str {
    match text.as_bytes() {
        [first, .., last] if first.is_ascii_graphic() && last.is_ascii_graphic() => text,
        _ => text.trim(),
    }
}

/// Whether all characters are printable ones of ASCII or are from U+00C0 to U+02FF, the Latin letters with accents. Such a
/// text has no control characters and no invisible ones, and it is in normal form C. Most texts are.
pub(crate) fn is_plain(text: &str) -> bool {
    // Looking at every byte, the compiler looks at many at once. 0x80 to 0xbf continue a character.
    text.bytes().fold(true, |plain, byte| plain & matches!(byte, b' '..=b'~' | 0x80..=0xbf | 0xc3..=0xcb))
}

/// The first invisible character: one with the property `Default_Ignorable_Code_Point` (Unicode, chapter 5.21), such as a
/// zero-width space or a byte order mark.
pub(crate) fn invisible(text: &str) -> Option<char> {
    if is_plain(text) { None } else { text.chars().find(|c| is_invisible(*c)) }
}

pub(crate) fn is_invisible(c: char) -> bool {
    !c.is_ascii() && CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
}

fn check(text: &str, max: usize, allowed: &[char]) -> Result<(), TextError> {
    if !begins_visibly(text) && text.chars().all(|c| c.is_whitespace() || is_invisible(c)) {
        Err(TextError::Empty)
    } else if text.len() > max && text.chars().nth(max).is_some() {
        Err(TextError::TooLong { max })
    } else if may_have_controls(text) && text.chars().any(|c| c.is_control() && !allowed.contains(&c)) {
        Err(TextError::ControlCharacter)
    } else {
        Ok(())
    }
}

/// Whether there may be a control character, U+0000 to U+001F or U+007F to U+009F: whether there is a first byte of one.
/// Looks at eight bytes at a time.
fn may_have_controls(text: &str) -> bool {
    const EACH: u64 = u64::MAX / 0xff;
    let has_zero = |bytes: u64| bytes.wrapping_sub(EACH) & !bytes;
    let may_have = |bytes: &[u8; 8]| {
        let bytes = u64::from_le_bytes(*bytes);
        let below_blank = bytes.wrapping_sub(EACH * 0x20) & !bytes;
        let found = below_blank | has_zero(bytes ^ (EACH * 0x7f)) | has_zero(bytes ^ (EACH * 0xc2));
        found & (EACH << 7) != 0
    };
    let bytes = text.as_bytes();
    match bytes.last_chunk() {
        Some(last) => bytes.as_chunks().0.iter().any(may_have) || may_have(last),
        None => bytes.iter().any(|byte| matches!(byte, ..b' ' | 0x7f | 0xc2)),
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
                check(&text, MAX, $allowed).map(|()| Self(text))
            }
        }

        impl<const MAX: usize> FromStr for $name<MAX> {
            type Err = TextError;

            fn from_str(text: &str) -> Result<Self, TextError> {
                text.to_owned().try_into()
            }
        }

        impl<const MAX: usize> From<$name<MAX>> for String {
            fn from(text: $name<MAX>) -> Self {
                text.0
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
        Self(text.to_owned())
    }
}

impl Text<128> {
    /// The text of an id, with its prefix.
    #[must_use]
    pub fn of_id(id: &impl Id) -> Self {
        Self(id.to_string())
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
        fn plain_text_is_visible_and_normal(text in "[ -~\u{7f}-\u{34f}]{0,12}") {
            let is_normal = ComposingNormalizerBorrowed::new_nfc().is_normalized(&text);
            let is_visible = !text.chars().any(|c| c.is_control() || is_invisible(c));
            prop_assert!(!is_plain(&text) || is_normal && is_visible);
            let is_latin = text.chars().all(|c| matches!(c, ' '..='~' | '\u{c0}'..='\u{2ff}'));
            prop_assert_eq!(is_plain(&text), is_latin);
        }

        #[test]
        fn control_characters_are_found(text in "[a-z\\x00-\\x20\\x7e-\\xa5]{0,20}") {
            prop_assert!(may_have_controls(&text) || !text.chars().any(char::is_control));
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
