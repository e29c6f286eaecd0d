//! Bounds on what is read at once, so that memory does not grow with a file, and no row, nor the
//! blanks between two, is longer than [`ROW_BYTES_MAX`].

use std::cell::Cell;
use std::io::{self, Read};

use super::{ROW_BYTES_MAX, Unreadable};

/// The bytes that readers take from their source at once, and so may have ahead of a row.
pub(super) const BUFFER_BYTES: usize = 64 * 1024;

/// A source that fails when too much of it is read before somebody sets `since_row` back.
pub(super) struct Metered<'a, R> {
    pub(super) source: R,
    pub(super) since_row: &'a Cell<usize>,
}

impl<R: Read> Read for Metered<'_, R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.source.read(out)?;
        self.since_row.set(self.since_row.get() + read);
        match self.since_row.get() > ROW_BYTES_MAX + BUFFER_BYTES {
            true => Err(io::Error::other(Unreadable::RowTooLong { line: None })),
            false => Ok(read),
        }
    }
}

/// A source of which is kept what was read and not [released](Self::release): the row that is
/// being read, and what a reader has ahead of it.
pub(super) struct Window<R> {
    source: R,
    kept: Vec<u8>,
    /// Where in the source `kept` begins.
    begins: u64,
}

impl<R: Read> Window<R> {
    pub(super) fn new(source: R) -> Self {
        Self { source, kept: Vec::new(), begins: 0 }
    }

    /// What is kept from this place in the source on.
    pub(super) fn from(&self, at: u64) -> &[u8] {
        let skip = usize::try_from(at.saturating_sub(self.begins)).unwrap_or(usize::MAX);
        self.kept.get(skip..).unwrap_or_default()
    }

    /// Forgets what is before this place, once it is worth the while.
    pub(super) fn release(&mut self, to: u64) {
        let done = usize::try_from(to.saturating_sub(self.begins)).unwrap_or(usize::MAX);
        if done >= BUFFER_BYTES {
            let done = done.min(self.kept.len());
            self.kept.drain(..done);
            self.begins += done as u64;
        }
    }
}

impl<R: Read> Read for Window<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        // Up to a buffer that is done with, one that a row has ahead, and the row.
        if self.kept.len() > ROW_BYTES_MAX + 3 * BUFFER_BYTES {
            return Err(io::Error::other(Unreadable::RowTooLong { line: None }));
        }
        let read = self.source.read(out)?;
        let new = out.get(..read).unwrap_or_default();
        self.kept.extend_from_slice(new);
        Ok(read)
    }
}
