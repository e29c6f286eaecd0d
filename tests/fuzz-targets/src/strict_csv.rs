//! A simple, strict reader of CSV (RFC 4180), with which the reader of rows is compared.

use saldo_domain::fields::{PayloadError, PayloadErrorKind};
use saldo_domain::id::AccountId;
use saldo_domain::import::{AccountField, Column, REASON, RowBody, Shape};
use saldo_formats::formula::restored;

use crate::rows::{Ended, Outcome};

/// A record, read character by character.
struct Record {
    cells: Vec<String>,
    /// Whether it has a mistake in its quotation marks.
    is_misquoted: bool,
}

/// Checks that the reader of rows has lost no row and no text.
pub(crate) fn compare(outcome: &Outcome, text: &str) {
    // Like the `csv` crate, after a byte order mark, which is not part of the text.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let misread = matches!(
        outcome.ended,
        Ended::Unreadable(PayloadError {
            kind: PayloadErrorKind::UnclosedQuote | PayloadErrorKind::Misquoted { .. },
            ..
        })
    );
    match (&outcome.ended, &outcome.shape) {
        (Ended::AtTheEnd, Some(Shape::Columns { delimiter, columns, .. })) => {
            let records = records(from_header(text, *delimiter, columns), *delimiter, column_of_ids(columns))
                .expect("a file that was read can be read strictly");
            let [header, rows @ ..] = records.as_slice() else { panic!("a file that was read has a header") };
            assert!(!header.is_misquoted);
            let rows: Vec<&Record> =
                rows.iter().filter(|row| row.is_misquoted || !are_blank(&row.cells)).collect();
            assert_eq!(rows.len(), outcome.rows.len());
            for (expected, row) in rows.iter().zip(&outcome.rows) {
                let (cells, is_misquoted) = match &row.body {
                    RowBody::Cells(cells) => (cells, false),
                    RowBody::Misquoted { cells, .. } => (cells, true),
                    RowBody::Json(json) => panic!("JSON in CSV: {json}"),
                };
                let (within, surplus) = expected.cells.split_at(expected.cells.len().min(columns.len()));
                let expected_cells =
                    if are_blank(surplus) && !is_misquoted { within } else { &expected.cells };
                assert!(cells.iter().eq(expected_cells), "{cells:?} was {:?}", expected.cells);
                assert_eq!(is_misquoted, expected.is_misquoted);
            }
        }
        (_, Some(Shape::Columns { delimiter, columns, .. })) if misread => {
            assert!(
                records(from_header(text, *delimiter, columns), *delimiter, column_of_ids(columns)).is_none(),
                "{:?} in {text:?}",
                outcome.ended
            );
        }
        _ => {}
    }
}

/// The text from the first line on that has these headers.
fn from_header<'a>(text: &'a str, delimiter: char, columns: &[Column]) -> &'a str {
    let table = Table { delimiter, columns: None, has_reason: false, ids: None };
    let mut begins = std::iter::once(0).chain(text.match_indices(['\r', '\n']).map(|(at, _)| at + 1));
    let is_header = |at: &usize| {
        let record = text[*at..].strip_prefix('\u{feff}').unwrap_or(&text[*at..]);
        let record = table.record(record).filter(|_| !text[*at..].starts_with(['\r', '\n']));
        record.is_some_and(|(record, _)| record.cells.iter().eq(columns.iter().map(|column| &column.header)))
    };
    begins.find(is_header).map_or(text, |at| &text[at..])
}

fn are_blank(cells: &[String]) -> bool {
    cells.iter().all(|cell| cell.trim().is_empty())
}

/// The column of account ids, if the file has account ids in it.
fn column_of_ids(columns: &[Column]) -> Option<usize> {
    columns.iter().position(|column| column.field == Some(AccountField::Id))
}

/// The records of a file; `None` if it is unclear where they end.
fn records(text: &str, delimiter: char, ids: Option<usize>) -> Option<Vec<Record>> {
    let mut records: Vec<Record> = Vec::new();
    let mut rest = text.trim_start_matches(['\r', '\n']);
    while !rest.is_empty() {
        let header = records.first().map(|header| header.cells.as_slice());
        let has_reason = header.is_some_and(|header| header.iter().any(|name| name == REASON));
        let table = Table { delimiter, columns: header.map(<[_]>::len), has_reason, ids };
        let (record, after) = table.record(rest)?;
        if record.is_misquoted && records.is_empty() {
            return None;
        }
        records.push(record);
        rest = after.trim_start_matches(['\r', '\n']);
    }
    Some(records)
}

