//! Splitting a payload into chunks: one pass finds superseded rows, a second one yields the chunks.
//!
//! The same payload always gives the same chunks, so a chunk whose file is lost or corrupt can be read from the
//! payload again.

use saldo_domain::import::{Chunk, Chunker, DuplicateScan, ImportJob, Named, Superseded};
use saldo_formats::read::{Contents, ReadError};
use saldo_store::failure::Failure;
use saldo_store::files::ImportFiles;
use tokio::sync::mpsc;

use super::chunk_file;
use super::payload::Payload;
use super::stores::Stores;

/// The chunks that may wait in the channel between the reader and the receiver.
pub(super) const CHUNKS_AHEAD: usize = 2;

/// The result of the first pass.
pub(super) struct Scanned {
    pub(super) superseded: Superseded,
    /// The accounts that a complete file names.
    pub(super) named: Option<Named>,
    /// The legacy encoding of the payload, if it was assumed.
    pub(super) assumed_encoding: Option<&'static str>,
    /// The names of the sheets of a workbook with cells that are not read.
    pub(super) unread_sheets: Option<String>,
}

/// First pass: counts the rows and finds those that a later row supersedes. The inner error says why the payload
/// can't be read.
pub(super) async fn scan_duplicates(
    job: &ImportJob,
    payload: &mut Payload,
) -> Result<Result<Scanned, ReadError>, Failure> {
    let (mut scan, is_complete) = (DuplicateScan::new(job.org.clone()), job.is_complete_file());
    let read = payload.read(move |notation, source| {
        let contents = source.rows(notation, |shape, row| {
            match is_complete {
                true => scan.add_of_complete_file(shape, &row),
                false => scan.add(shape, &row),
            }
            Ok(())
        })?;
        let Contents { assumed_encoding, unread_sheets, .. } = contents;
        let named = is_complete.then(|| scan.named(assumed_encoding.is_some()));
        Ok(Scanned { superseded: scan.finish(), named, assumed_encoding, unread_sheets })
    });
    read.await
}

/// Second pass: sends the chunks in their order, until the payload ends or the receiver is dropped.
pub(super) async fn send_chunks(
    job: &ImportJob,
    superseded: Superseded,
    payload: &mut Payload,
    chunks: mpsc::Sender<Chunk>,
) -> Result<Result<(), ReadError>, Failure> {
    let mut chunker = Chunker::new(superseded, job.rows_per_chunk);
    let read = payload.read(move |notation, source| {
        let send = |chunk| chunks.blocking_send(chunk).map_err(|_| ReadError::Stopped);
        let contents = source.rows(notation, |shape, row| match chunker.push(shape, row) {
            Some(chunk) => send(chunk),
            None => Ok(()),
        })?;
        chunker.finish(&contents.shape).map_or(Ok(()), send)
    });
    read.await
}

/// The chunk with this number; `None` if the payload has fewer chunks.
pub(super) async fn find_chunk(
    job: &ImportJob,
    superseded: Superseded,
    payload: &mut Payload,
    number: u32,
) -> Result<Result<Option<Chunk>, ReadError>, Failure> {
    let (sender, mut chunks) = mpsc::channel::<Chunk>(CHUNKS_AHEAD);
    let find = async move {
        while let Some(chunk) = chunks.recv().await {
            if chunk.number == number {
                return Some(chunk);
            }
        }
        None
    };
    let (sent, found) = tokio::join!(send_chunks(job, superseded, payload, sender), find);
    Ok(match sent? {
        Ok(()) | Err(ReadError::Stopped) => Ok(found),
        Err(unreadable) => Err(unreadable),
    })
}

/// Reads a chunk from the payload again, because its file is missing or corrupt. `None` if the payload has fewer
/// chunks; the inner error if the payload can't be read.
pub(super) async fn reread_chunk(
    stores: &Stores,
    job: &ImportJob,
    number: u32,
) -> Result<Result<Option<Chunk>, ReadError>, Failure> {
    let mut payload = Payload::of(stores, job);
    match scan_duplicates(job, &mut payload).await? {
        Ok(scanned) => find_chunk(job, scanned.superseded, &mut payload, number).await,
        Err(ended) => Ok(Err(ended)),
    }
}

/// Writes the files of these chunks again from the payload. Does nothing if the payload can't be read: the worker
/// of each chunk reports that.
pub(super) async fn rewrite_chunks(stores: &Stores, job: &ImportJob, numbers: &[u32]) -> Result<(), Failure> {
    if numbers.is_empty() {
        return Ok(());
    }
    let mut payload = Payload::of(stores, job);
    let Ok(Scanned { superseded, .. }) = scan_duplicates(job, &mut payload).await? else { return Ok(()) };
    let (sender, mut chunks) = mpsc::channel::<Chunk>(CHUNKS_AHEAD);
    let files = ImportFiles::of(&job.org, &job.id);
    let write = async move {
        while let Some(chunk) = chunks.recv().await {
            if numbers.contains(&chunk.number) {
                chunk_file::store(stores, &files, &chunk).await?;
            }
        }
        Ok::<_, Failure>(())
    };
    let (sent, written) = tokio::join!(send_chunks(job, superseded, &mut payload, sender), write);
    written.and(sent.map(drop))
}
