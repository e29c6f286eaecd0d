//! `{ "accounts": [ … ] }`, read in one pass: each element is passed on as the text it
//! is, so an element with a wrong type in it is that row's fault, not the payload's.

use std::fmt;

use serde::Deserializer as _;
use serde::de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::error::Category;
use serde_json::value::RawValue;

use super::{Rows, Unreadable};
use crate::import::cells::{UNKNOWN_FIELDS_NAMED_MAX, shown_name};
use crate::import::{RawRow, RowBody, Shape};

pub(super) fn read<S: FnMut(&Shape, RawRow)>(text: &str, rows: &mut Rows<S>) -> Result<Shape, Unreadable> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let mut envelope = Envelope { rows, accounts: Accounts::Absent, unknown: Vec::new(), fault: None };
    let outcome = reader.deserialize_map(&mut envelope).and_then(|()| reader.end());
    let Envelope { accounts, unknown, fault, .. } = envelope;
    match (outcome, fault) {
        (_, Some(fault)) => Err(fault),
        (Err(error), None) => Err(fault_of(&error, &accounts)),
        (Ok(()), None) if !unknown.is_empty() => Err(Unreadable::UnknownFields { names: unknown }),
        (Ok(()), None) => match accounts {
            Accounts::Absent => Err(Unreadable::NoAccounts),
            Accounts::Opened | Accounts::Read => Ok(Shape::Objects),
        },
    }
}

fn fault_of(error: &serde_json::Error, accounts: &Accounts) -> Unreadable {
    match (error.classify(), accounts) {
        (Category::Data, Accounts::Opened) => {
            Unreadable::WrongType { pointer: "/accounts", expected: "an array of accounts" }
        }
        (Category::Data, _) => {
            Unreadable::WrongType { pointer: "", expected: "an object with the field accounts" }
        }
        (Category::Io | Category::Syntax | Category::Eof, _) => broken(error),
    }
}

fn broken(error: &serde_json::Error) -> Unreadable {
    let (line, column) = (error.line(), error.column());
    let text = error.to_string();
    let place = format!(" at line {line} column {column}");
    let reason = text.strip_suffix(&place).unwrap_or(&text).to_owned();
    Unreadable::BrokenJson { line, column, reason }
}

enum Accounts {
    Absent,
    /// The reader is at, or in, the value of `accounts`.
    Opened,
    Read,
}

struct Envelope<'a, S> {
    rows: &'a mut Rows<S>,
    accounts: Accounts,
    unknown: Vec<String>,
    /// A fault that is not the JSON reader's; its own error then only ends the reading.
    fault: Option<Unreadable>,
}

impl<'de, S: FnMut(&Shape, RawRow)> Visitor<'de> for &mut Envelope<'_, S> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<(), M::Error> {
        while let Some(name) = map.next_key::<String>()? {
            match (name.as_str(), &self.accounts) {
                ("accounts", Accounts::Absent) => {
                    self.accounts = Accounts::Opened;
                    map.next_value_seed(Elements { rows: self.rows, fault: &mut self.fault })?;
                    self.accounts = Accounts::Read;
                }
                ("accounts", _) => {
                    self.fault = Some(Unreadable::AccountsTwice);
                    return Err(M::Error::custom("accounts twice"));
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                    if self.unknown.len() < UNKNOWN_FIELDS_NAMED_MAX {
                        self.unknown.push(shown_name(&name));
                    }
                }
            }
        }
        Ok(())
    }
}

struct Elements<'a, S> {
    rows: &'a mut Rows<S>,
    fault: &'a mut Option<Unreadable>,
}

impl<'de, S: FnMut(&Shape, RawRow)> DeserializeSeed<'de> for Elements<'_, S> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, value: D) -> Result<(), D::Error> {
        value.deserialize_seq(self)
    }
}

impl<'de, S: FnMut(&Shape, RawRow)> Visitor<'de> for Elements<'_, S> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of accounts")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        while let Some(element) = elements.next_element::<Box<RawValue>>()? {
            if let Err(fault) = self.rows.push(&Shape::Objects, None, RowBody::Json(element)) {
                *self.fault = Some(fault);
                return Err(A::Error::custom("too many rows"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Format, Mapping, Unreadable, count};

    fn fault(json: &str) -> Unreadable {
        count(Format::Json, &Mapping::default(), json.as_bytes()).expect_err(json)
    }

    #[test]
    fn elements_are_counted_whatever_they_are() {
        let rows = |json: &str| count(Format::Json, &Mapping::default(), json.as_bytes());
        assert_eq!(rows(r#"{"accounts":[{},5,null,[[]]]}"#), Ok(4));
        assert_eq!(rows("\u{feff} {\"accounts\" : [ {} ] } \n"), Ok(1));
    }

    #[test]
    fn broken_json_says_line_and_column() {
        let at = |json| match fault(json) {
            Unreadable::BrokenJson { line, column, .. } => (line, column),
            other => panic!("{json}: {other:?}"),
        };
        assert_eq!(at("{\"accounts\": [\n  {},\n  {]\n]}"), (3, 4));
        assert_eq!(at(""), (1, 0));
        assert_eq!(at(r#"{"accounts":[]} x"#), (1, 17));
        assert_eq!(at(r#"{"accounts":[{}"#), (1, 15));
    }

    #[test]
    fn a_wrong_envelope_says_what_is_wrong_with_it() {
        let wrong = |pointer, expected| Unreadable::WrongType { pointer, expected };
        for json in ["[]", "5", "null", "\"a\""] {
            assert_eq!(fault(json), wrong("", "an object with the field accounts"), "{json}");
        }
        for json in [r#"{"accounts":{}}"#, r#"{"accounts":null}"#, r#"{"accounts":"a"}"#] {
            assert_eq!(fault(json), wrong("/accounts", "an array of accounts"), "{json}");
        }
        assert_eq!(fault("{}"), Unreadable::NoAccounts);
        assert_eq!(fault(r#"{"accounts":[]}"#), Unreadable::NoRows);
        assert_eq!(fault(r#"{"accounts":[{}],"accounts":[{}]}"#), Unreadable::AccountsTwice);
        assert_eq!(
            fault(r#"{"account":[{}],"x":1}"#),
            Unreadable::UnknownFields { names: vec!["account".into(), "x".into()] }
        );
        assert_eq!(fault(&"[".repeat(1000)), wrong("", "an object with the field accounts"));
        assert_eq!(fault(&format!(r#"{{"accounts":[{}0]}}"#, "0,".repeat(200_000))), Unreadable::TooManyRows);
    }
}
