//! Reading the members of a JSON object into fields, without building a map of them.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};

use super::payload_error::json_error;
use super::plain_json::PlainJson;
use super::value::{AnyValue, MemberName, ReadMembers};
use super::{Fields, Finding, FindingCode, GROUP_BITS, PayloadError, PayloadErrorKind, Value};

/// Why a row is refused that is not JSON. Elements of an array were checked with the body, so it is a line of NDJSON.
const NOT_JSON: &str = "the line is not valid JSON";
const NOT_AN_OBJECT: &str = "the row is not a JSON object";
const TOO_DEEP_OR_BROKEN: &str = "it is nested too deeply or has a broken escape";

/// Reads a whole body.
pub(super) fn read<'a>(text: &'a str, fields: &mut Fields<'a>) -> Result<(), PayloadError> {
    let mistyped = PayloadErrorKind::WrongType { field: "", expected: "a JSON object" };
    fields.read_members(text).map_err(|error| json_error(&error, mistyped))
}

impl<'a> Fields<'a> {
    /// Reads a row: an element of an array, or a line. If it can't be divided into fields, that is its only finding.
    pub fn read_row(&mut self, row: &'a str) {
        let mut plain = PlainJson::new(row);
        if self.read_plain_members(&mut plain, "").is_some() && plain.is_at_end() {
            return;
        }
        *self = Self::new(self.known);
        if self.read_members(row).is_ok() {
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

    fn read_members(&mut self, object: &'a str) -> serde_json::Result<()> {
        let mut reader = serde_json::Deserializer::from_str(object);
        reader.deserialize_map(Members { fields: self, prefix: "" })?;
        reader.end()
    }

    /// As [`Members`], for an object of plain JSON. `None` at anything that is not plain, or that is a mistake.
    fn read_plain_members(&mut self, json: &mut PlainJson<'a>, prefix: &'static str) -> Option<()> {
        json.object(|json, name| match self.known.position_in(prefix, name) {
            Some(at) => {
                self.put_at(at, json.scalar()?);
                Some(())
            }
            None => self.read_plain_group(json, prefix, name),
        })
    }

    /// Reads a nested object of plain JSON, or passes the value of an unknown member.
    fn read_plain_group(&mut self, json: &mut PlainJson<'a>, prefix: &str, name: &'a str) -> Option<()> {
        let path = path_of(prefix, name.into());
        let Some((first, prefix)) = self.group(&path) else {
            json.skip()?;
            self.put(&path, Value::Null);
            return Some(());
        };
        self.add_group(first, prefix.strip_suffix('.')?);
        self.read_plain_members(json, prefix)
    }

    /// If `path` is a nested object, the first of its members, and the prefix of their names.
    fn group(&self, path: &str) -> Option<(usize, &'static str)> {
        let prefix = |known: &&'static str| {
            let rest = known.strip_prefix(path)?;
            rest.starts_with('.').then(|| known.get(..=path.len())).flatten()
        };
        self.known.all().iter().enumerate().find_map(|(at, known)| Some((at, prefix(known)?)))
    }

    /// Notes that a nested object is there, which it may be once. `first` is its first member.
    fn add_group(&mut self, first: usize, name: &'static str) {
        let (word, bit) = (first / GROUP_BITS, 1 << (first % GROUP_BITS));
        match self.groups[word] & bit {
            0 => self.groups[word] |= bit,
            _ => self.find_twice(name),
        }
    }
}

/// The path of a member of the nested object whose members' names begin with `prefix`.
fn path_of<'a>(prefix: &str, name: Cow<'a, str>) -> Cow<'a, str> {
    if prefix.is_empty() { name } else { format!("{prefix}{name}").into() }
}

/// The members of an object. The names of their fields begin with `prefix`.
struct Members<'f, 'a> {
    fields: &'f mut Fields<'a>,
    prefix: &'static str,
}

impl<'de> Members<'_, 'de> {
    /// Reads the value of a member.
    fn read_member<M: MapAccess<'de>>(&mut self, name: Cow<'de, str>, map: &mut M) -> Result<(), M::Error> {
        if let Some(at) = self.fields.known.position_in(self.prefix, &name) {
            self.fields.put_at(at, map.next_value()?);
            return Ok(());
        }
        let path = path_of(self.prefix, name);
        let Some((first, prefix)) = self.fields.group(&path) else {
            map.next_value::<IgnoredAny>()?;
            self.fields.put(&path, Value::Null);
            return Ok(());
        };
        let name = &prefix[..prefix.len() - 1];
        self.fields.add_group(first, name);
        let value = map.next_value_seed(AnyValue(Members { fields: self.fields, prefix }))?;
        if !value.is_null() {
            let found = Finding::in_field(name, FindingCode::InvalidType, "expected an object");
            self.fields.report(found);
        }
        Ok(())
    }
}

impl<'de> ReadMembers<'de> for Members<'_, 'de> {
    /// Returns null, since the values become fields.
    fn read<M: MapAccess<'de>>(
        mut self,
        first: Option<MemberName<'de>>,
        mut rest: M,
    ) -> Result<Value<'de>, M::Error> {
        let mut next = first;
        while let Some(MemberName(name)) = next {
            self.read_member(name, &mut rest)?;
            next = rest.next_key()?;
        }
        Ok(Value::Null)
    }
}

impl<'de> Visitor<'de> for Members<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<(), M::Error> {
        let first = map.next_key()?;
        self.read(first, map).map(drop)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::account::AccountField;
    use crate::fields::Names;

    /// Members of rows: known, unknown, repeated and misplaced ones.
    fn members() -> impl Strategy<Value = String> {
        let names = ["notes", "total_amount", "contact", "name", "contact.name", "phone", "x", "é"];
        let values = ["\"a\"", "\"\\u00e9\"", "1.50", "-1e3", "null", "true", "[1]", "{}", "{\"b\":{}}"];
        let member = (prop::sample::select(names.to_vec()), prop::sample::select(values.to_vec()));
        let member = member.prop_map(|(name, value)| format!("\"{name}\": {value}"));
        prop::collection::vec(member, 0..4).prop_map(|members| members.join(","))
    }

    proptest! {
        #[test]
        fn plain_rows_are_read_as_all_rows(before in members(), contact in members(), end in "[},{ ]{0,3}") {
            let before = if before.is_empty() { before } else { format!("{before},") };
            let row = format!("{{{before}\"contact\":{{{contact}}}{end}");
            let (mut plain, mut any) = (Fields::new(NAMES), Fields::new(NAMES));
            let mut json = PlainJson::new(&row);
            if plain.read_plain_members(&mut json, "").is_some() && json.is_at_end() {
                prop_assert!(any.read_members(&row).is_ok());
                prop_assert_eq!(format!("{plain:?}"), format!("{any:?}"));
            }
        }
    }

    const NAMES: &Names = &Names::new(AccountField::NAMES);
}
