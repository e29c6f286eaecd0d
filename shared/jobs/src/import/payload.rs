//! Streaming a payload: the async task downloads pieces from S3, a blocking thread parses them into rows, and a
//! bounded channel between them limits the memory. A workbook is read in blocks, in the order in which its reader asks for
//! them.

use std::io::{self, Read};
use std::ops::Range;

use bytes::Bytes;
use saldo_domain::fields::PayloadErrorKind;
use saldo_domain::import::{Format, ImportJob, Notation, PayloadFile};
use saldo_formats::read::{Contents, ReadError, Sink, SourceEnded, read, read_workbook};
use saldo_store::failure::Failure;
use saldo_store::files::FileStore;
use tokio::sync::mpsc;

use super::blocks::{BLOCK_BYTES, Blocks, Requests};
use super::stores::Stores;

/// The bytes of one request to S3. A payload that was sent in a request body is one piece.
const PIECE_BYTES: u64 = 4 * 1024 * 1024;
/// The pieces that may wait for the parser.
const PIECES_AHEAD: usize = 1;

/// The payload of a job. It can be read several times.
pub(super) struct Payload {
    files: FileStore,
    file: PayloadFile,
    notation: Notation,
    /// The first piece, kept for the next pass.
    first: Option<Bytes>,
}

impl Payload {
    pub(super) fn of(stores: &Stores, job: &ImportJob) -> Self {
        Self {
            files: stores.files.clone(),
            file: job.payload.clone(),
            notation: job.notation.clone(),
            first: None,
        }
    }

    /// Runs `work` on the payload's bytes, on a thread where it may block.
    ///
    /// # Errors
    /// [`Failure`] when S3 fails; the inner error when the payload was not read to its end.
    pub(super) async fn read<T, W>(&mut self, work: W) -> Result<Result<T, ReadError>, Failure>
    where
        W: FnOnce(&Notation, Source) -> Result<T, ReadError> + Send + 'static,
        T: Send + 'static,
    {
        let notation = self.notation.clone();
        let (reading, found) = match notation.format {
            Format::Xlsx => {
                let (blocks, requests) = Blocks::of(self.file.bytes, BLOCK_BYTES);
                let reading = tokio::task::spawn_blocking(move || work(&notation, Source::Blocks(blocks)));
                (reading, Box::pin(self.send_blocks(requests)).await)
            }
            Format::Json | Format::Ndjson | Format::Csv => {
                let (pieces, source) = mpsc::channel(PIECES_AHEAD);
                let source = Stream { pieces: source, piece: Bytes::new(), ended: false };
                let reading = tokio::task::spawn_blocking(move || work(&notation, Source::Stream(source)));
                let found = Box::pin(self.send_pieces(&pieces)).await;
                drop(pieces);
                (reading, found)
            }
        };
        // Rows from before the loss don't count either.
        if !found? {
            return Ok(Err(PayloadErrorKind::Lost.into()));
        }
        match reading.await.map_err(Failure::corrupt("a payload"))? {
            Err(ReadError::SourceEnded(_)) => Err(Failure::missing("the rest of a payload")),
            read => Ok(read),
        }
    }

    /// Sends the pieces until the receiver is dropped. Returns false if the payload was deleted or replaced.
    async fn send_pieces(&mut self, pieces: &mpsc::Sender<Bytes>) -> Result<bool, Failure> {
        let mut at = 0;
        while at < self.file.bytes {
            let end = self.file.bytes.min(at + PIECE_BYTES);
            let Some(piece) = self.piece(at..end).await? else { return Ok(false) };
            if pieces.send(piece).await.is_err() {
                return Ok(true);
            }
            at = end;
        }
        // An empty piece marks the end. A channel that closes without one means that the download failed.
        let _receiver_dropped = pieces.send(Bytes::new()).await;
        Ok(true)
    }

    /// Sends the blocks that are wanted. Returns false if the payload was deleted or replaced.
    async fn send_blocks(&mut self, mut requests: Requests) -> Result<bool, Failure> {
        while let Some(range) = requests.next().await {
            let Some(block) = self.piece(range).await? else { return Ok(false) };
            requests.answer(block).await;
        }
        Ok(true)
    }

    /// A piece of the payload; `None` if the payload was deleted or replaced.
    async fn piece(&mut self, range: Range<u64>) -> Result<Option<Bytes>, Failure> {
        let is_first = range.start == 0;
        if let Some(first) = self.first.clone().filter(|_| is_first) {
            return Ok(Some(first));
        }
        let piece = self.files.get_piece(&self.file.name, self.file.etag.as_deref(), range).await?;
        if is_first {
            self.first = piece.clone();
        }
        Ok(piece)
    }
}

/// The bytes of a payload, on the thread that may block.
pub(super) enum Source {
    /// One after the other.
    Stream(Stream),
    /// In any order.
    Blocks(Blocks),
}

impl Source {
    /// Reads the rows.
    ///
    /// # Errors
    /// As [`read`].
    pub(super) fn rows(self, notation: &Notation, sink: impl Sink) -> Result<Contents, ReadError> {
        match self {
            Self::Stream(stream) => read(notation, stream, sink),
            Self::Blocks(blocks) => read_workbook(notation, blocks, sink),
        }
    }
}

/// Reads the pieces as one stream of bytes.
pub(super) struct Stream {
    pieces: mpsc::Receiver<Bytes>,
    piece: Bytes,
    ended: bool,
}

impl Read for Stream {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.piece.is_empty() && !self.ended {
            let piece = self.pieces.blocking_recv();
            self.piece = piece.ok_or_else(|| io::Error::other(SourceEnded))?;
            self.ended = self.piece.is_empty();
        }
        let length = self.piece.len().min(out.len());
        self.piece.split_to(length).as_ref().read(out)
    }
}
