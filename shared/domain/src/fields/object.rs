//! Reading the members of a JSON object into fields, without building a map of them.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use serde_json::Value as Json;
use serde_json::value::RawValue;

use super::payload_error::json_error;
use super::{Fields, Finding, FindingCode, PayloadError, PayloadErrorKind, Value};

/// Why a row is refused that is not JSON. Elements of an array were checked with the body, so it is a line of NDJSON.
const NOT_JSON: &str = "the line is not valid JSON";
const NOT_AN_OBJECT: &str = "the row is not a JSON object";
const TOO_DEEP_OR_BROKEN: &str = "it is nested too deeply or has a broken escape";

/// Reads a whole body.
pub(super) fn read<'a>(text: &'a str, fields: &mut Fields<'a>) -> Result<(), PayloadError> {
    fields.read_members("", text).map_err(|error| {
        // The reader of values as a whole knows the position of every mistake. If it finds none, the text is no object.
        let error = serde_json::from_str::<Json>(text).err().unwrap_or(error);
        json_error(&error, PayloadErrorKind::WrongType { field: "", expected: "a JSON object" })
    })
}

impl<'a> Fields<'a> {
    /// Reads a row: an element of an array, or a line. If it can't be divided into fields, that is its only finding.
    pub fn read_row(&mut self, row: &'a str) {
        if self.read_members("", row).is_ok() {
            return;
        }
        let (code, reason) = match serde_json::from_str::<IgnoredAny>(row) {
            Err(_) => (FindingCode::InvalidJson, NOT_JSON),
            Ok(_) if !row.starts_with('{') => (FindingCode::InvalidRow, NOT_AN_OBJECT),
            Ok(_) => (FindingCode::InvalidJson, TOO_DEEP_OR_BROKEN),
        };
        *self = Self::new(self.known);
        self.report(Finding::in_row(code, reason));
    }

    /// Reads the members of an object. The names of their fields begin with `prefix`.
    fn read_members(&mut self, prefix: &'static str, object: &'a str) -> serde_json::Result<()> {
        let mut reader = serde_json::Deserializer::from_str(object);
        reader.deserialize_map(Members { fields: self, prefix })?;
        reader.end()
    }

    /// The prefix of the names of the members of `path`, if that is a nested object.
    fn group(&self, path: &str) -> Option<&'static str> {
        let member = |known: &&&str| known.strip_prefix(path).is_some_and(|rest| rest.starts_with('.'));
        self.known.all().iter().find(member).map(|known| &known[..=path.len()])
    }

    fn read_group(&mut self, prefix: &'static str, object: &'a str) -> serde_json::Result<()> {
        let name = &prefix[..prefix.len() - 1];
        match self.groups.contains(&name) {
            true => self.find_twice(name),
            false => self.groups.push(name),
        }
        match object {
            "null" => {}
            _ if object.starts_with('{') => self.read_members(prefix, object)?,
            _ => self.report(Finding::in_field(name, FindingCode::InvalidType, "expected an object")),
        }
        Ok(())
    }
}

/// The members of an object whose path begins with `prefix`.
struct Members<'f, 'a> {
    fields: &'f mut Fields<'a>,
    prefix: &'static str,
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
                self.fields.put_at(at, Value::of_json(map.next_value()?).map_err(M::Error::custom)?);
                continue;
            }
            let path: Cow<'_, str> = match self.prefix {
                "" => name,
                prefix => format!("{prefix}{name}").into(),
            };
            if let Some(group) = self.fields.group(&path) {
                let object = map.next_value::<&RawValue>()?.get();
                self.fields.read_group(group, object).map_err(M::Error::custom)?;
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
