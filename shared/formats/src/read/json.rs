//! Reads `{ "accounts": [ … ] }` in one pass.

use std::cell::Cell;
use std::io::{BufRead, BufReader, Read};

use saldo_domain::fields::{PayloadError, read_array_beside};
use saldo_domain::import::{RowBody, Shape};
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny};
use serde_json::Value;

use super::bounded::{BUFFER_BYTES, Metered};
use super::decoded::{Decoded, Wanted};
use super::elements::Elements;
use super::{Notation, ReadError, Rows, Sink};

/// The member that holds the rows.
const ARRAY: &str = "accounts";
/// The members that may be beside the rows. They concern the import, and [`ImportMembers`] reads them.
static BESIDE: [&str; 2] = ["dry_run", "upload_id"];

/// The members of a JSON body beside the rows.
#[derive(Debug, Default, Deserialize)]
pub struct ImportMembers {
    /// Whether the body names an uploaded file, which has the rows.
    #[serde(default, deserialize_with = "is_there")]
    pub upload_id: bool,
    /// Whether the import writes nothing.
    #[serde(default)]
    pub dry_run: Option<Value>,
}

impl ImportMembers {
    /// Reads the members besides the rows. A body that can't be parsed has none; the reader of the rows reports its
    /// error.
    #[must_use]
    pub fn of(body: &[u8]) -> Self {
        let mut text = Vec::new();
        let decoded = Decoded::new(body, Wanted::Unicode).read_to_end(&mut text);
        decoded.ok().and_then(|_| serde_json::from_slice(&text).ok()).unwrap_or_default()
    }
}

fn is_there<'de, D: Deserializer<'de>>(value: D) -> Result<bool, D::Error> {
    Option::<IgnoredAny>::deserialize(value).map(|value| value.is_some())
}

