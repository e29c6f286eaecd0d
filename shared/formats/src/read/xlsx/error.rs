//! The errors about workbooks.

use std::io;

use saldo_domain::fields::{PayloadError, PayloadErrorKind};

use super::super::{ReadError, SourceEnded};

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

/// The error of a source, which may be one of this crate's readers, or else is the decompressor's.
pub(super) fn of_source(error: &io::Error) -> ReadError {
    let inner = error.get_ref();
    if let Some(ended) = inner.and_then(|inner| inner.downcast_ref::<SourceEnded>()) {
        return (*ended).into();
    }
    match inner.and_then(|inner| inner.downcast_ref::<PayloadError>()) {
        Some(error) => error.clone().into(),
        None => invalid(error.to_string()).into(),
    }
}
