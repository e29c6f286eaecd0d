//! Limits on what is read. A row, or the blanks before it, has at most [`ROW_BYTES_MAX`] bytes, so memory does not
//! grow with a file. A compressed file, and the number of rows, are limited by the payload's size, so that a small
//! payload can't cause the work of a large one.

use std::cell::Cell;
use std::io::{self, BufRead, Read};
use std::rc::Rc;

use saldo_domain::fields::PayloadErrorKind;

use super::{ROW_BYTES_MAX, io_error};

/// The bytes that readers take from their source at a time, and so may have read beyond a row.
pub(super) const BUFFER_BYTES: usize = 64 * 1024;

/// How many times its size a gzip file, or a part of a workbook, may expand to. Deflate reaches 1,032 on a single repeated byte
/// (<https://www.zlib.net/zlib_tech.html>). Generated exports of 200,000 rows reached 9 (customers and
/// amounts that vary), 72 (JSON that varies in the id alone) and 124 (fixed width, nine tenths of it
/// blanks) with `gzip -9`.
pub const EXPANSION_MAX: u64 = 200;
/// The bytes that any gzip file may expand to, however small it is: four times an uncompressed request.
const EXPANDED_BYTES_FREE: u64 = 16_000_000;

/// The rows that any payload may have: 20 chunks, which are processed quickly.
pub const ROWS_FREE: u64 = 10_000;
/// The bytes of a payload for each further row, on average. The shortest row with an id of five digits, a name and
/// an amount, such as `10001,Al,5`, has 11 bytes with its line break.
const ROW_BYTES_MIN: u64 = 8;
/// The same for a gzip file. Rows that differ only in a running number took 2.4 bytes or more, measured as above.
const ROW_GZIP_BYTES_MIN: u64 = 1;

/// A source that counts the bytes that were read.
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

/// A decompressed source that fails when it is more than [`EXPANSION_MAX`] times as long as the payload.
pub(super) struct Expanded<R> {
    source: R,
    /// The compressed bytes that were read so far, or all of them.
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
            true => Err(io_error(PayloadErrorKind::ExpandsTooMuch { times_max: EXPANSION_MAX })),
            false => Ok(read),
        }
    }
}

/// Whether a payload of this size may have this number of rows.
pub(super) fn may_have_rows(rows: u64, payload_bytes: u64, gzip: bool) -> bool {
    let bytes_min = if gzip { ROW_GZIP_BYTES_MIN } else { ROW_BYTES_MIN };
    rows.saturating_sub(ROWS_FREE).saturating_mul(bytes_min) <= payload_bytes
}

/// The error of a row, or blanks before it, of too many bytes.
pub(super) fn too_long() -> io::Error {
    io_error(PayloadErrorKind::RowTooLong { bytes_max: ROW_BYTES_MAX })
}

/// A source that fails if a row has too many bytes. `since_row` counts the bytes; its reader resets it after each
/// row.
pub(super) struct Metered<'a, R> {
    pub(super) source: R,
    pub(super) since_row: &'a Cell<usize>,
}

impl<R: Read> Read for Metered<'_, R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.source.read(out)?;
        self.since_row.set(self.since_row.get() + read);
        if self.since_row.get() > ROW_BYTES_MAX + BUFFER_BYTES { Err(too_long()) } else { Ok(read) }
    }
}

/// A source that is read block by block, and the part of it that is in memory.
pub(super) struct Buffer<R> {
    source: R,
    has_ended: bool,
    bytes: Vec<u8>,
    /// The position in `bytes` up to which they were passed.
    at: usize,
}

impl<R: BufRead> Buffer<R> {
    pub(super) fn new(source: R) -> Self {
        Self { source, has_ended: false, bytes: Vec::new(), at: 0 }
    }

    /// Whether there is nothing behind the unread bytes.
    pub(super) fn has_ended(&self) -> bool {
        self.has_ended
    }

    /// The bytes that were read from the source and not passed.
    pub(super) fn unread(&self) -> &[u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    /// The bytes that were passed since the last block was read.
    pub(super) fn passed(&self) -> &[u8] {
        self.bytes.get(..self.at).unwrap_or_default()
    }

    /// Passes some of the unread bytes.
    pub(super) fn advance(&mut self, bytes: usize) {
        self.at = self.bytes.len().min(self.at + bytes);
    }

    /// The length of the unread bytes before what `find` finds in them, reading on until it is there or the source ends.
    pub(super) fn length_before(&mut self, find: impl Fn(&[u8]) -> Option<usize>) -> io::Result<usize> {
        let mut searched = 0;
        loop {
            let rest = self.unread().get(searched..).unwrap_or_default();
            match find(rest) {
                Some(at) => return Ok(searched + at),
                None => searched += rest.len(),
            }
            match self.has_ended {
                true => return Ok(searched),
                false => self.fill_for_row()?,
            }
        }
    }

    /// As [`Buffer::fill`], if the unread bytes, which belong to one row, are not too many.
    pub(super) fn fill_for_row(&mut self) -> io::Result<()> {
        if self.unread().len() > ROW_BYTES_MAX { Err(too_long()) } else { self.fill() }
    }

    /// Drops the bytes that were passed, and reads a block, unless the source ends.
    pub(super) fn fill(&mut self) -> io::Result<()> {
        self.bytes.drain(..self.at);
        self.at = 0;
        let wanted = self.bytes.len() + BUFFER_BYTES;
        while self.bytes.len() < wanted && !self.has_ended {
            let block = self.source.fill_buf()?;
            let block = block.get(..BUFFER_BYTES).unwrap_or(block);
            self.bytes.extend_from_slice(block);
            let read = block.len();
            self.source.consume(read);
            self.has_ended = read == 0;
        }
        Ok(())
    }

    /// The unread bytes and what follows them in the source.
    pub(super) fn into_unread(mut self) -> impl Read {
        self.bytes.drain(..self.at);
        io::Cursor::new(self.bytes).chain(self.source)
    }
}
