//! Reading the members of a JSON object into fields, without building a map of them.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::payload_error::json_error;
use super::{Fields, Finding, FindingCode, PayloadError, PayloadErrorKind, Value};

/// The errors that are left in an element whose syntax was checked: it is nested too deeply for the reader, or has half
/// of an escaped surrogate pair.
const TOO_DEEP_OR_BROKEN: &str = "it is nested too deeply or has a broken escape";

/// Reads a whole body.
pub(super) fn read<'a>(text: &'a str, fields: &mut Fields<'a>) -> Result<(), PayloadError> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let read = Members { fields, prefix: "" }.deserialize(&mut reader).and_then(|()| reader.end());
    let mistyped = PayloadErrorKind::WrongType { field: "", expected: "a JSON object" };
    read.map_err(|error| json_error(&error, mistyped))
}

impl<'a> Fields<'a> {
    /// Reads an element of an array. Its syntax was checked with the body's, so every further error is a finding.
    pub fn read_element(&mut self, element: &'a str) {
        if !element.starts_with('{') {
            return self.report(Finding::in_row(FindingCode::InvalidRow, "the row is not a JSON object"));
        }
        let mut reader = serde_json::Deserializer::from_str(element);
        if (Members { fields: self, prefix: "" }).deserialize(&mut reader).is_err() {
            self.report(Finding::in_row(FindingCode::InvalidJson, TOO_DEEP_OR_BROKEN));
        }
    }

    /// The prefix of the names of the members of `path`, if that is a nested object.
    fn group(&self, path: &str) -> Option<&'static str> {
        let member = |known: &&&str| known.strip_prefix(path).is_some_and(|rest| rest.starts_with('.'));
        self.known.all().iter().find(member).map(|known| &known[..=path.len()])
    }

    fn read_group(&mut self, prefix: &'static str, members: &'a RawValue) {
        let name = &prefix[..prefix.len() - 1];
        match self.groups.contains(&name) {
            true => self.find_twice(name),
            false => self.groups.push(name),
        }
        match members.get() {
            "null" => {}
            object if object.starts_with('{') => {
                let mut reader = serde_json::Deserializer::from_str(object);
                if (Members { fields: self, prefix }).deserialize(&mut reader).is_err() {
                    self.report(Finding::in_field(name, FindingCode::InvalidJson, TOO_DEEP_OR_BROKEN));
                }
            }
            _ => self.report(Finding::in_field(name, FindingCode::InvalidType, "expected an object")),
        }
    }
}

/// The members of an object whose path begins with `prefix`.
struct Members<'f, 'a> {
    fields: &'f mut Fields<'a>,
    prefix: &'static str,
}

impl<'de> DeserializeSeed<'de> for Members<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, object: D) -> Result<(), D::Error> {
        object.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Members<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<(), M::Error> {
        while let Some(MemberName(name)) = map.next_key()? {
            // "contact.name" is a path, not a name: a member of that name is unknown.
            let known = self.fields.known.position_in(self.prefix, &name).filter(|_| !name.contains('.'));
            if let Some(at) = known {
                self.fields.put_at(at, map.next_value::<Value<'de>>()?);
                continue;
            }
            let path: Cow<'_, str> = match self.prefix {
                "" => name,
                prefix => format!("{prefix}{name}").into(),
            };
            if let Some(group) = self.fields.group(&path) {
                self.fields.read_group(group, map.next_value()?);
            } else {
                map.next_value::<IgnoredAny>()?;
                self.fields.put(&path, Value::Null);
            }
        }
        Ok(())
    }
}

#[derive(Deserialize)]
struct MemberName<'a>(#[serde(borrow)] Cow<'a, str>);
