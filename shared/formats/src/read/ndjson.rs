//! Reads one row from each line. The check of the row finds out whether the line is JSON; if it is not, only this row is
//! refused.

use std::cell::Cell;
use std::io::{BufRead, BufReader, Read};

use saldo_domain::import::{RowBody, Shape};

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
        rows.push(&Shape::Objects, Some(number), RowBody::Json(line.into()))?;
    }
    Ok(Shape::Objects)
}

#[cfg(test)]
mod tests {
    use saldo_domain::import::RowBody;

    use super::super::{Format, Notation, ROW_BYTES_MAX, ReadError, read};

    fn rows(payload: &[u8]) -> Result<Vec<(u64, Option<u64>, String)>, ReadError> {
        let mut rows = Vec::new();
        read(&Notation::of(Format::Ndjson), payload, |_, row| {
            let RowBody::Json(json) = row.body else { panic!("{row:?}") };
            rows.push((row.index, row.line, json.into()));
            Ok(())
        })
        .map(|_| rows)
    }

    #[test]
    fn blank_lines_are_skipped_and_all_others_are_rows() {
        let read = rows(b"{}\r\n\n  \n{broken\n {} {}\t\nnull").expect("readable");
        let row = |index, line, json: &str| (index, Some(line), json.to_owned());
        assert_eq!(read, [row(0, 1, "{}"), row(1, 4, "{broken"), row(2, 5, "{} {}"), row(3, 6, "null")]);
    }

    #[test]
    fn lines_are_bounded() {
        let long = format!("{{}}\n{}", "x".repeat(ROW_BYTES_MAX + 200_000));
        let error = rows(long.as_bytes()).expect_err("too long").to_string();
        assert!(error.starts_with("line 2: a row has more than"), "{error}");
    }
}
