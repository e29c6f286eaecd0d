//! Chunks that no worker processes: those of a stopping job are skipped, exhausted ones fail.
//!
//! A worker that was killed may have written some of their rows. These rows are counted by what they did.

use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use saldo_domain::import::{Chunk, ImportJob, processing_failed};
use saldo_store::deadline::Deadline;
use saldo_store::failure::Failure;
use saldo_store::{ChunkPart, End};

use super::chunk::{self, GROUPS_AHEAD, ROWS_PER_LOOK_UP};
use super::commit::commit;
use super::row::Row;
use super::stores::Stores;
use super::{chunk_file, end, split};

/// The reason of an import whose rows are lost, as its owner sees it.
pub(super) const NOT_PROCESSED: &str = "the payload could not be processed; send it again";

/// Whether a chunk needs no processing.
pub(super) enum Settled {
    /// It is committed, or the import has no such chunk. With the time when the import ended, if it has.
    Yes(Option<End>),
    /// It has to be processed.
    No,
}

/// Skips the chunk if the job is stopping. A chunk that is committed already is not changed, but the job is ended
/// if the worker that committed the last chunk did not get to it.
pub(super) async fn settle(stores: &Stores, job: &ImportJob, number: u32) -> Result<Settled, Failure> {
    // The planner of a stopping job may queue more numbers than the payload has chunks. Their messages may still
    // arrive after a redrive.
    if job.chunks.is_some_and(|chunks| number >= chunks) {
        return stores.imports.end_if_done(job, Timestamp::now()).await.map(Settled::Yes);
    }
    if stores.imports.part(job, number).await?.is_some() {
        return stores.imports.end_if_done(job, Timestamp::now()).await.map(Settled::Yes);
    }
    match job.is_stopping() {
        true => skip(stores, job, number).await.map(Settled::Yes),
        false => Ok(Settled::No),
    }
}

/// Commits a chunk of a stopping job without processing it. Rows that an earlier worker wrote before it was killed
/// are counted. Returns when the import ended, if this was its last chunk.
async fn skip(stores: &Stores, job: &ImportJob, number: u32) -> Result<Option<End>, Failure> {
    let chunk = match chunk_file::load(stores, job, number).await {
        Err(Failure::Corrupt { .. }) => split::reread_chunk(stores, job, number).await?.unwrap_or_default(),
        // The planner processes the only chunk of an import without a file, and may have been killed.
        Ok(None) if job.chunks == Some(1) => {
            split::reread_chunk(stores, job, number).await?.unwrap_or_default()
        }
        // Any other chunk without a file was not queued.
        chunk => chunk?,
    };
    if let Some(chunk) = chunk.filter(|_| !job.dry_run)
        && let Some(ended) = commit_written(stores, job, chunk).await?
    {
        return Ok(ended);
    }
    stores.imports.commit(job, &ChunkPart::exhausted(number), Timestamp::now()).await
}

/// Commits a chunk of which only the rows count that an earlier worker has written. Returns `None`, and commits nothing,
/// if there are none.
async fn commit_written(
    stores: &Stores,
    job: &ImportJob,
    mut chunk: Chunk,
) -> Result<Option<Option<End>>, Failure> {
    let defaults = chunk::row_defaults(stores, job).await?;
    let groups = chunk.rows.chunks(ROWS_PER_LOOK_UP);
    let groups: Vec<_> =
        groups.map(|rows| chunk::look_up(stores, job, &chunk, rows, defaults, true)).collect();
    let written = stream::iter(groups).buffered(GROUPS_AHEAD).try_fold(Vec::new(), async |mut all, rows| {
        for (row, seen) in rows {
            let write = row.write(job, defaults, Timestamp::now());
            let done = write.map(|write| seen.written_by(&job.org, &write)).transpose()?.flatten();
            all.push(done.map(|done| row.result(defaults, Ok(done))));
        }
        Ok(all)
    });
    let written = written.await?;
    if written.iter().all(Option::is_none) {
        return Ok(None);
    }
    let mut counts = written.iter().map(Option::is_some);
    chunk.rows.retain(|_| counts.next().unwrap_or_default());
    chunk.superseded.clear();
    let written = written.into_iter().flatten().collect();
    let deadline = Deadline::passed();
    let (_, ended) = commit(stores, job, &chunk, written, defaults.currency, true, deadline).await?;
    Ok(Some(ended))
}

/// Fails an exhausted chunk, unless it is committed. Rows that were written, or that have nothing to write, count as a
/// worker would count them; the others are reported as failed. If the chunk's file is missing or corrupt, its rows are
/// read from the payload. Returns when the import ended, if this was its last chunk.
pub(super) async fn fail_exhausted(
    stores: &Stores,
    job: &ImportJob,
    number: u32,
) -> Result<Option<End>, Failure> {
    if let Settled::Yes(ended) = settle(stores, job, number).await? {
        return Ok(ended);
    }
    let chunk = match chunk_file::load(stores, job, number).await {
        Ok(Some(chunk)) => Ok(Some(chunk)),
        Ok(None) | Err(Failure::Corrupt { .. }) => split::reread_chunk(stores, job, number).await?,
        Err(failure) => return Err(failure),
    };
    match chunk {
        Ok(Some(chunk)) => return fail_unwritten(stores, job, &chunk).await,
        // A number without a chunk, queued before a redrive; the job is being planned again.
        Ok(None) if job.chunks.is_none() => return Ok(None),
        Ok(None) | Err(_) => {}
    }
    // In this order: the commit may end the job, and the job must have its reason by then.
    stores.imports.fail(job, NOT_PROCESSED, false).await?;
    match stores.imports.commit(job, &ChunkPart::exhausted(number), Timestamp::now()).await? {
        None => end::fail(stores, job, NOT_PROCESSED, false).await,
        ended => Ok(ended),
    }
}

/// Commits a chunk in which the rows that were not written have failed.
async fn fail_unwritten(stores: &Stores, job: &ImportJob, chunk: &Chunk) -> Result<Option<End>, Failure> {
    let defaults = chunk::row_defaults(stores, job).await?;
    let mut results = Vec::with_capacity(chunk.rows.len());
    for row in &chunk.rows {
        let row = Row::of(job, chunk, row, defaults);
        let result = match row.write(job, defaults, Timestamp::now()) {
            Some(write) => {
                let done = stores.accounts.written_by(&job.org, &write).await?;
                row.result(defaults, done.ok_or_else(processing_failed))
            }
            None => row.refused(),
        };
        results.push(result);
    }
    Ok(commit(stores, job, chunk, results, defaults.currency, true, Deadline::passed()).await?.1)
}
