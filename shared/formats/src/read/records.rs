//! Divides CSV text into records.
//!
//! A record without quotation marks is one line, and its cells are the texts between the delimiters. This module finds
//! line breaks and delimiters many bytes at a time. All other records are read by `csv_core`, byte by byte.

use std::io::{self, BufRead};

use csv_core::{ReadRecordResult, ReaderBuilder};
use memchr::{memchr2, memchr2_iter, memchr3};
use saldo_domain::import::{Cells, Quote};
use simdutf8::basic::from_utf8;

use super::bounded::{Buffer, too_long};
use super::{ROW_BYTES_MAX, ReadError};
use crate::formula::{PROTECTION, may_be_protected, restored};

/// The records of a text.
pub(crate) struct Records<R> {
    text: Buffer<R>,
    /// The line on which the unread text begins.
    line: u64,
    /// The line on which the current record begins.
    line_of_record: u64,
    /// Whether the unread text follows a carriage return.
    follows_return: bool,
    delimiter: u8,
    /// The quotation mark; `None` if cells are not quoted.
    quote: Option<u8>,
    core: csv_core::Reader,
    /// The cells of the current record, one after the other, if it is quoted.
    cells: Vec<u8>,
    /// The positions at which they end; those of the delimiters if it is not quoted.
    ends: Vec<usize>,
}

/// A record.
pub(crate) struct Record<'a> {
    /// The line on which it begins.
    pub(crate) line: u64,
    /// Its text, perhaps with the line break that ends it.
    pub(crate) bytes: &'a [u8],
    /// Whether it has quotation marks.
    pub(crate) is_quoted: bool,
    /// Its cells, without what protects them from spreadsheets.
    pub(crate) cells: Cells,
}

/// A record that was passed.
struct Passed {
    length: usize,
    is_quoted: bool,
    cells: Cells,
}

impl<R: BufRead> Records<R> {
    /// The records of a text with `lines_before` lines before it.
    pub(crate) fn new(text: R, delimiter: u8, quote: Quote, lines_before: u64) -> Self {
        let quote = quote.byte();
        let mut core = ReaderBuilder::new();
        core.delimiter(delimiter).quoting(quote.is_some()).quote(quote.unwrap_or(b'"'));
        let mut core = core.build();
        // The first text that it reads would lose a byte order mark.
        core.read_record(b"\n", &mut [0], &mut [0]);
        let (cells, ends) = (Vec::new(), Vec::new());
        let line = lines_before + 1;
        let text = Buffer::new(text);
        Self { text, line, line_of_record: line, follows_return: false, delimiter, quote, core, cells, ends }
    }

