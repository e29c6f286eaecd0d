//! The value of a field, as it was sent.

use std::borrow::Cow;
use std::fmt;

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::Value as Json;

/// The value of a field, as it was sent. Text without escapes borrows from the request or the row, so that reading a row
/// copies only what is kept.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    /// Null, or nothing at all in a form or a CSV record.
    Null,
    /// A string.
    Text(Cow<'a, str>),
    /// A JSON value of any other type.
    Other(Json),
}

impl Value<'_> {
    /// The text, if the value is a string.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Null | Self::Other(_) => None,
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
            Self::Other(json) => json,
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Value<'a> {
    fn deserialize<D: Deserializer<'de>>(value: D) -> Result<Self, D::Error> {
        value.deserialize_any(AnyValue)
    }
}

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = Value<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value<'de>, E> {
        Ok(Value::Null)
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Value<'de>, E> {
        Ok(Value::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value<'de>, E> {
        Ok(Value::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value<'de>, E> {
        Ok(Value::Other(Json::Bool(value)))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value<'de>, E> {
        Ok(Value::Other(value.into()))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value<'de>, E> {
        Ok(Value::Other(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value<'de>, E> {
        Ok(Value::Other(value.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, elements: A) -> Result<Value<'de>, A::Error> {
        Json::deserialize(SeqAccessDeserializer::new(elements)).map(Value::Other)
    }

    /// An object, or a number, which `serde_json` passes on as a map if it is not a small integer, so that it keeps all digits.
    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Value<'de>, A::Error> {
        Json::deserialize(MapAccessDeserializer::new(members)).map(Value::Other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
            let value: Value<'_> = serde_json::from_str(text).expect(text);
            let json: Json = serde_json::from_str(text).expect(text);
            assert_eq!(value.into_json().to_string(), json.to_string());
        }
        for broken in
            [r#""\ud800""#.to_owned(), "[".repeat(200), format!("{}{}", "[".repeat(200), "]".repeat(200))]
        {
            assert!(serde_json::from_str::<Value<'_>>(&broken).is_err());
        }
    }

    #[test]
    fn text_without_escapes_is_borrowed() {
        assert!(matches!(serde_json::from_str(r#""María""#), Ok(Value::Text(Cow::Borrowed("María")))));
    }
}
