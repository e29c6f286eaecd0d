//! The planner: reads the payload twice, first to count its rows, then to divide them into chunks, which it queues
//! as it goes.
//!
//! It may be killed at any point. After each `chunks_at_once` chunks it records how many are queued; the next run
//! reads the payload again and continues after the last record. Chunks after that record may have been queued
//! already: a chunk that is queued twice counts once.

use std::time::{Duration, Instant};

use futures::future::try_join_all;
use jiff::Timestamp;
use saldo_domain::import::{Chunk, ImportJob, ImportStatus, Superseded};
use saldo_formats::read::ReadError;
use saldo_store::failure::Failure;
use saldo_store::files::ImportFiles;
use saldo_store::queue::{ImportMessage, Queued};
use saldo_store::{Counted, End};
use tokio::sync::mpsc;

use super::end::{self, stop_queueing};
use super::payload::Payload;
use super::split::{CHUNKS_AHEAD, Scanned, find_chunk, scan_duplicates, send_chunks};
use super::stores::{Stores, Worker};
use super::{chunk, chunk_file, closing};

/// The chunks that are written to S3 at the same time, and so are in memory.
const CHUNKS_IN_FLIGHT: usize = 8;
/// The most rows of an import that leave marks without a look at the open imports: it costs two requests and a write unit.
const ROWS_WITH_MARKS: u64 = 3;

/// Plans an import and queues its chunks; a single chunk is processed at once. If the run's time is up first, the
/// message is put back for another run. Returns when the import ended, if it ended.
///
/// # Errors
/// [`Failure`] when AWS fails.
pub(super) async fn plan(
    worker: &Worker,
    queued: &Queued<ImportMessage>,
    job: &ImportJob,
) -> Result<Option<End>, Failure> {
    let (begun, stores) = (Instant::now(), &worker.stores);
    match job.chunks {
        // An earlier planner was killed while it processed the only chunk: this one continues.
        Some(1) => {}
        None if !job.is_stopping() => {}
        _ => return stop_queueing(stores, job).await,
    }
    let mut payload = Payload::of(stores, job);
    let Scanned { superseded, named, assumed_encoding, unread_sheets } =
        match scan_duplicates(job, &mut payload).await? {
            Ok(scanned) => scanned,
            Err(ended) => return end::fail(stores, job, &ended.to_string(), true).await,
        };
    let (total, now) = (superseded.total, Timestamp::now());
    let one = superseded.fit_one_chunk(job.rows_per_chunk);
    let unidentified = match named {
        Some(named) => Box::pin(closing::accept(stores, job, named)).await?,
        None => 0,
    };
    let marks = needs_marks(stores, job, &superseded, now).await?;
    let counted =
        Counted { total, one, marks_unchanged: marks, unidentified, assumed_encoding, unread_sheets };
    let Some(job) = stores.imports.counted(job, &counted, now).await? else {
        tracing::info!(org = %job.org, import = %job.id, "the import no longer exists");
        return Ok(None);
    };
    tracing::info!(org = %job.org, import = %job.id, rows = total, marks = job.marks_unchanged, "counted the rows");
    match job.chunks {
        _ if job.status != ImportStatus::Processing => Ok(job.completed_at.map(End::Job)),
        Some(1) => process_only_chunk(worker, &job, superseded, payload).await,
        None if !job.is_stopping() => match queue_chunks(stores, &job, superseded, payload, begun).await? {
            Planned::Ended(ended) => Ok(ended),
            Planned::InPart => stores.plan_queue.put_back(queued, Duration::ZERO).await.map(|()| None),
        },
        _ => stop_queueing(stores, &job).await,
    }
}

/// Whether the import's rows leave a mark where they change nothing: an older import may still write, or finding that
/// out would cost as much as the marks.
async fn needs_marks(
    stores: &Stores,
    job: &ImportJob,
    superseded: &Superseded,
    now: Timestamp,
) -> Result<bool, Failure> {
    let rows = superseded.total - superseded.count();
    if job.dry_run || job.planned_at.is_some() || rows <= ROWS_WITH_MARKS {
        return Ok(job.marks_unchanged);
    }
    // Rows of a newer import with an older day have to find the days of this one's.
    if job.is_complete_file() && stores.imports.newer_is_entered(job).await? {
        return Ok(true);
    }
    Ok(!stores.imports.no_older_is_open(job, now).await?)
}

