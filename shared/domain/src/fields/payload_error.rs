//! The error of a payload: a body, a form or a file that can't be taken apart into fields or rows.

use std::fmt;

use serde_json::error::Category;

use super::header_found::{HeaderFound, MissingColumn, ShownNames};
use super::{Finding, FindingCode, Misquoting, NO_SUCH_FIELD};
use crate::suggest;

/// Why a payload can't be taken apart, and where. The message quotes no values.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{position}{kind}")]
pub struct PayloadError {
    /// What is wrong.
    pub kind: PayloadErrorKind,
    /// Where, as far as it is known.
    pub position: Position,
}

/// A place in a payload. All numbers but `byte` count from 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Position {
    /// The line.
    pub line: Option<u64>,
    /// The line on which the row begins, where that may be another one.
    pub row: Option<u64>,
    /// In JSON the character of the line, 0 where the line is empty; in CSV the column of the table.
    pub column: Option<u64>,
    /// The number of bytes before the place.
    pub byte: Option<u64>,
}

impl Position {
    /// A line.
    #[must_use]
    pub fn line(line: u64) -> Self {
        Self { line: Some(line), ..Self::default() }
    }
}

impl fmt::Display for Position {
    /// The position, with a colon and a blank behind it; nothing if it is unknown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self { line: Some(line), row: Some(row), .. } => {
                write!(f, "line {line}, in the row that begins on line {row}: ")
            }
            Self { line: Some(line), column: Some(column), .. } => {
                write!(f, "line {line}, column {column}: ")
            }
            Self { line: Some(line), .. } => write!(f, "line {line}: "),
            Self { column: Some(column), .. } => write!(f, "column {column}: "),
            Self { byte: Some(byte), .. } => write!(f, "byte {byte}: "),
            _ => Ok(()),
        }
    }
}

