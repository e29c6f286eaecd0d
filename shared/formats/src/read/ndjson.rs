//! Reads one row from each line. The check of the row finds out whether the line is JSON; if it is not, only this row is
//! refused.

use std::io::{self, BufRead};

use memchr::memchr;
use saldo_domain::import::{RowBody, Shape};
use simdutf8::basic::from_utf8;

use super::bounded::{Buffer, too_long};
use super::{ROW_BYTES_MAX, ReadError, Rows, Sink};

pub(super) fn read(text: impl BufRead, rows: &mut Rows<impl Sink>) -> Result<Shape, ReadError> {
    let (mut text, mut blanks) = (Buffer::new(text), 0);
    for number in 1.. {
        let on_line = |error: io::Error| ReadError::from(error).on_line(number);
        let length = text.length_before(|text| memchr(b'\n', text)).map_err(on_line)?;
        let line = text.unread().get(..length).unwrap_or_default();
        // The text is UTF-8, and so are its lines.
        let line = trimmed(from_utf8(line).map_err(io::Error::other)?);
        blanks = if line.is_empty() { blanks + length + 1 } else { 0 };
        if !line.is_empty() {
            rows.push(&Shape::Objects, Some(number), RowBody::Json(line.into()))?;
        } else if blanks > ROW_BYTES_MAX {
            return Err(on_line(too_long()));
        }
        if length == text.unread().len() {
            break;
        }
        text.advance(length + 1);
    }
    Ok(Shape::Objects)
}

/// The line without whitespace around it. An object has none, which its first and last bytes show.
fn trimmed(line: &str) -> &str {
    match line.as_bytes() {
        [b'{', .., b'}'] => line,
        _ => line.trim(),
    }
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
        for (filling, line) in [("x", 2), (" \n", ROW_BYTES_MAX / 2 + 2)] {
            let long = format!("{{}}\n{}", filling.repeat(ROW_BYTES_MAX + 200_000));
            let error = rows(long.as_bytes()).expect_err("too long").to_string();
            assert!(error.starts_with(&format!("line {line}: a row has more than")), "{error}");
        }
    }
}
