//! A source that counts lines and limits the bytes between two events.

use std::cell::Cell;
use std::io::{self, BufRead, Read};

use saldo_domain::fields::{PayloadErrorKind, Position};

use super::super::super::{ReadError, io_error};
use super::super::invalid;

/// A source that counts what its reader takes.
pub(super) struct Counted<'a, R> {
    pub(super) source: R,
    /// The number of the line up to which was read.
    pub(super) line: &'a Cell<u64>,
    /// The bytes since the reader set it to 0.
    pub(super) since_event: &'a Cell<usize>,
    /// The most of them.
    pub(super) bytes_max: usize,
}

impl<R: BufRead> BufRead for Counted<'_, R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.since_event.get() > self.bytes_max {
            return Err(io_error(invalid(format!("an element has more than {} bytes", self.bytes_max))));
        }
        self.source.fill_buf()
    }

    fn consume(&mut self, bytes: usize) {
        // What was filled is returned again.
        let taken = self.source.fill_buf().ok().and_then(|filled| filled.get(..bytes));
        let lines = taken.map_or(0, |taken| memchr::memchr_iter(b'\n', taken).count());
        self.line.set(self.line.get() + lines as u64);
        self.since_event.set(self.since_event.get() + bytes);
        self.source.consume(bytes);
    }
}

impl<R: BufRead> Read for Counted<'_, R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let length = self.fill_buf()?.read(out)?;
        self.consume(length);
        Ok(length)
    }
}

impl ReadError {
    /// Adds the line to an error about the statement that has no place.
    pub(super) fn at_line_if_unknown(self, line: u64) -> Self {
        match self {
            Self::Payload(error)
                if error.position == Position::default()
                    && matches!(error.kind, PayloadErrorKind::InvalidStatement { .. }) =>
            {
                error.kind.at(Position::line(line)).into()
            }
            other => other,
        }
    }
}
