//! Records of CSV whose quotation marks are wrong: the record alone is refused if it is certain where it ends, and
//! otherwise the file.

use saldo_domain::fields::{PayloadError, PayloadErrorKind, Position};
use saldo_domain::import::{Cells, Misquoting};

use super::quoting::{Quoting, Table};
use super::records::{Record, line_breaks};
use crate::formula::restored;

/// A record whose quotation marks are wrong.
pub(super) struct Misquoted {
    pub(super) error: PayloadError,
    /// The record's cells, if it is certain where the record ends. Then only this record is refused.
    pub(super) cells: Option<(Cells, Misquoting)>,
}

/// The mistake in the quotation marks of a record, if any.
pub(super) fn misquoted(record: &Record<'_>, table: &Table) -> Option<Misquoted> {
    let Record { line: row, bytes, is_quoted, ref cells } = *record;
    if !is_quoted {
        return None;
    }
    let quoting = table.quoting(bytes);
    let line = |at| row + line_breaks(bytes.get(..at).unwrap_or_default());
    let cells_if_certain = |is_one_line: bool| is_one_line.then(|| split(bytes, table));
    let (at, how, cells) = match quoting {
        Quoting::WellFormed => return None,
        Quoting::Unclosed => {
            let error = PayloadErrorKind::UnclosedQuote.at(Position::line(row));
            return Some(Misquoted { error, cells: None });
        }
        Quoting::TextAfter { at, is_one_line } => {
            (at, Misquoting::TextAfterQuote, cells_if_certain(is_one_line))
        }
        Quoting::BlankBefore { at, is_one_line } => {
            (at, Misquoting::BlankBeforeQuote, cells_if_certain(is_one_line))
        }
        Quoting::HoldsARow { at } => (at, Misquoting::HoldsARow { line: line(at) }, Some(cells.clone())),
    };
    let position = Position { row: Some(row), ..Position::line(line(at)) };
    let error = PayloadErrorKind::Misquoted { how }.at(position);
    Some(Misquoted { error, cells: cells.map(|cells| (cells, how)) })
}

/// The cells of a line. Cells that are quoted as a whole lose their marks, so that they keep their meaning when the
/// refused row is sent again. Other cells stay unchanged.
fn split(line: &[u8], table: &Table) -> Cells {
    let line = String::from_utf8_lossy(line);
    let cells = line.trim_matches(['\r', '\n']).split(char::from(table.delimiter));
    let quote = char::from(table.quote.unwrap_or(b'"'));
    let unquoted = |cell: &str| quoted_whole(cell, quote).unwrap_or_else(|| cell.to_owned());
    cells.map(|cell| restored(&unquoted(cell)).into_owned()).collect()
}

/// The text of a cell that is quoted as a whole, apart from blanks around it.
fn quoted_whole(cell: &str, quote: char) -> Option<String> {
    let text = cell.trim_matches([' ', '\t']).strip_prefix(quote)?.strip_suffix(quote)?;
    let (mark, twice) = (quote.to_string(), format!("{quote}{quote}"));
    let has_single_mark = text.replace(&twice, "").contains(quote);
    (!has_single_mark).then(|| text.replace(&twice, &mark))
}
