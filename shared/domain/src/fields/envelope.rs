//! `{ "accounts": [ … ] }`: an object with an array of many elements, read in one pass and never held in memory as a
//! whole. Each element is passed on as text, so an element with a wrong type does not make the whole body invalid.

use std::{fmt, io};

use serde::Deserializer as _;
use serde::de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::payload_error::json_error;
use super::{PayloadError, PayloadErrorKind, UNKNOWN_FIELDS_NAMED_MAX, UnknownName, shown_name};
use crate::suggest;

/// Passes each element of the array `field` of the JSON object `text` to `sink`, until `sink` returns an error. Other
/// fields are errors.
///
/// # Errors
/// [`PayloadError`] when the text is no such object, or what `sink` returned.
pub fn read_array<E: From<PayloadError>>(
    text: &str,
    field: &'static str,
    sink: impl FnMut(Box<RawValue>) -> Result<(), E>,
) -> Result<(), E> {
    let mut reader = serde_json::Deserializer::from_str(text);
    read(&mut reader, field, &[], sink, |error, mistyped| json_error(&error, mistyped).into())
}

/// The same for any source. The fields in `beside` are ignored.
///
/// # Errors
/// As [`read_array`], and what the source returned.
pub fn read_array_beside<E: From<PayloadError> + From<io::Error>>(
    source: impl io::Read,
    field: &'static str,
    beside: &'static [&'static str],
    sink: impl FnMut(Box<RawValue>) -> Result<(), E>,
) -> Result<(), E> {
    let mut reader = serde_json::Deserializer::from_reader(source);
    read(&mut reader, field, beside, sink, |error, mistyped| match error.is_io() {
        true => io::Error::from(error).into(),
        false => json_error(&error, mistyped).into(),
    })
}

fn read<'de, E: From<PayloadError>>(
    reader: &mut serde_json::Deserializer<impl serde_json::de::Read<'de>>,
    field: &'static str,
    beside: &'static [&'static str],
    sink: impl FnMut(Box<RawValue>) -> Result<(), E>,
    broken: impl FnOnce(serde_json::Error, PayloadErrorKind) -> E,
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
        Array::Opened => PayloadErrorKind::WrongType { field, expected: "an array" },
        Array::Absent | Array::Read => PayloadErrorKind::WrongType { field: "", expected: "a JSON object" },
    };
    outcome.map_err(|error| broken(error, mistyped))?;
    let of = |kind: PayloadErrorKind| E::from(kind.into());
    match array {
        _ if !unknown.is_empty() => Err(of(PayloadErrorKind::UnknownFields { names: unknown })),
        Array::Absent => Err(of(PayloadErrorKind::MissingField { field })),
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
    unknown: Vec<UnknownName>,
    /// Which of those beside the array were there.
    seen: Vec<&'static str>,
    /// The error that stopped reading, if it is not the JSON reader's.
    stopped_by: Option<E>,
}

impl<'de, S, E> Visitor<'de> for &mut Envelope<S, E>
where
    S: FnMut(Box<RawValue>) -> Result<(), E>,
    E: From<PayloadError>,
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
                    let known = self.beside.iter().copied().chain([self.field]);
                    let similar = suggest::nearest(&name, known);
                    self.unknown.push(UnknownName { name: shown_name(&name), similar });
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

impl<S, E: From<PayloadError>> Envelope<S, E> {
    /// Notes that a field is there, which it may be once.
    fn once<F: serde::de::Error>(&mut self, field: &'static str) -> Result<(), F> {
        if self.seen.contains(&field) {
            self.stopped_by = Some(PayloadError::from(PayloadErrorKind::DuplicateField { field }).into());
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
