//! One JSON value a line. A line that is no JSON is that row's fault; the rest is read.

use super::{Rows, Unreadable};
use crate::import::{RawRow, RowBody, Shape};

pub(super) fn read<S: FnMut(&Shape, RawRow)>(text: &str, rows: &mut Rows<S>) -> Result<Shape, Unreadable> {
    for (line, number) in text.lines().zip(1..) {
        let line = line.trim();
        if line.is_empty() {
            continue;
        }
        let body = match serde_json::from_str(line) {
            Ok(row) => RowBody::Json(row),
            Err(_) => RowBody::Broken(line.to_owned()),
        };
        rows.push(&Shape::Objects, Some(number), body)?;
    }
    Ok(Shape::Objects)
}

#[cfg(test)]
mod tests {
    use super::super::{Format, Mapping, read};
    use crate::import::RowBody;

    #[test]
    fn blank_lines_are_no_rows_and_broken_lines_keep_their_place() {
        let mut rows = Vec::new();
        let payload = b"{}\r\n\n  \n{broken\n{} {}\nnull";
        read(Format::Ndjson, &Mapping::default(), payload, |_, row| {
            rows.push((row.index, row.line, matches!(row.body, RowBody::Json(_))));
        })
        .expect("readable");
        assert_eq!(rows, [(0, Some(1), true), (1, Some(4), false), (2, Some(5), false), (3, Some(6), true)]);
    }
}