/// A cell of a line with wrong quotation marks. Marks that quote all of it are removed.
fn without_quotes(cell: &str) -> String {
    let text = cell.trim_matches([' ', '\t']);
    match text.strip_prefix('"').and_then(|text| text.strip_suffix('"')) {
        Some(text) if !text.split("\"\"").any(|part| part.contains('"')) => text.replace("\"\"", "\""),
        _ => cell.to_owned(),
    }
}

/// What is known about the file before a record is read.
struct Table {
    delimiter: char,
    /// The number of columns; `None` before the header is read.
    columns: Option<usize>,
    /// Whether the file has the column with the reason of refusal; known after the header.
    has_reason: bool,
    /// The column of account ids; known after the header.
    ids: Option<usize>,
}

impl Table {
    /// The first record, and the text from its line break on.
    fn record<'a>(&self, text: &'a str) -> Option<(Record, &'a str)> {
        let is_end = |c: char| c == self.delimiter || c == '\r' || c == '\n';
        let is_blank = |c: char| (c == ' ' || c == '\t') && c != self.delimiter;
        let (mut cells, mut quotations, mut is_misquoted, mut rest) = (Vec::new(), Vec::new(), false, text);
        loop {
            let mut cell = String::new();
            is_misquoted |= rest.starts_with(is_blank) && rest.trim_start_matches(is_blank).starts_with('"');
            if let Some(opened) = rest.strip_prefix('"') {
                let mut quoted = opened;
                rest = loop {
                    let (before, after) = quoted.split_once('"')?;
                    cell.push_str(before);
                    let Some(more) = after.strip_prefix('"') else { break after };
                    cell.push('"');
                    quoted = more;
                };
                quotations.push((cells.len(), &opened[..opened.len() - rest.len() - 1]));
                is_misquoted |= rest.trim_start_matches(' ').starts_with(|c| !is_end(c));
            }
            let (plain, after) = rest.split_at(rest.find(is_end).unwrap_or(rest.len()));
            cells.push(cell + plain);
            let Some(next) = after.strip_prefix(self.delimiter) else {
                let line = &text[..text.len() - after.len()];
                if is_misquoted {
                    let is_one_line =
                        !line.contains(['\r', '\n']) && line.matches('"').count().is_multiple_of(2);
                    cells = is_one_line.then(|| line.split(self.delimiter).map(without_quotes).collect())?;
                }
                is_misquoted |=
                    quotations.iter().any(|(cell, text)| self.holds_row(text, *cell, cells.len()));
                let cells = cells.iter().map(|cell| restored(cell).into_owned()).collect();
                return Some((Record { cells, is_misquoted }, after));
            };
            rest = next;
        }
    }

    /// Whether the quoted text of a cell contains a line that looks like a row, or begins in one row and ends in
    /// another.
    fn holds_row(&self, quotation: &str, cell: usize, cells: usize) -> bool {
        let columns = self.columns.unwrap_or(cells);
        let lines: Vec<&str> = quotation.split(['\r', '\n']).collect();
        let [first, more @ ..] = lines.as_slice() else { return false };
        let Some(last) = more.last() else { return false };
        let tight = |line: &str| {
            line.match_indices(self.delimiter).filter(|(at, _)| !line[at + 1..].starts_with(' ')).count()
        };
        let is_width = |cells: usize| cells == columns || self.has_reason && cells + 1 == columns;
        let is_row = |line: &str| {
            let cells = line.split(self.delimiter).count();
            cells > 2 && is_width(cells)
        };
        let all = |line: &str| line.matches(self.delimiter).count();
        let are_rows = |first: usize, last: usize, cells_min: usize| {
            let opening = cell + first + 1;
            opening > cells_min && is_width(opening) && last == cell
        };
        let is_across = cells == columns
            && (are_rows(tight(first), tight(last), 1) || are_rows(all(first), all(last), 2));
        more.iter().any(|line| is_row(line) && self.may_be_row(line)) || is_across && self.may_be_row(last)
    }

    fn may_be_row(&self, line: &str) -> bool {
        let ids = self.ids.filter(|_| self.columns.is_some());
        let Some(id) = ids.and_then(|ids| line.split(self.delimiter).nth(ids)) else { return true };
        id.trim_matches(|c: char| c.is_ascii_whitespace()).is_empty()
            || id.trim().parse::<AccountId>().is_ok()
    }
}
