//! The value of a field, as it was sent.

use std::borrow::Cow;

use serde_json::Value as Json;
use serde_json::value::RawValue;

/// The value of a field, as it was sent. Numbers, and text without escapes, borrow from the request or the row, so that
/// reading a row copies only what is kept.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    /// Null, or nothing at all in a form or a CSV record.
    Null,
    /// A string.
    Text(Cow<'a, str>),
    /// A JSON number with all its digits.
    Number(&'a str),
    /// A JSON value of any other type.
    Other(Json),
}

impl<'a> Value<'a> {
    /// The value of a JSON text.
    ///
    /// # Errors
    /// When the value is nested too deeply, or has half of an escaped surrogate pair.
    pub fn of_json(json: &'a RawValue) -> serde_json::Result<Self> {
        let json = json.get();
        Ok(match json.as_bytes() {
            b"null" => Self::Null,
            [b'-' | b'0'..=b'9', ..] => Self::Number(json),
            // Between its quotation marks, a string without escapes is its text.
            [b'"', text @ .., b'"'] if !text.contains(&b'\\') => {
                Self::Text(Cow::Borrowed(json.get(1..json.len() - 1).unwrap_or_default()))
            }
            _ => match serde_json::from_str(json)? {
                Json::String(text) => Self::Text(Cow::Owned(text)),
                other => Self::Other(other),
            },
        })
    }

    /// The text, if the value is a string.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Null | Self::Number(_) | Self::Other(_) => None,
        }
    }

    /// Whether the value is null.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The value as JSON.
    #[must_use]
    pub fn into_json(self) -> Json {
        match self {
            Self::Null => Json::Null,
            Self::Text(text) => Json::String(text.into_owned()),
            // With arbitrary precision, every JSON number is one of `serde_json`.
            Self::Number(digits) => digits.parse().map_or(Json::Null, Json::Number),
            Self::Other(json) => json,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_json(text: &str) -> serde_json::Result<Value<'_>> {
        Value::of_json(serde_json::from_str(text)?)
    }

    #[test]
    fn values_are_those_of_serde_json() {
        for text in [
            "null",
            "true",
            "0",
            "-0",
            "5",
            "-7",
            "18446744073709551616",
            "-9223372036854775809",
            "1.50",
            "-2e-3",
            "1E400",
            "123456789012345678901234567890.123456789",
            r#""a""#,
            r#""\u00e9\n""#,
            r#""""#,
            "[]",
            r#"[1,2.0,"x",[null]]"#,
            "{}",
            r#"{"a":1.10,"b":{}}"#,
        ] {
            let value = of_json(text).expect(text);
            let json: Json = serde_json::from_str(text).expect(text);
            assert_eq!(value.into_json().to_string(), json.to_string());
        }
        for broken in [r#""\ud800""#, &format!("{}{}", "[".repeat(200), "]".repeat(200))] {
            assert!(of_json(broken).is_err(), "{broken}");
        }
    }

    #[test]
    fn text_without_escapes_is_borrowed() {
        assert!(matches!(of_json(r#""María""#), Ok(Value::Text(Cow::Borrowed("María")))));
    }
}
