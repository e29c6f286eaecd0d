//! Reads one JSON value from each line. If a line is not JSON, only its row is refused.

use std::cell::Cell;
use std::io::{BufRead, BufReader, Read};

use saldo_domain::import::{RowBody, Shape};
use serde_json::value::RawValue;

use super::bounded::{BUFFER_BYTES, Metered};
use super::{ReadError, Rows, Sink};

pub(super) fn read(text: impl Read, rows: &mut Rows<impl Sink>) -> Result<Shape, ReadError> {
    let since_row = Cell::new(0);
    let mut text = BufReader::with_capacity(BUFFER_BYTES, Metered { source: text, since_row: &since_row });
    let mut line = String::new();
    for number in 1.. {
        line.clear();
        let read = text.read_line(&mut line).map_err(|error| ReadError::from(error).on_line(number))?;
        if read == 0 {
            break;
        }
        let line = line.trim();
        if line.is_empty() {
            continue;
        }
        since_row.set(0);
        let body = match serde_json::from_str::<&RawValue>(line) {
            Ok(row) => RowBody::Json(row.get().into()),
            Err(_) => RowBody::Broken(line.to_owned()),
        };
        rows.push(&Shape::Objects, Some(number), body)?;
    }
    Ok(Shape::Objects)
}

#[cfg(test)]
mod tests {
    use saldo_domain::import::RowBody;

    use super::super::{Format, Notation, ROW_BYTES_MAX, ReadError, read};

    fn rows(payload: &[u8]) -> Result<Vec<(u64, Option<u64>, bool)>, ReadError> {
        let mut rows = Vec::new();
        read(&Notation::of(Format::Ndjson), payload, |_, row| {
            rows.push((row.index, row.line, matches!(row.body, RowBody::Json(_))));
            Ok(())
        })
        .map(|_| rows)
    }

    #[test]
    fn blank_lines_are_skipped_and_invalid_lines_counted() {
        let read = rows(b"{}\r\n\n  \n{broken\n{} {}\nnull").expect("readable");
        assert_eq!(read, [(0, Some(1), true), (1, Some(4), false), (2, Some(5), false), (3, Some(6), true)]);
    }

    #[test]
    fn lines_are_bounded() {
        let long = format!("{{}}\n{}", "x".repeat(ROW_BYTES_MAX + 200_000));
        let error = rows(long.as_bytes()).expect_err("too long").to_string();
        assert!(error.starts_with("line 2: a row has more than"), "{error}");
    }
}