/// What is wrong with a payload.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PayloadErrorKind {
    /// The bytes are not text in the encoding that they begin in.
    #[error("the text is not {encoding}")]
    InvalidEncoding {
        /// The name of the encoding.
        encoding: &'static str,
    },
    /// The percent-encoded bytes of a form, or of a query, are not UTF-8.
    #[error("a percent-encoded text is not UTF-8")]
    InvalidPercentEncoding,
    /// The text is not JSON.
    #[error("{reason}")]
    InvalidJson {
        /// What the parser expected.
        reason: String,
    },
    /// A value has another JSON type than it must have.
    #[error("expected {expected}")]
    WrongType {
        /// The name of the field; empty for the body itself.
        field: &'static str,
        /// The type that it must have.
        expected: &'static str,
    },
    /// The field that holds the rows is missing.
    #[error("the field is required")]
    MissingField {
        /// The name of the field.
        field: &'static str,
    },
    /// A field is given twice.
    #[error("the field is given twice")]
    DuplicateField {
        /// The name of the field.
        field: &'static str,
    },
    /// The body has fields beside the one that holds the rows.
    #[error("{NO_SUCH_FIELD}: {}", names.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))]
    UnknownFields {
        /// The first of them.
        names: Vec<UnknownName>,
    },
    /// The payload has no rows.
    #[error("there are no rows to import")]
    NoRows,
    /// The file has no bank statement.
    #[error("there is no bank statement in the file")]
    NoStatements,
    /// A file of bank statements can't be divided into statements and entries.
    #[error("the statement can't be read: {reason}")]
    InvalidStatement {
        /// What the parser expected.
        reason: String,
    },
    /// The payload has too many rows.
    #[error("more than {max} rows in one file")]
    TooManyRows {
        /// The number of rows that a payload may have.
        max: u64,
    },
    /// The text of the payload is too long.
    #[error("more than {bytes_max} bytes in one file, decompressed")]
    TooLong {
        /// The bytes that it may have.
        bytes_max: u64,
    },
    /// A compressed file expands to too many times its size.
    #[error(
        "the compressed file expands to more than {times_max} times its size; import a gzip file without compression, \
         and a workbook as CSV"
    )]
    ExpandsTooMuch {
        /// How many times its size it may expand to.
        times_max: u64,
    },
    /// The payload has more rows than its bytes can hold, if the rows have data.
    #[error(
        "more rows than a payload of this size can hold; remove rows without data, or import a gzip file without compression"
    )]
    RowsTooShort,
    /// A row, or the blanks before it, is too long.
    #[error("a row has more than {bytes_max} bytes; is a quotation mark or a line left open?")]
    RowTooLong {
        /// The bytes that it may have.
        bytes_max: usize,
    },
    /// The file is not a gzip file, or not all of one.
    #[error("the gzip file can't be decompressed: {reason}")]
    InvalidGzip {
        /// What the decompressor expected.
        reason: String,
    },
    /// A table has too many columns.
    #[error("more than {max} columns")]
    TooManyColumns {
        /// The number of columns that it may have.
        max: usize,
    },
    /// The header of a column is too long.
    #[error("the header has more than {chars_max} characters")]
    HeaderTooLong {
        /// The characters that it may have.
        chars_max: usize,
    },
    /// A row opens a quotation mark that is never closed: the rest of the file is in its cell.
    #[error("the row opens a quotation mark that is never closed")]
    UnclosedQuote,
    /// Quotation marks are wrong in a way that makes it unclear where rows end.
    #[error("{how}")]
    Misquoted {
        /// The mistake.
        how: Misquoting,
    },
    /// The file is in another format than it should be.
    #[error("the file is {is}; {advice}")]
    OtherFormat {
        /// What it is.
        is: &'static str,
        /// What to do about it.
        advice: &'static str,
    },
    /// The file is not a workbook, or not all of one.
    #[error("the workbook can't be read: {reason}; open it in a spreadsheet and save it again")]
    InvalidWorkbook {
        /// What is wrong.
        reason: String,
    },
    /// A workbook, or a part of it, is too large.
    #[error("the workbook has more than {max} {of}; save the sheet as CSV, and import that")]
    WorkbookTooLarge {
        /// How many it may have.
        max: u64,
        /// Of what.
        of: &'static str,
    },
    /// A workbook lacks the sheet that is stated.
    #[error("the workbook has no sheet {sheet}; its visible sheets are {}", names.join(", "))]
    NoSuchSheet {
        /// The sheet.
        sheet: String,
        /// The first visible sheets.
        names: Vec<String>,
    },
    /// Cells of several rows are merged, so that all but the first of them are blank.
    #[error(
        "the cells {range} are merged over several rows, of which only the first has their value; unmerge them and fill \
         the value in each row"
    )]
    MergedCells {
        /// The cells.
        range: String,
    },
    /// The file has no line with the number of the header, or the line is empty.
    #[error("line {line}, which is stated as that of the header, is empty or too far from the beginning")]
    NoHeaderLine {
        /// The number of the line, counting from 1.
        line: u64,
    },
    /// No column of the header is a field of an account.
    #[error("no column of the header is a field of an account; see `mapping` to name them; {found}")]
    NoKnownColumn {
        /// The header.
        found: Box<HeaderFound>,
    },
    /// Required fields have no column, so every row would be refused.
    #[error(
        "no column for {}; name the columns after the fields, or assign columns to fields with `mapping`; {found}",
        columns.iter().map(ToString::to_string).collect::<Vec<_>>().join(" and ")
    )]
    MissingColumns {
        /// The fields.
        columns: Vec<MissingColumn>,
        /// The header.
        found: Box<HeaderFound>,
    },
    /// Several columns have a header that the options name.
    #[error("several columns have the header {header}; name one by its number, or by header and occurrence")]
    RepeatedHeader {
        /// The header.
        header: String,
    },
    /// Two columns fill the same field.
    #[error("two columns fill the field {field}")]
    DuplicateColumn {
        /// The name of the field.
        field: &'static str,
    },
    /// Options name columns that the header lacks.
    #[error("`{}` names columns that the file does not have: {columns}; {found}", options.join("` and `"))]
    UnmatchedColumns {
        /// The names of the options, at least one.
        options: Box<[&'static str]>,
        /// The names of the columns.
        columns: ShownNames,
        /// The header.
        found: Box<HeaderFound>,
    },
    /// The stored payload is no longer what was accepted.
    #[error("the payload is not there any more, or was replaced; send it again")]
    Lost,
}

/// The name of an unknown field, cut to a bounded length, and the known field with the most similar name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownName {
    /// The name.
    pub name: String,
    /// The known field.
    pub similar: Option<&'static str>,
}

impl fmt::Display for UnknownName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.similar {
            Some(similar) => write!(f, "{} (did you mean {similar}?)", self.name),
            None => f.write_str(&self.name),
        }
    }
}

impl PayloadErrorKind {
    /// The error in a place.
    #[must_use]
    pub fn at(self, position: Position) -> PayloadError {
        PayloadError { kind: self, position }
    }

