//! Limits on the input. Memory does not grow with a file: no row, and no whitespace between two rows, is longer than
//! [`ROW_BYTES_MAX`]. A small payload can't cause the work of a large one: expansion and number of rows are limited
//! by its size.

use std::cell::Cell;
use std::io::{self, Read};
use std::rc::Rc;

use super::error::Unreadable;
use super::limits::{EXPANSION_MAX, ROW_BYTES_MAX, ROWS_FREE};

/// The buffer of a reader in bytes, and so how far it may read beyond a row.
pub(super) const BUFFER_BYTES: usize = 64 * 1024;

/// The bytes that every gzip file may expand to, whatever its size: four times an uncompressed request body.
const EXPANDED_BYTES_FREE: u64 = 16_000_000;

/// The least average size in bytes of the rows beyond [`ROWS_FREE`]. The shortest row with an id of five digits, a
/// name and an amount, such as `10001,Al,5`, has 11 with its line break.
const ROW_BYTES_MIN: u64 = 8;
/// The same for a gzip file. Rows that differ only in a running number took 2.4 or more, measured as above.
const ROW_GZIP_BYTES_MIN: u64 = 1;

/// Counts the bytes that are read from a source.
pub(super) struct Counted<R> {
    pub(super) source: R,
    pub(super) bytes: Rc<Cell<u64>>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.source.read(out)?;
        self.bytes.set(self.bytes.get() + read as u64);
        Ok(read)
    }
}

/// Fails when the decompressed text is more than [`EXPANSION_MAX`] times as long as the payload.
pub(super) struct Expanded<R> {
    source: R,
    /// The bytes of the payload that were read so far.
    payload: Rc<Cell<u64>>,
    expanded: u64,
}

impl<R: Read> Expanded<R> {
    pub(super) fn new(source: R, payload: Rc<Cell<u64>>) -> Self {
        Self { source, payload, expanded: 0 }
    }
}

impl<R: Read> Read for Expanded<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.source.read(out)?;
        self.expanded += read as u64;
        let most = EXPANDED_BYTES_FREE.max(EXPANSION_MAX.saturating_mul(self.payload.get()));
        match self.expanded > most {
            true => Err(io::Error::other(Unreadable::ExpandsTooMuch)),
            false => Ok(read),
        }
    }
}

/// Whether a payload of this size may have this many rows.
pub(super) fn may_have_rows(rows: u64, payload_bytes: u64, gzip: bool) -> bool {
    let bytes_min = if gzip { ROW_GZIP_BYTES_MIN } else { ROW_BYTES_MIN };
    rows.saturating_sub(ROWS_FREE).saturating_mul(bytes_min) <= payload_bytes
}

/// Fails when more than [`ROW_BYTES_MAX`] bytes are read before the reader of rows resets `since_row`.
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

/// Keeps the bytes that were read and not [released](Self::release): the current row and the reader's buffer.
pub(super) struct Window<R> {
    source: R,
    kept: Vec<u8>,
    /// The position of `kept` in the source, in bytes.
    begins: u64,
}

impl<R: Read> Window<R> {
    pub(super) fn new(source: R) -> Self {
        Self { source, kept: Vec::new(), begins: 0 }
    }

    /// The kept bytes from this position in the source on.
    pub(super) fn from(&self, at: u64) -> &[u8] {
        let skip = usize::try_from(at.saturating_sub(self.begins)).unwrap_or(usize::MAX);
        self.kept.get(skip..).unwrap_or_default()
    }

    /// Drops the bytes before this position, once they fill a buffer.
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
        // At most: a buffer that is not dropped yet, the reader's buffer, and the row.
        if self.kept.len() > ROW_BYTES_MAX + 3 * BUFFER_BYTES {
            return Err(io::Error::other(Unreadable::RowTooLong { line: None }));
        }
        let read = self.source.read(out)?;
        let new = out.get(..read).unwrap_or_default();
        self.kept.extend_from_slice(new);
        Ok(read)
    }
}
