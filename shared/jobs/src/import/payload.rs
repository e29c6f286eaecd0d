//! A payload, read piece by piece: its bytes come over the network, its rows are read by a
//! thread of their own, and neither gets far ahead of the other.

use std::io::{self, Read};

use bytes::Bytes;
use saldo_domain::fields::PayloadErrorKind;
use saldo_domain::import::{ImportJob, Notation, PayloadFile};
use saldo_formats::read::{ReadError, SourceEnded};
use saldo_store::app::App;
use saldo_store::failure::Failure;
use tokio::sync::mpsc;

/// The bytes that are asked of S3 at once. All of a request's payload is one piece.
const PIECE_BYTES: u64 = 4 * 1024 * 1024;
/// The pieces that wait to be read.
const PIECES_AHEAD: usize = 1;

/// The payload of a job, which may be read several times.
pub(crate) struct Payload {
    app: App,
    file: PayloadFile,
    notation: Notation,
    /// The first piece, once it was read.
    first: Option<Bytes>,
}

impl Payload {
    pub(crate) fn of(app: &App, job: &ImportJob) -> Self {
        Self { app: app.clone(), file: job.payload.clone(), notation: job.notation.clone(), first: None }
    }

    /// Has `work` read the payload, on a thread where it may block. The inner error is never `SourceEnded`.
    ///
    /// # Errors
    /// [`Failure`] when S3 fails.
    pub(crate) async fn read<T, W>(&mut self, work: W) -> Result<Result<T, ReadError>, Failure>
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
        // What was read before the payload was lost counts as little as what comes after.
        if !found? {
            return Ok(Err(PayloadErrorKind::Lost.into()));
        }
        match reading.await.map_err(Failure::corrupt("a payload"))? {
            Err(ReadError::SourceEnded(_)) => Err(Failure::missing("the rest of a payload")),
            read => Ok(read),
        }
    }

    /// Sends all the pieces, until they are wanted no more. Says whether they were there.
    async fn send_pieces(&mut self, pieces: &mpsc::Sender<Bytes>) -> Result<bool, Failure> {
        let mut at = 0;
        while at < self.file.bytes {
            let end = self.file.bytes.min(at + PIECE_BYTES);
            let kept = self.first.clone().filter(|_| at == 0);
            let piece = match kept {
                Some(piece) => Some(piece),
                None => self.app.files.get_piece(&self.file.name, self.file.etag.as_deref(), at..end).await?,
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
        // The end is told by a piece without bytes: a channel that is closed is one cut off.
        let _nobody_reads = pieces.send(Bytes::new()).await;
        Ok(true)
    }
}

/// The bytes of the pieces, one after the other.
pub(crate) struct Source {
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
