//! Checks the quotation marks of a CSV record (RFC 4180, section 2, rules 5 to 7).
//!
//! `csv_core` accepts every record: it reads text after a closing quotation mark as part of the cell, and a
//! quotation mark after a blank as text. So a stray quotation mark opens a cell that contains all rows up to the
//! next mark. This module examines the bytes of a record again, to find such mistakes.

use std::ops::Range;

use memchr::memchr;
use saldo_domain::id::AccountId;

/// The quotation marks of a record. Each `at` is a position in the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quoting {
    /// Every opening mark is closed at the end of its cell. A mark within an unquoted cell is text, as in `5" pipe`.
    WellFormed,
    /// The record ends inside quoted text.
    Unclosed,
    /// Text follows a closing mark.
    TextAfter {
        /// The position of the text.
        at: usize,
        /// Whether the record is one line with as many opening as closing marks. Then it is certain that the next
        /// line is the next record.
        is_one_line: bool,
    },
    /// A cell begins with blanks and a mark.
    BlankBefore {
        /// The position of the mark.
        at: usize,
        /// As in `TextAfter`.
        is_one_line: bool,
    },
    /// A line of a quoted cell looks like another row.
    HoldsARow {
        /// The position at which the line begins.
        at: usize,
    },
}

/// The properties of the table that a record belongs to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Table {
    /// The separator of cells.
    pub(super) delimiter: u8,
    /// The quotation mark; `None` if cells are not quoted.
    pub(super) quote: Option<u8>,
    /// The number of cells in the header.
    pub(super) columns: usize,
    /// Whether the table has the column with the reason of refusal. A row inside a quoted cell is from the file that
    /// was imported before, and has no cell for the reason.
    pub(super) has_reason: bool,
    /// The column of account ids, if the file has one, as exports do.
    pub(super) ids: Option<usize>,
}

impl Table {
    /// Checks the bytes of a record, which may have line breaks before and after it.
    pub(super) fn quoting(&self, record: &[u8]) -> Quoting {
        let Some(quote) = self.quote.filter(|quote| memchr(*quote, record).is_some()) else {
            return Quoting::WellFormed;
        };
        let begin = record.iter().take_while(|byte| is_line_break(**byte)).count();
        let is_one_line = || is_one_line(record.get(begin..).unwrap_or_default(), quote);
        let (mut at, mut cell, mut quoted) = (begin, 0, Vec::new());
        loop {
            let opening = at + blanks(record, at, self.delimiter);
            if record.get(opening) == Some(&quote) {
                if opening > at {
                    return Quoting::BlankBefore { at: opening, is_one_line: is_one_line() };
                }
                let Some(end) = end_of_quoted(record, at + 1, quote) else { return Quoting::Unclosed };
                quoted.push((cell, at + 1..end - 1));
                at = end + record.iter().skip(end).take_while(|byte| **byte == b' ').count();
                if record.get(at).is_some_and(|byte| *byte != self.delimiter && !is_line_break(*byte)) {
                    return Quoting::TextAfter { at, is_one_line: is_one_line() };
                }
            }
            let rest = record.get(at..).unwrap_or_default();
            match rest.iter().position(|byte| *byte == self.delimiter || is_line_break(*byte)) {
                Some(end) if rest.get(end) == Some(&self.delimiter) => at += end + 1,
                _ => break,
            }
            cell += 1;
        }
        let is_whole = cell + 1 == self.columns;
        let held = quoted.into_iter().find_map(|(cell, text)| {
            self.held_row(record, text.clone())
                .or_else(|| is_whole.then(|| self.row_across(record, cell, text)).flatten())
        });
        held.map_or(Quoting::WellFormed, |at| Quoting::HoldsARow { at })
    }

    /// The position of a line of the quoted text, after its first one, that has as many cells as the header. For
    /// tables of one or two columns there is none: such a line could as well be a sentence.
    fn held_row(&self, record: &[u8], text: Range<usize>) -> Option<usize> {
        let mut lines = lines(record, text).skip(1);
        let held = lines.find(|(_, line)| {
            let cells = self.delimiters(line).count() + 1;
            cells > 2 && self.widths().contains(&cells) && self.may_be_row(line)
        });
        held.map(|(at, _)| at)
    }

