//! Mistakes in the quotation marks of CSV files (RFC 4180).

use serde::{Deserialize, Serialize};

/// A mistake in the quotation marks of a CSV record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Misquoting {
    /// Text follows a closing mark.
    #[error(
        "text follows a closing quotation mark; close each quoted cell at its end, and write a quotation mark \
        inside it twice"
    )]
    TextAfterQuote,
    /// A blank precedes an opening mark, which makes the mark text (RFC 4180, section 2, rule 4).
    #[error(
        "a blank precedes the quotation mark that opens a cell, so that the mark would be part of the cell; \
        remove the blank"
    )]
    BlankBeforeQuote,
    /// A line of a quoted cell looks like another row.
    #[error(
        "a quoted cell holds what looks like another row (line {line}); write a quotation mark inside a cell twice, \
        or import the row as JSON if the cell is meant to hold this text"
    )]
    HoldsARow {
        /// The line, counting from 1.
        line: u64,
    },
}