    /// The next record; `None` at the end of the text.
    pub(crate) fn next(&mut self) -> Result<Option<Record<'_>>, ReadError> {
        match self.advance() {
            Err(error) => Err(ReadError::from(error).on_line(self.line)),
            Ok(None) => Ok(None),
            Ok(Some(Passed { length, is_quoted, cells })) => {
                let passed = self.text.passed();
                let bytes = passed.get(passed.len() - length..).unwrap_or_default();
                Ok(Some(Record { line: self.line_of_record, bytes, is_quoted, cells }))
            }
        }
    }

    /// Passes the next record.
    fn advance(&mut self) -> io::Result<Option<Passed>> {
        if !self.skip_line_breaks()? {
            return Ok(None);
        }
        self.line_of_record = self.line;
        let end = self.text.length_before(|text| memchr2(b'\r', b'\n', text))?;
        let line = self.text.unread().get(..end).unwrap_or_default();
        let [guard, formula] = PROTECTION;
        let special = match self.quote {
            Some(quote) => memchr3(quote, guard, formula, line),
            None => memchr2(guard, formula, line),
        };
        let special = special.and_then(|at| line.get(at..)).unwrap_or_default();
        let (is_special, is_quoted) =
            (!special.is_empty(), self.quote.is_some_and(|quote| special.contains(&quote)));
        let (length, cells, may_be_protected) = match is_quoted {
            true => self.read_with_core()?,
            false => (end, self.divide(end)?, is_special),
        };
        self.follows_return = self.text.unread().get(..length).is_some_and(|record| record.ends_with(b"\r"));
        self.text.advance(length);
        let cells = if may_be_protected { cells.iter().map(restored).collect() } else { cells };
        Ok(Some(Passed { length, is_quoted, cells }))
    }

    /// Passes the line breaks before a record. Returns whether there is a record.
    fn skip_line_breaks(&mut self) -> io::Result<bool> {
        let mut skipped = 0;
        loop {
            let unread = self.text.unread();
            let mut breaks = 0;
            for byte in unread {
                match byte {
                    b'\r' => self.line += 1,
                    // Behind a carriage return, it is counted already.
                    b'\n' => self.line += u64::from(!self.follows_return),
                    _ => break,
                }
                self.follows_return = *byte == b'\r';
                breaks += 1;
            }
            let is_all = breaks == unread.len();
            self.text.advance(breaks);
            skipped += breaks;
            match is_all && !self.text.has_ended() {
                true if skipped > ROW_BYTES_MAX => return Err(too_long()),
                true => self.text.fill()?,
                false => return Ok(!is_all),
            }
        }
    }

    /// The cells of a record without quotation marks, which has this length.
    fn divide(&mut self, length: usize) -> io::Result<Cells> {
        let line = self.text.unread().get(..length).unwrap_or_default();
        self.ends.clear();
        find_all(self.delimiter, line, &mut self.ends);
        let line = from_utf8(line).map_err(io::Error::other)?;
        Ok(Cells::of_line(line, &self.ends))
    }

    /// Reads a record with `csv_core`. Returns its length, its cells, and whether one of them may be protected.
    fn read_with_core(&mut self) -> io::Result<(usize, Cells, bool)> {
        let (mut read, mut written, mut cells) = (0, 0, 0);
        loop {
            let input = self.text.unread().get(read..).unwrap_or_default();
            if input.is_empty() && !self.text.has_ended() {
                self.text.fill_for_row()?;
                continue;
            }
            // Of an empty input, it understands that the text has ended.
            let output = self.cells.get_mut(written..).unwrap_or_default();
            let ends = self.ends.get_mut(cells..).unwrap_or_default();
            let (result, bytes_read, bytes_written, ends_written) =
                self.core.read_record(input, output, ends);
            (read, written, cells) = (read + bytes_read, written + bytes_written, cells + ends_written);
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull => self.cells.resize(2 * self.cells.len() + 64, 0),
                ReadRecordResult::OutputEndsFull => self.ends.resize(2 * self.ends.len() + 64, 0),
                ReadRecordResult::Record | ReadRecordResult::End => break,
            }
        }
        self.cells.truncate(written);
        self.ends.truncate(cells);
        let record = self.text.unread().get(..read).unwrap_or_default();
        self.line += line_breaks(record);
        // The text is UTF-8, and so are the cells, which end at ASCII characters.
        let text = from_utf8(&self.cells).map_err(io::Error::other)?;
        let mut begin = 0;
        let cells = self.ends.iter().map(|end| {
            let cell = text.get(begin..*end).unwrap_or_default();
            begin = *end;
            cell
        });
        Ok((read, cells.collect(), may_be_protected(text)))
    }
}

/// Appends the positions of a byte in a text, which are found eight bytes at a time: between delimiters there are few.
fn find_all(byte: u8, text: &[u8], found: &mut Vec<usize>) {
    const EACH: u64 = u64::MAX / 0xff;
    const LOW_BITS: u64 = EACH * 0x7f;
    let (words, last) = text.as_chunks();
    let mut at = 0;
    for word in words {
        let differences = u64::from_le_bytes(*word) ^ (EACH * u64::from(byte));
        // The highest bit of each byte that does not differ.
        let mut equal = !(((differences & LOW_BITS) + LOW_BITS) | differences | LOW_BITS);
        while equal != 0 {
            found.push(at + equal.trailing_zeros() as usize / 8);
            equal &= equal - 1;
        }
        at += word.len();
    }
    found.extend((at..).zip(last).filter(|(_, other)| **other == byte).map(|(at, _)| at));
}

