//! `{ "accounts": [ … ] }`: an object with an array of many elements, read in one pass and never held in memory as a
//! whole. Each element is passed on as text, so an element with a wrong type does not make the whole body invalid.

use std::{fmt, io};

use serde::Deserializer as _;
use serde::de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::unreadable::fault;
use super::{UNKNOWN_FIELDS_NAMED_MAX, Unreadable, shown_name};

/// Passes each element of the array `field` of the JSON object `text` to `sink`, until `sink` returns an error. Other
/// fields are errors.
///
/// # Errors
/// [`Unreadable`] when the text is no such object, or what `sink` returned.
pub fn read_array<E: From<Unreadable>>(
    text: &str,
    field: &'static str,
    sink: impl FnMut(Box<RawValue>) -> Result<(), E>,
) -> Result<(), E> {
    let mut reader = serde_json::Deserializer::from_str(text);
    read(&mut reader, field, &[], sink, |error, mistyped| fault(&error, mistyped).into())
}

/// The same for any source. The fields in `beside` are ignored.
///
/// # Errors
/// As [`read_array`], and what the source returned.
pub fn read_array_beside<E: From<Unreadable> + From<io::Error>>(
    source: impl io::Read,
    field: &'static str,
    beside: &'static [&'static str],
    sink: impl FnMut(Box<RawValue>) -> Result<(), E>,
) -> Result<(), E> {
    let mut reader = serde_json::Deserializer::from_reader(source);
    read(&mut reader, field, beside, sink, |error, mistyped| match error.is_io() {
        true => io::Error::from(error).into(),
        false => fault(&error, mistyped).into(),
    })
}

fn read<'de, E: From<Unreadable>>(
    reader: &mut serde_json::Deserializer<impl serde_json::de::Read<'de>>,
    field: &'static str,
    beside: &'static [&'static str],
    sink: impl FnMut(Box<RawValue>) -> Result<(), E>,
    broken: impl FnOnce(serde_json::Error, Unreadable) -> E,
) -> Result<(), E> {
    let (unknown, seen) = (Vec::new(), Vec::new());
    let mut envelope =
        Envelope { field, beside, sink, array: Array::Absent, unknown, seen, stopped_by: None };
    let outcome = (&mut *reader).deserialize_map(&mut envelope).and_then(|()| reader.end());
    let Envelope { array, unknown, stopped_by, .. } = envelope;
    if let Some(error) = stopped_by {
        return Err(error);
    }
    let mistyped = match array {
        Array::Opened => Unreadable::WrongType { field, expected: "an array" },
        Array::Absent | Array::Read => Unreadable::WrongType { field: "", expected: "a JSON object" },
    };
    outcome.map_err(|error| broken(error, mistyped))?;
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
    beside: &'static [&'static str],
    sink: S,
    array: Array,
    unknown: Vec<String>,
    /// The fields read so far, each of which may occur once.
    seen: Vec<&'static str>,
    /// The error that stopped reading, if it is not the JSON reader's.
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
            if let Some(known) = self.beside.iter().find(|known| **known == name) {
                map.next_value::<IgnoredAny>()?;
                self.once(known)?;
                continue;
            }
            if name != self.field {
                map.next_value::<IgnoredAny>()?;
                if self.unknown.len() < UNKNOWN_FIELDS_NAMED_MAX {
                    self.unknown.push(shown_name(&name));
                }
                continue;
            }
            self.once(self.field)?;
            self.array = Array::Opened;
            map.next_value_seed(Elements { sink: &mut self.sink, stopped_by: &mut self.stopped_by })?;
            self.array = Array::Read;
        }
        Ok(())
    }
}

impl<S, E: From<Unreadable>> Envelope<S, E> {
    /// Records a field, which may occur once.
    fn once<F: serde::de::Error>(&mut self, field: &'static str) -> Result<(), F> {
        if self.seen.contains(&field) {
            self.stopped_by = Some(Unreadable::Twice { field }.into());
            return Err(F::custom("twice"));
        }
        self.seen.push(field);
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
