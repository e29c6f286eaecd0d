//! The bytes of a payload in any order, for a workbook, whose list of parts is at its end. The blocking reader asks for the
//! block at a position, the async task downloads it; a few blocks are in memory.

use std::collections::VecDeque;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;

use bytes::Bytes;
use saldo_domain::import::PayloadFile;
use saldo_formats::read::SourceEnded;
use saldo_store::failure::Failure;
use saldo_store::files::FileStore;
use tokio::sync::mpsc;

/// The bytes of a block, and of a request to S3, for a workbook that is read to its end.
pub(super) const BLOCK_BYTES: u64 = 4 * 1024 * 1024;
/// The same for a workbook of which only the beginnings of some parts are read.
const SMALL_BLOCK_BYTES: u64 = 512 * 1024;
/// The blocks in memory: of the list of parts, the part that is read, and one more.
const BLOCKS_MAX: usize = 3;

/// Reads the blocks.
#[derive(Debug)]
pub struct Blocks {
    /// The numbers of the blocks that are wanted.
    wanted: mpsc::Sender<u64>,
    received: mpsc::Receiver<Bytes>,
    /// The bytes of the payload.
    bytes: u64,
    block_bytes: u64,
    at: u64,
    /// The last blocks, each with its number.
    held: VecDeque<(u64, Bytes)>,
}

/// The async end: the numbers of the wanted blocks, and the blocks.
pub(super) struct Requests {
    wanted: mpsc::Receiver<u64>,
    blocks: mpsc::Sender<Bytes>,
    bytes: u64,
    block_bytes: u64,
}

impl Requests {
    /// The bytes of the block that is wanted next; `None` when the reader was dropped.
    pub(super) async fn next(&mut self) -> Option<Range<u64>> {
        let begin = self.wanted.recv().await?.saturating_mul(self.block_bytes);
        Some(begin..self.bytes.min(begin.saturating_add(self.block_bytes)))
    }

    /// Sends the block that was wanted, unless the reader was dropped.
    pub(super) async fn answer(&self, block: Bytes) {
        let _dropped = self.blocks.send(block).await;
    }
}

/// Runs `work` on the beginnings of some parts of a workbook in S3, on a thread where it may block. Returns `None` if the file
/// was deleted or replaced.
///
/// # Errors
/// [`Failure`] when S3 fails.
pub async fn read_by_range<T: Send + 'static>(
    files: &FileStore,
    file: &PayloadFile,
    work: impl FnOnce(Blocks) -> T + Send + 'static,
) -> Result<Option<T>, Failure> {
    let (blocks, mut requests) = Blocks::of(file.bytes, SMALL_BLOCK_BYTES);
    let working = tokio::task::spawn_blocking(move || work(blocks));
    while let Some(range) = requests.next().await {
        let block = files.get_piece(&file.name, file.etag.as_deref(), range).await?;
        let Some(block) = block else { return Ok(None) };
        requests.answer(block).await;
    }
    working.await.map(Some).map_err(Failure::corrupt("a workbook"))
}

impl Blocks {
    /// Both ends, for a payload of so many bytes.
    pub(super) fn of(bytes: u64, block_bytes: u64) -> (Self, Requests) {
        let ((wanted, requests), (blocks, received)) = (mpsc::channel(1), mpsc::channel(1));
        let held = VecDeque::new();
        let requests = Requests { wanted: requests, blocks, bytes, block_bytes };
        (Self { wanted, received, bytes, block_bytes, at: 0, held }, requests)
    }

    /// The block with a number.
    fn block(&mut self, number: u64) -> io::Result<&Bytes> {
        if !self.held.iter().any(|(held, _)| *held == number) {
            let ended = || io::Error::other(SourceEnded);
            self.wanted.blocking_send(number).map_err(|_| ended())?;
            let block = self.received.blocking_recv().ok_or_else(ended)?;
            self.held.truncate(BLOCKS_MAX - 1);
            self.held.push_front((number, block));
        }
        let held = self.held.iter().find(|(held, _)| *held == number);
        held.map(|(_, block)| block).ok_or_else(|| io::Error::other(SourceEnded))
    }
}

impl Read for Blocks {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.at >= self.bytes {
            return Ok(0);
        }
        let (number, begin) = (self.at / self.block_bytes, self.at % self.block_bytes);
        let begin = usize::try_from(begin).unwrap_or(usize::MAX);
        let read = self.block(number)?.get(begin..).unwrap_or_default().read(out)?;
        self.at += read as u64;
        Ok(read)
    }
}

impl Seek for Blocks {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(offset) => self.bytes.checked_add_signed(offset),
            SeekFrom::Current(offset) => self.at.checked_add_signed(offset),
        };
        self.at = at.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn blocks_are_read_in_any_order() {
        let payload: Vec<u8> = (0..10_000_000_u32).map(|at| at.to_le_bytes()[at as usize % 3]).collect();
        let (mut blocks, mut requests) = Blocks::of(payload.len() as u64, BLOCK_BYTES);
        let expected = payload.clone();
        let reading = tokio::task::spawn_blocking(move || {
            for (at, length) in
                [(9_999_990_usize, 10_usize), (0, 30), (4_194_300, 10), (9_999_000, 1_000), (20, 9_000_000)]
            {
                blocks.seek(SeekFrom::Start(at as u64)).expect("a position");
                let mut read = vec![0; length];
                blocks.read_exact(&mut read).expect("bytes");
                assert!(read == expected[at..at + length], "{at}");
            }
            assert_eq!(blocks.seek(SeekFrom::End(-4)).ok(), Some(9_999_996));
            assert_eq!(io::copy(&mut blocks, &mut io::sink()).ok(), Some(4));
            assert_eq!(blocks.held.len(), BLOCKS_MAX);
        });
        let mut begins = Vec::new();
        while let Some(range) = requests.next().await {
            begins.push(range.start);
            let at = |at| usize::try_from(at).expect("small");
            requests.answer(Bytes::copy_from_slice(&payload[at(range.start)..at(range.end)])).await;
        }
        reading.await.expect("read");
        assert_eq!(begins, [2, 0, 1].map(|block| block * BLOCK_BYTES));
    }
}
