//! `{ "accounts": [ … ] }`, in one pass.

use super::{Rows, Unreadable};
use crate::fields::read_array;
use crate::import::{RawRow, RowBody, Shape};

pub(super) fn read<S: FnMut(&Shape, RawRow)>(text: &str, rows: &mut Rows<S>) -> Result<Shape, Unreadable> {
    read_array(text, "accounts", |row| rows.push(&Shape::Objects, None, RowBody::Json(row)))?;
    Ok(Shape::Objects)
}

#[cfg(test)]
mod tests {
    use super::super::{Format, Mapping, Unreadable, count};
    use crate::fields::Unreadable as Body;

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
            Unreadable::Body(Body::BrokenJson { line, column, .. }) => (line, column),
            other => panic!("{json}: {other:?}"),
        };
        assert_eq!(at("{\"accounts\": [\n  {},\n  {]\n]}"), (3, 4));
        assert_eq!(at(""), (1, 0));
        assert_eq!(at(r#"{"accounts":[]} x"#), (1, 17));
        assert_eq!(at(r#"{"accounts":[{}"#), (1, 15));
    }

    #[test]
    fn a_wrong_envelope_says_what_is_wrong_with_it() {
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
        assert_eq!(fault(&format!(r#"{{"accounts":[{}0]}}"#, "0,".repeat(200_000))), Unreadable::TooManyRows);
    }
}