    /// The position of the last line of the quoted text, if the line on which the cell opens and the line on which
    /// it closes could each be a whole row, as `"A,1` and `B",2` of two columns. In a table of two columns, a
    /// delimiter before a blank counts as part of a sentence. In a wider table the file may also have padded cells,
    /// so both ways of counting are tried.
    fn row_across(&self, record: &[u8], cell: usize, text: Range<usize>) -> Option<usize> {
        let (_, first) = lines(record, text.clone()).next()?;
        let (at, last) = lines(record, text).skip(1).last()?;
        let tight = |line: &[u8]| self.delimiters(line).filter(|at| line.get(at + 1) != Some(&b' ')).count();
        let all = |line: &[u8]| self.delimiters(line).count();
        let are_rows = self.are_rows(cell, tight(first), tight(last), 1)
            || self.are_rows(cell, all(first), all(last), 2);
        (are_rows && self.may_be_row(last)).then_some(at)
    }

    /// Whether the lines on which a quoted text begins and ends could be two whole rows of more than `cells_min`
    /// cells. `cell` is the cell that opens the text; `first` and `last` are the numbers of delimiters of the text's
    /// first and last line.
    fn are_rows(&self, cell: usize, first: usize, last: usize, cells_min: usize) -> bool {
        let cells = cell + first + 1;
        cells > cells_min && self.widths().contains(&cells) && last == cell
    }

    /// The numbers of cells that a row may have.
    fn widths(&self) -> [usize; 2] {
        [self.columns, self.columns.saturating_sub(usize::from(self.has_reason))]
    }

    /// Whether a line may be a row of the table: if the table has a column of account ids, the line has an id or
    /// nothing there.
    fn may_be_row(&self, line: &[u8]) -> bool {
        let cell = self.ids.and_then(|ids| line.split(|byte| *byte == self.delimiter).nth(ids));
        cell.is_none_or(|id| id.trim_ascii().is_empty() || is_id_of_account(id))
    }

    /// The positions of the delimiters of a line.
    fn delimiters(&self, line: &[u8]) -> impl Iterator<Item = usize> {
        let delimiter = self.delimiter;
        line.iter().enumerate().filter(move |(_, byte)| **byte == delimiter).map(|(at, _)| at)
    }
}

/// The lines of a part of a record, with their positions.
fn lines(record: &[u8], part: Range<usize>) -> impl Iterator<Item = (usize, &[u8])> {
    let mut begin = part.start;
    record.get(part).unwrap_or_default().split(|byte| is_line_break(*byte)).map(move |line| {
        let at = begin;
        begin += line.len() + 1;
        (at, line)
    })
}

/// The number of blanks from this position on.
fn blanks(record: &[u8], at: usize, delimiter: u8) -> usize {
    let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t') && *byte != delimiter;
    record.iter().skip(at).take_while(|byte| is_blank(byte)).count()
}

/// The position after the mark that closes a quoted cell. Two marks in a row are one mark of the text.
fn end_of_quoted(record: &[u8], mut at: usize, quote: u8) -> Option<usize> {
    loop {
        at += record.get(at..)?.iter().position(|byte| *byte == quote)? + 1;
        if record.get(at) != Some(&quote) {
            return Some(at);
        }
        at += 1;
    }
}

fn is_one_line(record: &[u8], quote: u8) -> bool {
    let end = record.iter().rposition(|byte| !is_line_break(*byte)).map_or(0, |last| last + 1);
    let record = record.get(..end).unwrap_or_default();
    let marks = record.split(|byte| *byte == quote).skip(1).count();
    marks.is_multiple_of(2) && !record.iter().any(|byte| is_line_break(*byte))
}

fn is_line_break(byte: u8) -> bool {
    matches!(byte, b'\r' | b'\n')
}