/// Processes the only chunk of an import.
async fn process_only_chunk(
    worker: &Worker,
    job: &ImportJob,
    superseded: Superseded,
    mut payload: Payload,
) -> Result<Option<End>, Failure> {
    match find_chunk(job, superseded, &mut payload, 0).await? {
        Ok(Some(chunk)) => chunk::process(worker, job, &chunk).await,
        Ok(None) => Err(Failure::missing("the chunk of an import")),
        Err(ended) => end::fail(&worker.stores, job, &ended.to_string(), true).await,
    }
}

/// How far a run has planned an import.
enum Planned {
    /// To its end. With the time when the import ended, if it has.
    Ended(Option<End>),
    /// As far as the run's time allowed.
    InPart,
}

/// Queues the chunks that are not queued yet, until the run's time is up.
async fn queue_chunks(
    stores: &Stores,
    job: &ImportJob,
    superseded: Superseded,
    mut payload: Payload,
    begun: Instant,
) -> Result<Planned, Failure> {
    let (sender, chunks) = mpsc::channel::<Chunk>(CHUNKS_AHEAD);
    // The receiver is dropped with the future, also on an error, so that the reader never waits for it.
    let queue = receive_and_queue(stores, job, chunks, begun);
    let (sent, progress) = tokio::join!(send_chunks(job, superseded, &mut payload, sender), queue);
    if let Err(ReadError::Payload(error)) = sent? {
        return end::fail(stores, job, &error.to_string(), true).await.map(Planned::Ended);
    }
    let ended = match progress? {
        Progress::OutOfTime(queued) => {
            tracing::info!(org = %job.org, import = %job.id, queued, "the planner's time is up: the message is queued again to continue");
            return Ok(Planned::InPart);
        }
        Progress::All(chunks) if stores.imports.queued(job, chunks, true).await? => {
            tracing::info!(org = %job.org, import = %job.id, chunks, "queued all chunks");
            stores.imports.end_if_done(job, Timestamp::now()).await?
        }
        Progress::All(_) | Progress::Stopped => stop_queueing(stores, job).await?,
    };
    Ok(Planned::Ended(ended))
}

/// How queueing ended.
enum Progress {
    /// All chunks are queued: their number.
    All(u32),
    /// The job is stopping.
    Stopped,
    /// The run's time is up; this many chunks are queued.
    OutOfTime(u32),
}

/// Writes the files of the chunks that arrive and queues the chunks, `chunks_at_once` for each record in the job.
async fn receive_and_queue(
    stores: &Stores,
    job: &ImportJob,
    mut chunks: mpsc::Receiver<Chunk>,
    begun: Instant,
) -> Result<Progress, Failure> {
    let (mut queued, mut written) = (job.queued, job.queued);
    let mut waiting = Vec::new();
    loop {
        let chunk = chunks.recv().await;
        let all = chunk.is_none();
        waiting.extend(chunk.filter(|chunk| chunk.number >= job.queued));
        let step = queued + job.chunks_at_once;
        let full = waiting.last().is_some_and(|chunk| chunk.number + 1 >= step);
        if !all && !full && waiting.len() < CHUNKS_IN_FLIGHT {
            continue;
        }
        write(stores, job, &waiting).await?;
        written = waiting.last().map_or(written, |last| last.number + 1);
        waiting.clear();
        if !all && !full {
            continue;
        }
        end::queue_chunks(stores, job, queued..written).await?;
        queued = written;
        if all {
            return Ok(Progress::All(queued));
        }
        // Chunks that are still in the channel are read again by the next run.
        if !stores.imports.queued(job, queued, false).await? {
            return Ok(Progress::Stopped);
        }
        if begun.elapsed() >= stores.limits.planning_time {
            return Ok(Progress::OutOfTime(queued));
        }
    }
}

/// Writes the files of these chunks.
async fn write(stores: &Stores, job: &ImportJob, chunks: &[Chunk]) -> Result<(), Failure> {
    let files = ImportFiles::of(&job.org, &job.id);
    try_join_all(chunks.iter().map(|chunk| chunk_file::store(stores, &files, chunk))).await.map(drop)
}
