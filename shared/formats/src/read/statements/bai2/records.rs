//! Divides a file into records: a line, and the continuations (88) behind it.

use std::io::BufRead;

use super::super::super::ReadError;
use super::super::invalid_at;
use super::super::lines::{Line, Lines};

/// The kinds of records.
const CODES: [&str; 8] = ["01", "02", "03", "16", "49", "88", "98", "99"];
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

    fn add(&mut self, line: String) -> Result<(), ReadError> {
        self.lines.push(line);
        let bytes: usize = self.lines.iter().map(String::len).sum();
        match self.lines.len() > LINES_MAX || bytes > RECORD_BYTES_MAX {
            true => Err(invalid_at(self.line, "a record has too many continuations")),
            false => Ok(()),
        }
    }

    /// How many lines of the file it has.
    pub(super) fn count(&self) -> u64 {
        self.lines.len() as u64
    }
}

/// The records of a file.
pub(super) struct Records<R> {
    lines: Lines<R>,
    /// The piece that was read last, and begins the next record.
    held: Option<Line>,
    /// The rest of its line.
    rest: Option<Line>,
}

impl<R: BufRead> Records<R> {
    pub(super) fn new(lines: Lines<R>) -> Self {
        Self { lines, held: None, rest: None }
    }

    /// The next record; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<Record>, ReadError> {
        let mut open: Option<Record> = None;
        while let Some(line) = self.piece()? {
            let code = line.text.get(..2).filter(|code| code.bytes().all(|byte| byte.is_ascii_digit()));
            let rest = line.text.get(2..).unwrap_or_default();
            let code = code.filter(|_| rest.starts_with(',') || matches!(rest, "" | "/"));
            let value = |text: &str| text.strip_suffix('/').unwrap_or(text).to_owned();
            let behind = value(rest.strip_prefix(',').unwrap_or(rest));
            match (code, &mut open) {
                (Some("88"), None) => {
                    return Err(invalid_at(line.number, "a continuation (88) precedes all records"));
                }
                (Some("88"), Some(record)) => record.add(behind)?,
                // A line break within a text, against the standard.
                (None, Some(record)) => record.add(value(&line.text))?,
                (Some(_), Some(_)) => {
                    self.held = Some(line);
                    return Ok(open);
                }
                (code, None) => {
                    let code =
                        code.unwrap_or_else(|| line.text.split(',').next().unwrap_or_default()).to_owned();
                    open = Some(Record { line: line.number, code, lines: vec![behind] });
                }
            }
        }
        Ok(open)
    }

    /// A line that is not blank, or a part of it: some banks write several records into a line, with blanks between them.
    fn piece(&mut self) -> Result<Option<Line>, ReadError> {
        if let Some(held) = self.held.take() {
            return Ok(Some(held));
        }
        loop {
            let line = match self.rest.take() {
                Some(line) => Some(line),
                None => self.lines.next()?,
            };
            let Some(Line { number, text }) = line else { return Ok(None) };
            let text = text.trim();
            if text.is_empty() {
                continue;
            }
            let mut ends = text.match_indices('/').map(|(at, _)| at + 1);
            let end = ends.find(|end| is_record(text.get(*end..).unwrap_or_default()));
            let (text, rest) = text.split_at(end.unwrap_or(text.len()));
            self.rest = (!rest.is_empty()).then(|| Line { number, text: rest.to_owned() });
            return Ok(Some(Line { number, text: text.to_owned() }));
        }
    }
}

/// Whether blanks and then a record follow.
fn is_record(text: &str) -> bool {
    let record = text.trim_start();
    let code = record.split_once(',').map(|(code, _)| code);
    record.len() < text.len() && code.is_some_and(|code| CODES.contains(&code))
}
