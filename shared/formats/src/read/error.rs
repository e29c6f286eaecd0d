//! Why reading a payload stopped before its end.

use std::io;

use saldo_domain::fields::{PayloadError, PayloadErrorKind, Position};

/// The source ended before the payload. Sources return it inside an [`io::Error`].
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the source ended before the payload")]
pub struct SourceEnded;

/// Why reading stopped before the end of the payload.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The payload can't be read.
    #[error(transparent)]
    Payload(PayloadError),
    /// The source ended first, with [`SourceEnded`].
    #[error(transparent)]
    SourceEnded(#[from] SourceEnded),
    /// The sink accepts no more rows.
    #[error("reading was stopped")]
    Stopped,
}

impl ReadError {
    /// Adds the line to the position, if the error concerns a row.
    pub(super) fn on_line(self, line: u64) -> Self {
        match self {
            Self::Payload(PayloadError { kind: kind @ PayloadErrorKind::RowTooLong { .. }, .. }) => {
                Self::Payload(kind.at(Position::line(line)))
            }
            other => other,
        }
    }
}

impl From<PayloadError> for ReadError {
    fn from(error: PayloadError) -> Self {
        Self::Payload(error)
    }
}

impl From<PayloadErrorKind> for ReadError {
    fn from(kind: PayloadErrorKind) -> Self {
        Self::Payload(kind.into())
    }
}

impl From<io::Error> for ReadError {
    fn from(error: io::Error) -> Self {
        match error.downcast::<PayloadError>() {
            Ok(error) => Self::Payload(error),
            #[expect(
                clippy::redundant_closure_for_method_calls,
                reason = "the method's path names a type with bounds"
            )]
            Err(error) if error.get_ref().is_some_and(|inner| inner.is::<SourceEnded>()) => {
                Self::SourceEnded(SourceEnded)
            }
            // Besides the readers of this crate, only the decompressor returns errors of its own.
            Err(error) => PayloadErrorKind::InvalidGzip { reason: error.to_string() }.into(),
        }
    }
}

/// An error that a reader returns as an [`io::Error`].
pub(super) fn io_error(error: impl Into<PayloadError>) -> io::Error {
    io::Error::other(error.into())
}
