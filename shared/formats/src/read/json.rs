//! Reads `{ "accounts": [ … ] }` in one pass.

use std::cell::Cell;
use std::io::{BufReader, Read};

use saldo_domain::fields::read_array_beside;
use saldo_domain::import::{RowBody, Shape};
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny};
use serde_json::Value;

use super::bounded::{BUFFER_BYTES, Metered};
use super::decoded::Decoded;
use super::{Fault, Notation, Rows, Sink};

/// Members that a request body may have beside the rows. They are about the import; the API reads them.
static IMPORT_MEMBERS: [&str; 2] = ["dry_run", "upload_id"];

/// The members of a JSON body that are about the import, not rows.
#[derive(Debug, Default, Deserialize)]
pub struct ImportMembers {
    /// Whether there is an `upload_id`: the rows are in an uploaded file.
    #[serde(default, deserialize_with = "is_there")]
    pub upload_id: bool,
    /// Whether the import is a dry run, as it was sent.
    #[serde(default)]
    pub dry_run: Option<Value>,
}

impl ImportMembers {
    /// Reads the members of a body. A malformed body has none; the reader of the whole body reports the error.
    #[must_use]
    pub fn of(body: &[u8]) -> Self {
        serde_json::from_reader(BufReader::new(Decoded::new(body, false))).unwrap_or_default()
    }
}

fn is_there<'de, D: Deserializer<'de>>(value: D) -> Result<bool, D::Error> {
    Option::<IgnoredAny>::deserialize(value).map(|value| value.is_some())
}

pub(super) fn read(text: impl Read, notation: &Notation, rows: &mut Rows<impl Sink>) -> Result<Shape, Fault> {
    let beside: &'static [&'static str] = if notation.in_request { &IMPORT_MEMBERS } else { &[] };
    let since_row = Cell::new(0);
    let text = BufReader::with_capacity(BUFFER_BYTES, Metered { source: text, since_row: &since_row });
    read_array_beside(text, "accounts", beside, |row| {
        since_row.set(0);
        rows.push(&Shape::Objects, None, RowBody::Json(row))
    })?;
    Ok(Shape::Objects)
}

#[cfg(test)]
mod tests {
    use saldo_domain::fields::Unreadable as Body;

    use super::super::{Fault, Format, Notation, ROW_BYTES_MAX, Unreadable, count};

    fn fault(json: &str) -> Unreadable {
        match count(&Notation::of(Format::Json), json.as_bytes()) {
            Err(Fault::Unreadable(fault)) => fault,
            other => panic!("{json}: {other:?}"),
        }
    }

    #[test]
    fn elements_of_any_type_are_rows() {
        let rows = |json: &str| count(&Notation::of(Format::Json), json.as_bytes()).ok();
        assert_eq!(rows(r#"{"accounts":[{},5,null,[[]]]}"#), Some(4));
        let beside = r#"{"dry_run":true,"accounts":[{}]}"#;
        let in_request = Notation { in_request: true, ..Notation::of(Format::Json) };
        assert!(matches!(count(&in_request, beside.as_bytes()), Ok(1)));
        assert_eq!(rows(beside), None, "a file has no members about the import");
        assert_eq!(rows("\u{feff} {\"accounts\" : [ {} ] } \n"), Some(1));
    }

    #[test]
    fn malformed_json_is_reported_with_line_and_column() {
        let at = |json| match fault(json) {
            Unreadable::Body(Body::BrokenJson { line, column, .. }) => (line, column),
            other => panic!("{json}: {other:?}"),
        };
        assert_eq!(at("{\"accounts\": [\n  {},\n  {]\n]}"), (3, 4));
        assert_eq!(at(""), (1, 0));
        assert_eq!(at(r#"{"accounts":[]} x"#), (1, 17));
        assert_eq!(at(r#"{"accounts":[{}"#), (1, 15));
    }

    #[test]
    fn wrong_envelopes_are_reported() {
        let wrong = |field, expected| Unreadable::Body(Body::WrongType { field, expected });
        for json in ["[]", "5", "null", "\"a\""] {
            assert_eq!(fault(json), wrong("", "a JSON object"), "{json}");
        }
        for json in [r#"{"accounts":{}}"#, r#"{"accounts":null}"#, r#"{"accounts":"a"}"#] {
            assert_eq!(fault(json), wrong("accounts", "an array"), "{json}");
        }
        assert_eq!(fault("{}"), Unreadable::Body(Body::Missing { field: "accounts" }));
        assert_eq!(fault(r#"{"accounts":[]}"#), Unreadable::NoRows);
        assert_eq!(
            fault(r#"{"accounts":[{}],"accounts":[{}]}"#),
            Unreadable::Body(Body::Twice { field: "accounts" })
        );
        assert_eq!(
            fault(r#"{"account":[{}],"x":1}"#),
            Unreadable::Body(Body::UnknownFields { names: vec!["account".into(), "x".into()] })
        );
        assert_eq!(fault(&"[".repeat(1000)), wrong("", "a JSON object"));
    }

    #[test]
    fn rows_and_whitespace_between_rows_are_bounded() {
        let long = "x".repeat(ROW_BYTES_MAX + 200_000);
        for json in [
            format!(r#"{{"accounts":["{long}"]}}"#),
            format!(r#"{{"accounts":[{}1]}}"#, long.replace('x', " ")),
        ] {
            assert_eq!(fault(&json), Unreadable::RowTooLong { line: None });
        }
    }
}