/// Whether a cell is the id of an account.
pub(super) fn is_id_of_account(cell: &[u8]) -> bool {
    std::str::from_utf8(cell).is_ok_and(|id| id.trim().parse::<AccountId>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quoting(record: &str, delimiter: u8, columns: usize) -> Quoting {
        Table { quote: Some(b'"'), delimiter, columns, has_reason: false, ids: None }
            .quoting(record.as_bytes())
    }

    #[test]
    fn quotation_marks_inside_unquoted_cells_are_text() {
        for record in [
            "a,b",
            "\"a\",\"b\"\r\n",
            "\n\r\n\"a\"\"b\",\"c\nd\"\n",
            "5\" pipe,\"x\"",
            "\"\",\"\"\"\"",
            "\"a\" ,b",
            "a \"b\",c",
        ] {
            assert_eq!(quoting(record, b',', 3), Quoting::WellFormed, "{record:?}");
        }
        for record in ["\"a", "a,\"b\nc", "\"a\"\"", "\""] {
            assert_eq!(quoting(record, b',', 3), Quoting::Unclosed, "{record:?}");
        }
        for (record, at, is_one_line) in [
            ("\"Alfa\" GmbH,1\n", 7, true),
            ("\n1,\"a\"b\n", 6, true),
            ("1,\"urgent\n2,ok\n3,\"urgent\n", 18, false),
            ("\"5\" pipe\",x", 4, false),
            ("\"a\"b,\"c\nd\"", 3, false),
        ] {
            assert_eq!(quoting(record, b',', 3), Quoting::TextAfter { at, is_one_line }, "{record:?}");
        }
        assert_eq!(quoting("\"a\"\t\"b\";", b'\t', 2), Quoting::TextAfter { at: 7, is_one_line: true });
    }

    #[test]
    fn blanks_before_an_opening_mark_are_found() {
        for (record, at, is_one_line) in [
            ("\"C1\", \"Alfa\", 5\n", 6, true),
            ("1,\t\"C1\"", 3, true),
            (" \"C1\",1", 1, true),
            ("\n1, \"two\n", 4, false),
        ] {
            assert_eq!(quoting(record, b',', 3), Quoting::BlankBefore { at, is_one_line }, "{record:?}");
        }
        for record in ["1, 5\" pipe,x", "1,a \"b\" c,x", "1, ,\" \""] {
            assert_eq!(quoting(record, b',', 3), Quoting::WellFormed, "{record:?}");
        }
    }

    #[test]
    fn quoted_lines_that_look_like_rows_are_found() {
        for (record, columns, at) in [
            ("C2,Beta,2,\"\nC3,Gamma,3,\"\n", 4, 12),
            ("C2,Beta,2,\"\r\nC3,Gamma,3,\"\r\n", 4, 13),
            ("C1,A,1,\"urgent\nC2,B,2,ok\nC3,C,3,urgent\"\n", 4, 15),
            ("C1,A,1,\"urgent\nC2,B,2,\"\"ok\"\"\n\"", 4, 15),
            ("C1,\"x\nC2,B,2,ok\ny\",1,ok", 4, 6),
            ("C1,\"Alfa,1,ok\nC2,Beta\",2,ok", 4, 14),
            ("\"Alfa,1\nBeta\",2", 2, 8),
            ("1,\"\n2,Beta\"", 2, 4),
            ("\"5 inch, C1, A, 1\n7\", C2, B, 2", 4, 18),
            ("\"see above, C1,A,1\n7\",C2,B,2", 4, 19),
            ("C1, A,\"n, 1, 2\nC2, B, m\", 3, 4", 5, 15),
            // Indistinguishable from a row of padded cells.
            ("C1,\"Main St 5, Flat 2\nBerlin, Germany\",1", 3, 22),
        ] {
            assert_eq!(quoting(record, b',', columns), Quoting::HoldsARow { at }, "{record:?}");
        }
        for (record, columns) in [
            ("C1,A,1,\"two\nlines, and more\"", 4),
            ("C1,\"Hauptstr. 1\n10115 Berlin, Germany\",1,ok", 4),
            ("C1,\"one\nother, or both\"", 2),
            ("\"one\ntwo\"", 1),
            ("C1;\"a,b,c\nd,e,f\";1", 3),
        ] {
            let delimiter = if record.contains(';') { b';' } else { b',' };
            assert_eq!(quoting(record, delimiter, columns), Quoting::WellFormed, "{record:?}");
        }
    }

    #[test]
    fn held_row_in_file_of_refused_rows_has_no_reason() {
        let record = "C2,Beta,2,\"\nC3,Gamma,3,\",\"a quoted cell holds...\"\n";
        assert_eq!(quoting(record, b',', 5), Quoting::WellFormed);
        let table = Table { quote: Some(b'"'), delimiter: b',', columns: 5, has_reason: true, ids: None };
        assert_eq!(table.quoting(record.as_bytes()), Quoting::HoldsARow { at: 12 });
        let across = b"C1,\"Alfa,1,ok\nC2,Beta\",2,ok,why";
        assert_eq!(table.quoting(across), Quoting::HoldsARow { at: 14 });
    }

    #[test]
    fn held_row_in_table_with_ids_has_an_id_or_none() {
        let table = Table { quote: Some(b'"'), delimiter: b',', columns: 3, has_reason: false, ids: Some(0) };
        let record = |line: &str| format!("acc_mfrggzdfmztwq2lk,1,\"Called.\n{line}\"\n");
        assert_eq!(table.quoting(record("Angry, loud, rude").as_bytes()), Quoting::WellFormed);
        for row in ["acc_mfrggzdfmztwq2lk,2,", ",2,x"] {
            assert_eq!(table.quoting(record(row).as_bytes()), Quoting::HoldsARow { at: 32 }, "{row}");
        }
    }
}
