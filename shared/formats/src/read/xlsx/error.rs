//! The errors about workbooks.

use std::io;

use saldo_domain::fields::PayloadErrorKind;

use super::super::{ReadError, xml};

/// The characters of a reason. Those of the parsers quote names of the file.
const REASON_CHARS_MAX: usize = 200;

/// A workbook that is not as the standard says, or not whole.
pub(super) fn invalid(reason: impl Into<String>) -> PayloadErrorKind {
    PayloadErrorKind::InvalidWorkbook { reason: reason.into().chars().take(REASON_CHARS_MAX).collect() }
}

/// A workbook with too much of something.
pub(super) fn too_large(max: u64, of: &'static str) -> PayloadErrorKind {
    PayloadErrorKind::WorkbookTooLarge { max, of }
}

/// The error of a source.
pub(super) fn of_source(error: &io::Error) -> ReadError {
    xml::of_source(error, invalid)
}
