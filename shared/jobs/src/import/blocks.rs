//! The bytes of a payload in any order, for a workbook, whose list of parts is at its end. The blocking reader asks for the
//! block at a position, the async task downloads it; a few blocks are in memory.

use std::collections::VecDeque;
use std::io::{self, Read, Seek, SeekFrom};

use bytes::Bytes;
use saldo_formats::read::SourceEnded;
use tokio::sync::mpsc;

/// The bytes of a block, and of a request to S3.
pub(super) const BLOCK_BYTES: u64 = 4 * 1024 * 1024;
/// The blocks in memory: of the list of parts, the part that is read, and one more.
const BLOCKS_MAX: usize = 3;

/// Reads the blocks.
pub(super) struct Blocks {
    /// The numbers of the blocks that are wanted.
    wanted: mpsc::Sender<u64>,
    received: mpsc::Receiver<Bytes>,
    /// The bytes of the payload.
    bytes: u64,
    at: u64,
    /// The last blocks, each with its number.
    held: VecDeque<(u64, Bytes)>,
}

/// The async end: the numbers of the wanted blocks, and the blocks.
pub(super) struct Requests {
    pub(super) wanted: mpsc::Receiver<u64>,
    pub(super) blocks: mpsc::Sender<Bytes>,
}

impl Blocks {
    /// Both ends, for a payload of so many bytes.
    pub(super) fn of(bytes: u64) -> (Self, Requests) {
        let ((wanted, requests), (blocks, received)) = (mpsc::channel(1), mpsc::channel(1));
        let held = VecDeque::new();
        (Self { wanted, received, bytes, at: 0, held }, Requests { wanted: requests, blocks })
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
        let (number, begin) = (self.at / BLOCK_BYTES, self.at % BLOCK_BYTES);
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
        let (mut blocks, Requests { mut wanted, blocks: sender }) = Blocks::of(payload.len() as u64);
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
        let mut requests = Vec::new();
        while let Some(number) = wanted.recv().await {
            requests.push(number);
            let begin = usize::try_from(number * BLOCK_BYTES).expect("small");
            let end = payload.len().min(begin + usize::try_from(BLOCK_BYTES).expect("small"));
            sender.send(Bytes::copy_from_slice(&payload[begin..end])).await.expect("a receiver");
        }
        reading.await.expect("read");
        assert_eq!(requests, [2, 0, 1]);
    }
}