pub(super) fn read(
    text: impl BufRead,
    notation: &Notation,
    rows: &mut Rows<impl Sink>,
) -> Result<Shape, ReadError> {
    let beside: &'static [&'static str] = if notation.in_request { &BESIDE } else { &[] };
    let mut elements = Elements::new(text)?;
    while let Some(row) = elements.next()? {
        rows.push(&Shape::Objects, None, RowBody::Json(row))?;
    }
    let (rest, beginning) = elements.rest();
    let (since_row, mut is_read) = (Cell::new(0), beginning.has_element);
    let rest = BufReader::with_capacity(BUFFER_BYTES, Metered { source: rest, since_row: &since_row });
    let read = read_array_beside(rest, ARRAY, beside, |row| {
        since_row.set(0);
        match std::mem::take(&mut is_read) {
            true => Ok(()),
            false => rows.push(&Shape::Objects, None, RowBody::Json(row.into())),
        }
    });
    match read {
        Ok(()) => Ok(Shape::Objects),
        Err(ReadError::Payload(PayloadError { kind, position })) => {
            Err(kind.at(beginning.position(position)).into())
        }
        Err(other) => Err(other),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use saldo_domain::fields::{PayloadErrorKind, UnknownName};

    use super::super::{Format, ROW_BYTES_MAX, count, read};
    use super::*;

    fn error(json: &str) -> PayloadError {
        match count(&Notation::of(Format::Json), json.as_bytes()) {
            Err(ReadError::Payload(error)) => error,
            other => panic!("{json}: {other:?}"),
        }
    }

    #[test]
    fn elements_of_every_type_are_counted() {
        let rows = |json: &str| count(&Notation::of(Format::Json), json.as_bytes()).ok();
        assert_eq!(rows(r#"{"accounts":[{},5,null,[[]]]}"#), Some(4));
        let beside = r#"{"dry_run":true,"accounts":[{}]}"#;
        let in_request = Notation { in_request: true, ..Notation::of(Format::Json) };
        assert!(matches!(count(&in_request, beside.as_bytes()), Ok(1)));
        assert_eq!(rows(beside), None, "an uploaded file has rows only");
        assert_eq!(rows("\u{feff} {\"accounts\" : [ {} ] } \n"), Some(1));
    }

    #[test]
    fn invalid_json_has_line_and_column() {
        for (json, expected) in [
            ("{\"accounts\": [\n  {},\n  {]\n]}", (3, 4)),
            ("", (1, 0)),
            (r#"{"accounts":[]} x"#, (1, 17)),
            (r#"{"accounts":[{}"#, (1, 15)),
        ] {
            let PayloadError { kind, position } = error(json);
            assert!(matches!(kind, PayloadErrorKind::InvalidJson { .. }), "{json}: {kind:?}");
            assert_eq!((position.line, position.column), (Some(expected.0), Some(expected.1)), "{json}");
        }
    }

    #[test]
    fn invalid_envelope_is_explained() {
        let wrong = |field, expected| PayloadError::from(PayloadErrorKind::WrongType { field, expected });
        for json in ["[]", "5", "null", "\"a\""] {
            assert_eq!(error(json), wrong("", "a JSON object"), "{json}");
        }
        for json in [r#"{"accounts":{}}"#, r#"{"accounts":null}"#, r#"{"accounts":"a"}"#] {
            assert_eq!(error(json), wrong("accounts", "an array"), "{json}");
        }
        assert_eq!(error("{}"), PayloadErrorKind::MissingField { field: "accounts" }.into());
        assert_eq!(error(r#"{"accounts":[]}"#), PayloadErrorKind::NoRows.into());
        assert_eq!(
            error(r#"{"accounts":[{}],"accounts":[{}]}"#),
            PayloadErrorKind::DuplicateField { field: "accounts" }.into()
        );
        let unknown = |name: &str, similar| UnknownName { name: name.to_owned(), similar };
        assert_eq!(
            error(r#"{"account":[{}],"x":1}"#),
            PayloadErrorKind::UnknownFields {
                names: vec![unknown("account", Some("accounts")), unknown("x", None)]
            }
            .into()
        );
        assert_eq!(error(&"[".repeat(1000)), wrong("", "a JSON object"));
    }

    /// The rows of a text, and the error that ends it.
    type Outcome = (Vec<Box<str>>, Option<PayloadError>);

    fn outcome(rows: Vec<Box<str>>, read: Result<(), ReadError>) -> Outcome {
        match read {
            Ok(()) => (rows, None),
            Err(ReadError::Payload(error)) => (rows, Some(error)),
            Err(other) => panic!("{other:?}"),
        }
    }

    /// The outcome with the parser of the whole text alone.
    fn read_as_a_whole(json: &str) -> Outcome {
        let mut rows = Vec::new();
        let read = read_array_beside::<ReadError>(json.as_bytes(), ARRAY, &[], |row| {
            rows.push(row.into());
            Ok(())
        });
        outcome(rows, read)
    }

    fn read_ahead(json: &str) -> Outcome {
        let mut rows = Vec::new();
        let read = read(&Notation::of(Format::Json), json.as_bytes(), |_, row| {
            rows.extend(if let RowBody::Json(row) = row.body { Some(row) } else { None });
            Ok(())
        });
        outcome(rows, read.map(drop))
    }

    fn assert_same(json: &str) {
        let (rows, error) = read_as_a_whole(json);
        let ahead = read_ahead(json);
        // What looks like NDJSON is not read as JSON at all.
        if matches!(&ahead, (_, Some(PayloadError { kind: PayloadErrorKind::OtherFormat { .. }, .. }))) {
            return;
        }
        let no_rows = (rows.is_empty() && error.is_none()).then(|| PayloadErrorKind::NoRows.into());
        assert_eq!(ahead, (rows, error.or(no_rows)), "{json:.400}");
    }

    #[test]
    fn rows_of_many_blocks_are_read_as_those_of_a_whole() {
        let rows: Vec<String> =
            (0..4_000).map(|n| format!("{{\"notes\":\"{}\"}}", "é\\n ".repeat(n % 90))).collect();
        let long = format!("\"{}\"", "x".repeat(700_000));
        for separator in [",", " ,\n  "] {
            let rows = [rows.join(separator).as_str(), &long, "1", "null", "[[]]"].join(separator);
            for end in [
                "]}",
                "] }\n",
                "]",
                "",
                ",]}",
                "]]",
                "],\"x\":1}",
                "],\"accounts\":[]}",
                " 5]}",
                "\n5]}",
                ",{]}",
            ] {
                assert_same(&format!("{{\"accounts\":\n[{rows}{end}"));
            }
        }
    }

    proptest! {
        #[test]
        fn texts_are_read_as_by_the_parser_of_the_whole(
            opening in prop::sample::select(vec!["{\"accounts\":[", "\n{ \"accounts\" :\n [ ", "{\"accounts\":", "{\"x\":[", ""]),
            pieces in prop::collection::vec(prop::sample::select(vec![
                "{}", "{}", "{\"a\":[1,{}]}", "1", "-2.50", "1e", "tru", "true", "null", "\"s\"", "\"\\ud800\"", "\"\u{1}\"",
                ",", ",", ",", " ", "\n", "[", "]", "{", "}", "]}", ":", "\"", "\"accounts\":[", "x", "é",
            ]), 0..12),
        ) {
            assert_same(&format!("{opening}{}", pieces.concat()));
        }
    }

    #[test]
    fn rows_and_blanks_between_rows_are_bounded() {
        let long = "x".repeat(ROW_BYTES_MAX + 200_000);
        for json in [
            format!(r#"{{"accounts":["{long}"]}}"#),
            format!(r#"{{"accounts":[{}1]}}"#, long.replace('x', " ")),
        ] {
            let too_long = PayloadErrorKind::RowTooLong { bytes_max: ROW_BYTES_MAX };
            assert_eq!(error(&json), too_long.into());
        }
    }
}
