//! The form of a table: its encoding, and the characters around its cells.

use std::fmt;
use std::str::FromStr;

use encoding_rs::Encoding;
use serde::{Deserialize, Serialize};

use crate::fields::InvalidValue;

/// An encoding of text, by one of its labels in the Encoding Standard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TextEncoding(&'static Encoding);

impl TextEncoding {
    /// The encoding.
    #[must_use]
    pub fn encoding(self) -> &'static Encoding {
        self.0
    }
}

impl FromStr for TextEncoding {
    type Err = InvalidValue;

    fn from_str(label: &str) -> Result<Self, InvalidValue> {
        Encoding::for_label_no_replacement(label.as_bytes()).map(Self).ok_or(InvalidValue(
            "expected a label of the Encoding Standard, such as utf-8, windows-1252, windows-1250 or iso-8859-2",
        ))
    }
}

impl TryFrom<String> for TextEncoding {
    type Error = InvalidValue;

    fn try_from(label: String) -> Result<Self, InvalidValue> {
        label.parse()
    }
}

impl From<TextEncoding> for String {
    fn from(encoding: TextEncoding) -> Self {
        encoding.to_string()
    }
}

impl fmt::Display for TextEncoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.name())
    }
}

/// The character between the cells of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Delimiter(u8);

impl Delimiter {
    /// The delimiter, if this character may be one: an ASCII character that is not part of words, numbers or lines.
    #[must_use]
    pub fn new(character: char) -> Option<Self> {
        let byte = u8::try_from(character)
            .ok()
            .filter(|byte| *byte == b'\t' || byte.is_ascii_punctuation() || *byte == b' ')?;
        (!matches!(byte, b'"' | b'\'')).then_some(Self(byte))
    }

    /// The character, which is one byte long.
    #[must_use]
    pub fn byte(self) -> u8 {
        self.0
    }
}

impl FromStr for Delimiter {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        let character = if text == "\\t" { Some('\t') } else { only_character(text) };
        character
            .and_then(Self::new)
            .ok_or(InvalidValue("expected one character, such as ; or , or | or a tab"))
    }
}

impl TryFrom<String> for Delimiter {
    type Error = InvalidValue;

    fn try_from(text: String) -> Result<Self, InvalidValue> {
        text.parse()
    }
}

impl From<Delimiter> for String {
    fn from(delimiter: Delimiter) -> Self {
        char::from(delimiter.0).to_string()
    }
}

/// The character around cells that contain the delimiter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Quote {
    /// The quotation mark `"`.
    #[default]
    Double,
    /// The apostrophe.
    Single,
    /// No character: a quotation mark is text.
    None,
}

impl Quote {
    /// The character.
    #[must_use]
    pub fn byte(self) -> Option<u8> {
        match self {
            Self::Double => Some(b'"'),
            Self::Single => Some(b'\''),
            Self::None => None,
        }
    }
}

impl FromStr for Quote {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        match text {
            "\"" => Ok(Self::Double),
            "'" => Ok(Self::Single),
            "none" => Ok(Self::None),
            _ => Err(InvalidValue("expected \" or ' or none")),
        }
    }
}

impl TryFrom<String> for Quote {
    type Error = InvalidValue;

    fn try_from(text: String) -> Result<Self, InvalidValue> {
        text.parse()
    }
}

impl From<Quote> for String {
    fn from(quote: Quote) -> Self {
        quote.byte().map_or_else(|| "none".to_owned(), |byte| char::from(byte).to_string())
    }
}

/// What happens to a row with a blank external id, in a file that has the column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum BlankExternalId {
    /// It is refused: a row of totals is not a debt.
    #[default]
    Refuse,
    /// It creates an account, at each import another one.
    Allow,
}

impl FromStr for BlankExternalId {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        match text {
            "refuse" => Ok(Self::Refuse),
            "allow" => Ok(Self::Allow),
            _ => Err(InvalidValue("expected refuse or allow")),
        }
    }
}

fn only_character(text: &str) -> Option<char> {
    let mut characters = text.chars();
    characters.next().filter(|_| characters.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_and_characters_are_checked() {
        for (label, name) in
            [("windows-1250", "windows-1250"), ("ISO-8859-1", "windows-1252"), (" utf8 ", "UTF-8")]
        {
            assert_eq!(
                label.parse::<TextEncoding>().map(|encoding| encoding.to_string()),
                Ok(name.to_owned())
            );
        }
        for bad in ["", "cp850x", "replacement", "iso-2022-kr"] {
            assert!(bad.parse::<TextEncoding>().is_err(), "{bad}");
        }
        for (text, byte) in [(";", b';'), ("\t", b'\t'), ("\\t", b'\t'), ("|", b'|'), ("^", b'^')] {
            assert_eq!(text.parse().map(Delimiter::byte), Ok(byte), "{text:?}");
        }
        for bad in ["", ";;", "a", "1", "\n", "\"", "é"] {
            assert!(bad.parse::<Delimiter>().is_err(), "{bad:?}");
        }
    }
}
