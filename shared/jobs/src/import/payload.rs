//! Streaming a payload: the async task downloads pieces from S3, a blocking thread parses them into rows, and a
//! bounded channel between them limits the memory.

use std::io::{self, Read};

use bytes::Bytes;
use saldo_domain::fields::PayloadErrorKind;
use saldo_domain::import::{ImportJob, Notation, PayloadFile};
use saldo_formats::read::{ReadError, SourceEnded};
use saldo_store::failure::Failure;
use saldo_store::files::FileStore;
use tokio::sync::mpsc;

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
        let (pieces, source) = mpsc::channel(PIECES_AHEAD);
        let notation = self.notation.clone();
        let reading = tokio::task::spawn_blocking(move || {
            work(&notation, Source { pieces: source, piece: Bytes::new(), ended: false })
        });
        let found = Box::pin(self.send_pieces(&pieces)).await;
        drop(pieces);
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
            let kept = self.first.clone().filter(|_| at == 0);
            let piece = match kept {
                Some(piece) => Some(piece),
                None => self.files.get_piece(&self.file.name, self.file.etag.as_deref(), at..end).await?,
            };
            let Some(piece) = piece else { return Ok(false) };
            if at == 0 {
                self.first = Some(piece.clone());
            }
            if pieces.send(piece).await.is_err() {
                return Ok(true);
            }
            at = end;
        }
        // An empty piece marks the end. A channel that closes without one means that the download failed.
        let _receiver_dropped = pieces.send(Bytes::new()).await;
        Ok(true)
    }
}

/// Reads the pieces as one stream of bytes.
pub(super) struct Source {
    pieces: mpsc::Receiver<Bytes>,
    piece: Bytes,
    ended: bool,
}

impl Read for Source {
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
