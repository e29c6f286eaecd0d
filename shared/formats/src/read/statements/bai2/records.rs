//! Divides a file into records: a line, and the continuations (88) behind it.

use std::io::BufRead;

use super::super::super::ReadError;
use super::super::invalid_at;
use super::super::lines::{Line, Lines};

/// The most lines of a record. Texts of a payment have some ten.
const LINES_MAX: usize = 1_000;
/// The most bytes of a record.
const RECORD_BYTES_MAX: usize = 100_000;

/// A record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Record {
    /// The line on which it begins.
    pub(super) line: u64,
    /// Its kind: two digits.
    pub(super) code: String,
    /// The lines behind the kind, without the slash at their ends.
    pub(super) lines: Vec<String>,
}

impl Record {
    /// The fields of a record without a text.
    pub(super) fn fields(&self) -> Vec<String> {
        self.lines.iter().flat_map(|line| line.split(',')).map(|field| field.trim().to_owned()).collect()
    }

    /// How many lines of the file it has.
    pub(super) fn count(&self) -> u64 {
        self.lines.len() as u64
    }
}

/// The records of a file.
pub(super) struct Records<R> {
    lines: Lines<R>,
    /// The first line of the next record.
    pending: Option<Line>,
}

impl<R: BufRead> Records<R> {
    pub(super) fn new(lines: Lines<R>) -> Self {
        Self { lines, pending: None }
    }

    /// The next record; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<Record>, ReadError> {
        let mut open: Option<Record> = None;
        loop {
            let line = match self.pending.take() {
                Some(line) => Some(line),
                None => self.lines.next()?,
            };
            let Some(line) = line else { return Ok(open) };
            let text = line.text.trim();
            if text.is_empty() {
                continue;
            }
            let (code, rest) = text.split_once(',').unwrap_or_else(|| (text.trim_end_matches('/'), ""));
            let value = rest.strip_suffix('/').unwrap_or(rest).to_owned();
            match &mut open {
                Some(record) if code == "88" => {
                    record.lines.push(value);
                    let bytes: usize = record.lines.iter().map(String::len).sum();
                    if record.lines.len() > LINES_MAX || bytes > RECORD_BYTES_MAX {
                        return Err(invalid_at(record.line, "a record has too many continuations"));
                    }
                }
                Some(_) => {
                    self.pending = Some(line);
                    return Ok(open);
                }
                None if code == "88" => {
                    return Err(invalid_at(line.number, "a continuation (88) precedes all records"));
                }
                None => {
                    open = Some(Record { line: line.number, code: code.to_owned(), lines: vec![value] });
                }
            }
        }
    }
}
