//! A plain, strict reading of CSV (RFC 4180), to compare the reader of rows with.

use saldo::formula::unguarded;
use saldo::import::{RowBody, Shape, Unreadable};

use crate::rows::{Ended, Outcome};

/// A record as its text says, character by character.
struct Record {
    cells: Vec<String>,
    /// Text follows a closing quotation mark.
    is_misquoted: bool,
}

/// Sees that the reader has swallowed no row and lost no text.
pub(crate) fn compare(outcome: &Outcome, text: &str) {
    // Like the `csv` crate, after the mark that is no part of the text.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let misread = matches!(
        outcome.ended,
        Ended::Unreadable(Unreadable::UnclosedQuote { .. } | Unreadable::TextAfterQuote { .. })
    );
    match (&outcome.ended, &outcome.shape) {
        (Ended::AtTheEnd, Some(Shape::Columns { delimiter, .. })) => {
            let records = records(text, *delimiter).expect("a file that was read can be read strictly");
            let [header, rows @ ..] = records.as_slice() else { panic!("a file that was read has a header") };
            assert!(!header.is_misquoted);
            assert_eq!(rows.len(), outcome.rows.len());
            for (expected, row) in rows.iter().zip(&outcome.rows) {
                let (cells, is_misquoted) = match &row.body {
                    RowBody::Cells(cells) => (cells, false),
                    RowBody::Misquoted(cells) => (cells, true),
                    other => panic!("cells: {other:?}"),
                };
                assert_eq!((cells, is_misquoted), (&expected.cells, expected.is_misquoted));
            }
        }
        (_, Some(Shape::Columns { delimiter, .. })) if misread => {
            assert!(records(text, *delimiter).is_none(), "{:?} in {text:?}", outcome.ended);
        }
        _ => {}
    }
}

/// The records of a file; `None` if they can't be told apart.
fn records(text: &str, delimiter: char) -> Option<Vec<Record>> {
    let mut records: Vec<Record> = Vec::new();
    let mut rest = text.trim_start_matches(['\r', '\n']);
    while !rest.is_empty() {
        let (record, after) = record(rest, delimiter)?;
        if record.is_misquoted && records.is_empty() {
            return None;
        }
        records.push(record);
        rest = after.trim_start_matches(['\r', '\n']);
    }
    Some(records)
}

/// The first record, and the text from its line break on.
fn record(text: &str, delimiter: char) -> Option<(Record, &str)> {
    let is_end = |c: char| c == delimiter || c == '\r' || c == '\n';
    let (mut cells, mut is_misquoted, mut rest) = (Vec::new(), false, text);
    loop {
        let mut cell = String::new();
        if let Some(mut quoted) = rest.strip_prefix('"') {
            rest = loop {
                let (before, after) = quoted.split_once('"')?;
                cell.push_str(before);
                let Some(more) = after.strip_prefix('"') else { break after };
                cell.push('"');
                quoted = more;
            };
            is_misquoted |= rest.trim_start_matches(' ').starts_with(|c| !is_end(c));
        }
        let (plain, after) = rest.split_at(rest.find(is_end).unwrap_or(rest.len()));
        cells.push(cell + plain);
        let Some(next) = after.strip_prefix(delimiter) else {
            let line = &text[..text.len() - after.len()];
            if is_misquoted {
                let is_one_line = !line.contains(['\r', '\n']) && line.matches('"').count().is_multiple_of(2);
                cells = is_one_line.then(|| line.split(delimiter).map(str::to_owned).collect())?;
            }
            let cells = cells.iter().map(|cell| unguarded(cell).into_owned()).collect();
            return Some((Record { cells, is_misquoted }, after));
        };
        rest = next;
    }
}
