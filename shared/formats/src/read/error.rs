//! The errors of readers.

use std::io;

use saldo_domain::fields;
use saldo_domain::import::Misquoting;

use super::limits::{COLUMNS_MAX, EXPANSION_MAX, HEADER_CHARS_MAX, ROW_BYTES_MAX, ROWS_MAX, TEXT_BYTES_MAX};

/// Why a payload as a whole is unreadable. The messages are shown to the sender.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// The text is malformed, or not the JSON that is expected.
    #[error(transparent)]
    Body(#[from] fields::Unreadable),
    /// There are no rows.
    #[error("there are no rows to import")]
    NoRows,
    /// More rows than [`ROWS_MAX`].
    #[error("more than {ROWS_MAX} rows in one file")]
    TooManyRows,
    /// More bytes than [`TEXT_BYTES_MAX`].
    #[error("more than {TEXT_BYTES_MAX} bytes in one file, decompressed")]
    TooLong,
    /// More than [`EXPANSION_MAX`] times the bytes of the gzip file.
    #[error(
        "the gzip file expands to more than {EXPANSION_MAX} times its size; import the file without compression"
    )]
    ExpandsTooMuch,
    /// More than [`ROWS_FREE`](super::ROWS_FREE) rows, and too few bytes for them.
    #[error(
        "more rows than a payload of this size can hold; remove rows without data, or import a gzip file without compression"
    )]
    RowsTooShort,
    /// A row, or whitespace between rows, of more than [`ROW_BYTES_MAX`] bytes.
    #[error("a row{} has more than {ROW_BYTES_MAX} bytes; is a quotation mark or a line left open?", on_line(*line))]
    RowTooLong {
        /// The line on which the row begins, counting from 1; `None` for a JSON body.
        line: Option<u64>,
    },
    /// The file is announced as gzip but is not, or is truncated.
    #[error("the gzip file can't be decompressed: {reason}")]
    BrokenGzip {
        /// The error of the decompressor.
        reason: String,
    },
    /// More columns than [`COLUMNS_MAX`].
    #[error("more than {COLUMNS_MAX} columns")]
    TooManyColumns,
    /// A header of more than [`HEADER_CHARS_MAX`] characters.
    #[error("column {column} has a header of more than {HEADER_CHARS_MAX} characters")]
    HeaderTooLong {
        /// The column's number, counting from 1.
        column: usize,
    },
    /// A quotation mark that is never closed, so that the rest of the file would be one cell.
    #[error("the row on line {line} opens a quotation mark that is never closed")]
    UnclosedQuote {
        /// The line on which the row begins, counting from 1.
        line: u64,
    },
    /// Misplaced quotation marks that make the boundaries of rows uncertain.
    #[error("line {line}, in the row that begins on line {row}: {how}")]
    Misquoted {
        /// The line with the mistake, counting from 1.
        line: u64,
        /// The line on which the row begins.
        row: u64,
        /// The mistake.
        how: Misquoting,
    },
    /// No header matches a field of accounts.
    #[error("no column of the header is a field of an account; see `mapping` to name them")]
    NoKnownColumn,
    /// Two columns fill the same field.
    #[error("two columns fill the field {field}")]
    DuplicateColumn {
        /// The field's name.
        field: &'static str,
    },
    /// The mapping names columns that the file does not have.
    #[error("the mapping names columns that the file does not have: {}", columns.join(", "))]
    UnmatchedMapping {
        /// Their headers.
        columns: Vec<String>,
    },
}

fn on_line(line: Option<u64>) -> String {
    line.map(|line| format!(", begun on line {line},")).unwrap_or_default()
}

/// The error of a source that fails before the end of the payload, inside an [`io::Error`].
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the source of the payload failed")]
pub struct SourceFailed;

/// Why reading stopped before the end.
#[derive(Debug)]
pub enum Fault {
    /// The payload is unreadable.
    Unreadable(Unreadable),
    /// The source of the payload failed, with [`SourceFailed`]. Nothing is wrong with the payload.
    SourceFailed,
    /// The receiver of the rows stopped reading.
    Stopped,
}

impl Fault {
    /// Adds the line on which a row that is too long begins.
    pub(super) fn on_line(self, number: u64) -> Self {
        match self {
            Self::Unreadable(Unreadable::RowTooLong { line: None }) => {
                Self::Unreadable(Unreadable::RowTooLong { line: Some(number) })
            }
            other => other,
        }
    }
}

impl From<Unreadable> for Fault {
    fn from(unreadable: Unreadable) -> Self {
        Self::Unreadable(unreadable)
    }
}

impl From<fields::Unreadable> for Fault {
    fn from(unreadable: fields::Unreadable) -> Self {
        Self::Unreadable(unreadable.into())
    }
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        match error.downcast::<Unreadable>() {
            Ok(unreadable) => Self::Unreadable(unreadable),
            Err(error) if error.get_ref().is_some_and(|inner| inner.is::<SourceFailed>()) => {
                Self::SourceFailed
            }
            // The decompressor is the only other reader with errors of its own.
            Err(error) => Self::Unreadable(Unreadable::BrokenGzip { reason: error.to_string() }),
        }
    }
}
