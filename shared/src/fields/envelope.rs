//! `{ "accounts": [ … ] }`: an object whose one field is an array, read in one pass. Each
//! element is passed on as the text it is, so an element with a wrong type in it is that
//! element's fault, not the body's.

use std::fmt;

use serde::Deserializer as _;
use serde::de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::unreadable::fault;
use super::{UNKNOWN_FIELDS_NAMED_MAX, Unreadable, shown_name};

/// Hands each element of the array `field`, the only field of the JSON object `text`, to
/// `sink`, until that returns an error.
///
/// # Errors
/// [`Unreadable`] when the text is no such object, or what `sink` returned.
pub fn read_array<E: From<Unreadable>>(
    text: &str,
    field: &'static str,
    sink: impl FnMut(Box<RawValue>) -> Result<(), E>,
) -> Result<(), E> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let mut envelope = Envelope { field, sink, array: Array::Absent, unknown: Vec::new(), stopped_by: None };
    let outcome = reader.deserialize_map(&mut envelope).and_then(|()| reader.end());
    let Envelope { array, unknown, stopped_by, .. } = envelope;
    if let Some(error) = stopped_by {
        return Err(error);
    }
    let mistyped = match array {
        Array::Opened => Unreadable::WrongType { field, expected: "an array" },
        Array::Absent | Array::Read => Unreadable::WrongType { field: "", expected: "a JSON object" },
    };
    outcome.map_err(|error| fault(&error, mistyped))?;
    match array {
        _ if !unknown.is_empty() => Err(Unreadable::UnknownFields { names: unknown }.into()),
        Array::Absent => Err(Unreadable::Missing { field }.into()),
        Array::Opened | Array::Read => Ok(()),
    }
}

enum Array {
    Absent,
    /// The reader is at, or in, the array.
    Opened,
    Read,
}

struct Envelope<S, E> {
    field: &'static str,
    sink: S,
    array: Array,
    unknown: Vec<String>,
    /// Why reading was given up, other than for the JSON reader's own error.
    stopped_by: Option<E>,
}

impl<'de, S, E> Visitor<'de> for &mut Envelope<S, E>
where
    S: FnMut(Box<RawValue>) -> Result<(), E>,
    E: From<Unreadable>,
{
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<(), M::Error> {
        while let Some(name) = map.next_key::<String>()? {
            if name != self.field {
                map.next_value::<IgnoredAny>()?;
                if self.unknown.len() < UNKNOWN_FIELDS_NAMED_MAX {
                    self.unknown.push(shown_name(&name));
                }
                continue;
            }
            if !matches!(self.array, Array::Absent) {
                self.stopped_by = Some(Unreadable::Twice { field: self.field }.into());
                return Err(M::Error::custom("twice"));
            }
            self.array = Array::Opened;
            map.next_value_seed(Elements { sink: &mut self.sink, stopped_by: &mut self.stopped_by })?;
            self.array = Array::Read;
        }
        Ok(())
    }
}

struct Elements<'a, S, E> {
    sink: &'a mut S,
    stopped_by: &'a mut Option<E>,
}

impl<'de, S: FnMut(Box<RawValue>) -> Result<(), E>, E> DeserializeSeed<'de> for Elements<'_, S, E> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, value: D) -> Result<(), D::Error> {
        value.deserialize_seq(self)
    }
}

impl<'de, S: FnMut(Box<RawValue>) -> Result<(), E>, E> Visitor<'de> for Elements<'_, S, E> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        while let Some(element) = elements.next_element()? {
            if let Err(error) = (self.sink)(element) {
                *self.stopped_by = Some(error);
                return Err(A::Error::custom("stopped"));
            }
        }
        Ok(())
    }
}
