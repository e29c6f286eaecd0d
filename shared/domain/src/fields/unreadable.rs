//! Errors of bodies that can't be split into fields.

use serde_json::error::Category;

/// The error of a body that can't be split into fields, or into elements with fields.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// The bytes are not text in the encoding they seem to be in.
    #[error("the body is not {encoding}: byte {offset} begins no character")]
    Malformed {
        /// The encoding's name.
        encoding: &'static str,
        /// How many bytes are well formed.
        offset: u64,
    },
    /// Percent-encoded bytes of a form, or of a query, are not UTF-8.
    #[error("a percent-encoded text is not UTF-8")]
    BrokenEscape,
    /// The text is not JSON.
    #[error("line {line}, column {column}: {reason}")]
    BrokenJson {
        /// The line, counting from 1.
        line: usize,
        /// The column, counting from 1; 0 where the line is empty.
        column: usize,
        /// What the parser expected.
        reason: String,
    },
    /// Something is of the wrong JSON type.
    #[error("expected {expected}")]
    WrongType {
        /// The name of the field; empty for the body itself.
        field: &'static str,
        /// What belongs there.
        expected: &'static str,
    },
    /// The field that holds the elements is missing.
    #[error("the field is required")]
    Missing {
        /// The field's name.
        field: &'static str,
    },
    /// The field that holds the elements is given twice.
    #[error("the field is given twice")]
    Twice {
        /// The field's name.
        field: &'static str,
    },
    /// There are fields beside the one that holds the elements.
    #[error("there is no such field: {}", names.join(", "))]
    UnknownFields {
        /// The first of their names, cut if they are long.
        names: Vec<String>,
    },
}

/// A body as text, without a byte order mark.
pub fn text(bytes: &[u8]) -> Result<&str, Unreadable> {
    let text = std::str::from_utf8(bytes)
        .map_err(|error| Unreadable::Malformed { encoding: "UTF-8", offset: error.valid_up_to() as u64 })?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

/// The error of a JSON text: `mistyped` if the syntax is valid.
pub(super) fn fault(error: &serde_json::Error, mistyped: Unreadable) -> Unreadable {
    if error.classify() == Category::Data {
        return mistyped;
    }
    let (line, column) = (error.line(), error.column());
    let text = error.to_string();
    let place = format!(" at line {line} column {column}");
    let reason = text.strip_suffix(&place).unwrap_or(&text).to_owned();
    Unreadable::BrokenJson { line, column, reason }
}
