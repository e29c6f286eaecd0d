//! Reading payloads: bytes become rows, in order, each with its place in the file.
//!
//! Reading judges only what keeps a payload from being taken apart; what a row says is
//! judged later, row by row, by [`RawRow::check`].

mod csv;
mod json;
mod mapping;
mod ndjson;

pub use mapping::Mapping;

use serde::{Deserialize, Serialize};

use super::{RawRow, Shape};
use crate::fields;

/// The rows one payload may have. That many rows of 20 bytes, an id, a name and an amount
/// in CSV, fill 4 MB; past it a payload is mostly separators, and its plan would outgrow a
/// function's memory.
pub const ROWS_PER_PAYLOAD_MAX: u64 = 200_000;
/// The columns a CSV payload may have: every chunk bears the header.
pub const COLUMNS_MAX: usize = 1_000;
/// The characters of a column's header.
pub const HEADER_CHARS_MAX: usize = 200;

/// The notation of a payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// `{ "accounts": [ … ] }`.
    Json,
    /// One JSON object a line.
    Ndjson,
    /// A header and one record a row (RFC 4180), separated by commas, semicolons or tabs.
    Csv,
}

/// Why a payload can't be taken apart into rows.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// The body is not what it says it is.
    #[error(transparent)]
    Body(#[from] fields::Unreadable),
    /// No rows.
    #[error("there are no rows to import")]
    NoRows,
    /// More rows than [`ROWS_PER_PAYLOAD_MAX`].
    #[error("more than {ROWS_PER_PAYLOAD_MAX} rows in one request")]
    TooManyRows,
    /// More columns than [`COLUMNS_MAX`].
    #[error("more than {COLUMNS_MAX} columns")]
    TooManyColumns,
    /// A header of more than [`HEADER_CHARS_MAX`] characters.
    #[error("column {column} has a header of more than {HEADER_CHARS_MAX} characters")]
    HeaderTooLong {
        /// Which column, counting from 1.
        column: usize,
    },
    /// A quotation mark that is never closed: the rest of the file is in its cell.
    #[error("the row on line {line} opens a quotation mark that is never closed")]
    UnclosedQuote {
        /// The line the row begins on, counting from 1.
        line: u64,
    },
    /// No column of the header is a field of an account.
    #[error("no column of the header is a field of an account; see `mapping` to name them")]
    NoKnownColumn,
    /// Two columns fill the same field.
    #[error("two columns fill the field {field}")]
    DuplicateColumn {
        /// The field's name.
        field: &'static str,
    },
    /// The mapping speaks of columns that the header lacks.
    #[error("the mapping names columns that the file does not have: {}", columns.join(", "))]
    UnmatchedMapping {
        /// Their names.
        columns: Vec<String>,
    },
}

/// Takes a payload apart, handing each row to `sink` with the shape it is part of, and
/// returns the shape.
///
/// # Errors
/// [`Unreadable`] when the payload as a whole can't be read. Rows found before the fault
/// have been handed over by then.
pub fn read(
    format: Format,
    mapping: &Mapping,
    payload: &[u8],
    sink: impl FnMut(&Shape, RawRow),
) -> Result<Shape, Unreadable> {
    let text = fields::text(payload)?;
    let mut rows = Rows { count: 0, sink };
    let shape = match format {
        Format::Json => json::read(text, &mut rows)?,
        Format::Ndjson => ndjson::read(text, &mut rows)?,
        Format::Csv => csv::read(text, mapping, &mut rows)?,
    };
    if rows.count == 0 { Err(Unreadable::NoRows) } else { Ok(shape) }
}

/// How many rows a payload has, if it can be read.
///
/// # Errors
/// As [`read`].
pub fn count(format: Format, mapping: &Mapping, payload: &[u8]) -> Result<u64, Unreadable> {
    let mut rows = 0;
    read(format, mapping, payload, |_, _| rows += 1)?;
    Ok(rows)
}

/// Numbers the rows and hands them on.
struct Rows<S> {
    count: u64,
    sink: S,
}

impl<S: FnMut(&Shape, RawRow)> Rows<S> {
    fn push(&mut self, shape: &Shape, line: Option<u64>, body: super::RowBody) -> Result<(), Unreadable> {
        if self.count == ROWS_PER_PAYLOAD_MAX {
            return Err(Unreadable::TooManyRows);
        }
        let index = self.count;
        self.count += 1;
        (self.sink)(shape, RawRow { index, line, body });
        Ok(())
    }
}
