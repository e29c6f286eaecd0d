//! The value of a field, as it was sent.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::value::SeqAccessDeserializer;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value as Json};

/// The name of the only member of the object in whose form `serde_json` passes on a number that is not a small integer, so
/// that it keeps all digits. `serde_json` itself takes every object with this member for a number.
const DIGITS: &str = "$serde_json::private::Number";

/// The value of a field, as it was sent. Text without escapes borrows from the request or the row, so that reading a row
/// copies only what is kept.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    /// Null, or nothing at all in a form or a CSV record.
    Null,
    /// A string.
    Text(Cow<'a, str>),
    /// A JSON number, with all digits.
    Number(Cow<'a, str>),
    /// A JSON value of any other type.
    Other(Json),
}

impl Value<'_> {
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
            // Digits are always those of a number.
            Self::Number(digits) => digits.parse().map_or(Json::Null, Json::Number),
            Self::Other(json) => json,
        }
    }
}

/// The name of a member of an object, or the digits of a number. Without escapes, a name borrows from the JSON text.
#[derive(Deserialize)]
#[serde(transparent)]
pub(super) struct MemberName<'a>(#[serde(borrow)] pub(super) Cow<'a, str>);

/// Reads the members of an object.
pub(super) trait ReadMembers<'de> {
    /// Reads the members, the first of which has the name `first`. If there are none, it is `None`.
    fn read<M: MapAccess<'de>>(self, first: Option<MemberName<'de>>, rest: M)
    -> Result<Value<'de>, M::Error>;
}

/// Reads an object as JSON.
struct AsJson;

impl<'de> ReadMembers<'de> for AsJson {
    fn read<M: MapAccess<'de>>(
        self,
        first: Option<MemberName<'de>>,
        mut rest: M,
    ) -> Result<Value<'de>, M::Error> {
        let (mut object, mut next) = (Map::new(), first);
        while let Some(MemberName(name)) = next {
            object.insert(name.into_owned(), rest.next_value()?);
            next = rest.next_key()?;
        }
        Ok(Value::Other(Json::Object(object)))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Value<'a> {
    fn deserialize<D: Deserializer<'de>>(value: D) -> Result<Self, D::Error> {
        AnyValue(AsJson).deserialize(value)
    }
}

/// Reads a value of any type. If it is an object, `O` reads its members.
pub(super) struct AnyValue<O>(pub(super) O);

impl<'de, O: ReadMembers<'de>> DeserializeSeed<'de> for AnyValue<O> {
    type Value = Value<'de>;

    fn deserialize<D: Deserializer<'de>>(self, value: D) -> Result<Value<'de>, D::Error> {
        value.deserialize_any(self)
    }
}

impl<'de, O: ReadMembers<'de>> Visitor<'de> for AnyValue<O> {
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
        Ok(Value::Number(value.to_string().into()))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value<'de>, E> {
        Ok(Value::Number(value.to_string().into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, elements: A) -> Result<Value<'de>, A::Error> {
        Json::deserialize(SeqAccessDeserializer::new(elements)).map(Value::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value<'de>, A::Error> {
        match members.next_key()? {
            Some(MemberName(name)) if name == DIGITS => {
                members.next_value().map(|MemberName(digits)| Value::Number(digits))
            }
            first => self.0.read(first, members),
        }
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
            assert!(serde_json::from_str::<Value<'_>>(&broken).is_err(), "{broken}");
        }
    }

    #[test]
    fn text_without_escapes_is_borrowed() {
        assert!(matches!(serde_json::from_str(r#""María""#), Ok(Value::Text(Cow::Borrowed("María")))));
    }
}