/// The line breaks in a text: line feeds, carriage returns, and those with a line feed behind them, which are one.
pub(super) fn line_breaks(text: &[u8]) -> u64 {
    let is_counted = |at: &usize| at.checked_sub(1).and_then(|before| text.get(before)) == Some(&b'\r');
    let ends = memchr2_iter(b'\r', b'\n', text);
    ends.filter(|at| text.get(*at) == Some(&b'\r') || !is_counted(at)).count() as u64
}

#[cfg(test)]
mod tests {
    use csv::ReaderBuilder;
    use memchr::memchr_iter;
    use proptest::prelude::*;

    use super::*;

    type Row = (u64, Vec<String>);

    /// The records as the `csv` crate reads them.
    fn expected(text: &str) -> Vec<Row> {
        let mut reader = ReaderBuilder::new().flexible(true).has_headers(false).from_reader(text.as_bytes());
        let (mut passed, mut line) = (0, 1);
        let mut first_line = |position: &csv::Position| {
            let at = usize::try_from(position.byte()).expect("short");
            let blank = text[at..].bytes().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
            // The crate counts line feeds alone.
            line += text[passed..at + blank].replace("\r\n", "\n").matches(['\r', '\n']).count() as u64;
            passed = at + blank;
            line
        };
        let records = reader.records().map(|record| record.expect("text"));
        let row = |record: csv::StringRecord| {
            (
                record.position().map(&mut first_line).expect("a position"),
                record.iter().map(str::to_owned).collect(),
            )
        };
        records.map(row).collect()
    }

    fn records(text: impl BufRead) -> Vec<Row> {
        let (mut records, mut rows) = (Records::new(text, b',', Quote::Double, 0), Vec::new());
        while let Some(record) = records.next().expect("readable") {
            rows.push((record.line, record.cells.iter().map(str::to_owned).collect()));
        }
        rows
    }

    fn pieces() -> impl Strategy<Value = String> {
        let pieces =
            vec!["a", "é", "", ",", ",", "\"", "\"", "\"\"", "\r", "\n", "\n", "\r\n", " ", "b", "\u{feff}"];
        prop::collection::vec(prop::sample::select(pieces), 0..30).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn records_are_those_of_the_csv_crate(text in pieces()) {
            // The crate drops a byte order mark at the beginning.
            let text = format!("x{text}");
            prop_assert_eq!(records(text.as_bytes()), expected(&text));
        }
    }

    proptest! {
        #[test]
        fn all_delimiters_are_found(text in "[,;\\x00-\\x7f\u{ac}\u{12c}]{0,40}") {
            let mut found = vec![7];
            find_all(b',', text.as_bytes(), &mut found);
            let expected: Vec<_> = [7].into_iter().chain(memchr_iter(b',', text.as_bytes())).collect();
            prop_assert_eq!(found, expected);
        }
    }

    #[test]
    fn records_go_on_across_blocks() {
        let row = |n: usize| match n % 3 {
            0 => format!("{n},{},end\r\n", "x".repeat(n % 70)),
            1 => format!("{n},\"{}\",end\n", "a\r\n\"\"b,".repeat(n % 50)),
            _ => format!("{n},{}\n\n", ",".repeat(n % 300)),
        };
        let text: String = (0..20_000).map(row).collect();
        assert_eq!(records(text.as_bytes()), expected(&text));
        let unclosed = format!("{text}\"{}", text.replace('"', ""));
        assert_eq!(records(unclosed.as_bytes()).len(), 20_001);
    }

    #[test]
    fn lone_carriage_returns_end_lines() {
        let lines =
            |text: &str| records(text.as_bytes()).into_iter().map(|(line, _)| line).collect::<Vec<_>>();
        assert_eq!(lines("a\rb\r\rc"), [1, 2, 4]);
        assert_eq!(lines("\"a\rb\"\r\n\"c\"\r\"d\"\r\n\re"), [1, 3, 4, 6]);
        // A line break across two blocks.
        for before in 65_530..65_540 {
            assert_eq!(lines(&format!("{}\r\nb", "x".repeat(before))), [1, 2]);
        }
    }
}