    /// The code, which callers compare: it never changes.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::InvalidEncoding { .. } | Self::InvalidPercentEncoding => "invalid_encoding",
            Self::InvalidJson { .. } => FindingCode::InvalidJson.name(),
            Self::WrongType { .. } => FindingCode::InvalidType.name(),
            Self::MissingField { .. } => FindingCode::Required.name(),
            Self::DuplicateField { .. } => FindingCode::DuplicateField.name(),
            Self::UnknownFields { .. } => FindingCode::UnknownField.name(),
            Self::NoRows => "no_rows",
            Self::NoStatements => "no_statements",
            Self::InvalidStatement { .. } => "invalid_statement",
            Self::TooManyRows { .. } => "too_many_rows",
            Self::TooLong { .. } => "too_long",
            Self::ExpandsTooMuch { .. } => "expands_too_much",
            Self::RowsTooShort => "rows_too_short",
            Self::RowTooLong { .. } => "row_too_long",
            Self::InvalidGzip { .. } => "invalid_gzip",
            Self::TooManyColumns { .. } => "too_many_columns",
            Self::HeaderTooLong { .. } => "header_too_long",
            Self::UnclosedQuote => "unclosed_quote",
            Self::Misquoted { .. } => FindingCode::Misquoted.name(),
            Self::OtherFormat { .. } => "other_format",
            Self::InvalidWorkbook { .. } => "invalid_workbook",
            Self::WorkbookTooLarge { .. } => "workbook_too_large",
            Self::NoSuchSheet { .. } => "no_such_sheet",
            Self::MergedCells { .. } => "merged_cells",
            Self::NoHeaderLine { .. } => "no_header_line",
            Self::RepeatedHeader { .. } => "repeated_header",
            Self::NoKnownColumn { .. } => "no_known_column",
            Self::MissingColumns { .. } => "missing_column",
            Self::DuplicateColumn { .. } => "duplicate_column",
            Self::UnmatchedColumns { .. } => FindingCode::InvalidValue.name(),
            Self::Lost => "payload_lost",
        }
    }

    /// The findings about fields of the request, if the error concerns fields.
    #[must_use]
    pub fn findings(&self) -> Vec<Finding> {
        let found = |field: &'static str, code| vec![Finding::in_field(field, code, self.to_string())];
        match self {
            Self::WrongType { field, .. } => found(field, FindingCode::InvalidType),
            Self::MissingField { field } => found(field, FindingCode::Required),
            Self::DuplicateField { field } => found(field, FindingCode::DuplicateField),
            Self::UnknownFields { names } => {
                let found = |unknown: &UnknownName| {
                    let reason = format!("{NO_SUCH_FIELD}{}", suggest::hint(unknown.similar));
                    Finding::in_field(unknown.name.clone(), FindingCode::UnknownField, reason)
                };
                names.iter().map(found).collect()
            }
            Self::UnmatchedColumns { options, .. } => {
                options.iter().flat_map(|option| found(option, FindingCode::InvalidValue)).collect()
            }
            _ => Vec::new(),
        }
    }
}

impl From<PayloadErrorKind> for PayloadError {
    fn from(kind: PayloadErrorKind) -> Self {
        kind.at(Position::default())
    }
}

/// A body as text, without the byte order mark that some editors write.
///
/// # Errors
/// When the bytes are not UTF-8.
pub fn text(bytes: &[u8]) -> Result<&str, PayloadError> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let position = Position { byte: Some(error.valid_up_to() as u64), ..Position::default() };
        PayloadErrorKind::InvalidEncoding { encoding: "UTF-8" }.at(position)
    })?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

/// The error of a JSON text. If the text is JSON, a value has a wrong type: `mistyped`.
pub(super) fn json_error(error: &serde_json::Error, mistyped: PayloadErrorKind) -> PayloadError {
    if error.classify() == Category::Data {
        return mistyped.into();
    }
    let (line, column) = (error.line(), error.column());
    let text = error.to_string();
    let place = format!(" at line {line} column {column}");
    let reason = text.strip_suffix(&place).unwrap_or(&text).to_owned();
    let position = Position { line: Some(line as u64), column: Some(column as u64), ..Position::default() };
    PayloadErrorKind::InvalidJson { reason }.at(position)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn message_begins_with_the_position() {
        let at = |position| PayloadError { kind: PayloadErrorKind::NoRows, position }.to_string();
        let whole = Position { line: Some(4), row: Some(2), column: Some(7), byte: Some(30) };
        for (position, expected) in [
            (Position::default(), ""),
            (Position::line(4), "line 4: "),
            (whole, "line 4, in the row that begins on line 2: "),
            (Position { row: None, ..whole }, "line 4, column 7: "),
            (Position { row: None, line: None, ..whole }, "column 7: "),
            (Position { byte: Some(30), ..Position::default() }, "byte 30: "),
        ] {
            assert_eq!(at(position), format!("{expected}there are no rows to import"));
        }
    }
}
