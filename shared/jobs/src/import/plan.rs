//! The planner: reads the payload twice, to count its rows and to cut them into chunks, which
//! it queues as it goes.
//!
//! It may be cut off anywhere. Each time that another `chunks_at_once` chunks are queued it
//! records how many are; its redelivery reads again, and goes on from there. Of the chunks after
//! the record some may have been queued before: queued twice, a chunk counts once.

use std::ops::Range;
use std::time::{Duration, Instant};

use futures::future::try_join_all;
use jiff::Timestamp;
use saldo_domain::import::{Chunk, Chunker, DuplicateScan, ImportJob, ImportStatus, Superseded};
use saldo_formats::read;
use saldo_formats::read::Fault;
use saldo_store::ChunkPart;
use saldo_store::app::App;
use saldo_store::failure::Failure;
use saldo_store::files::ImportFiles;
use saldo_store::queue::{ImportMessage, ImportTask, Queued};
use tokio::sync::mpsc;

use crate::import::chunk;
use crate::import::payload::{Ended, Payload};

/// The chunks that are written to S3 at the same time, and so are in memory.
const CHUNKS_IN_FLIGHT: usize = 8;
/// The chunks that wait to be queued.
const CHUNKS_AHEAD: usize = 2;

/// Plans an import and queues its chunks; a single chunk is processed on the spot. What does not
/// fit into this run's time is left to another: the message is put back. Returns when the import
/// ended, if it did.
pub async fn plan(
    app: &App,
    queued: &Queued<ImportMessage>,
    job: &ImportJob,
) -> Result<Option<Timestamp>, Failure> {
    let begun = Instant::now();
    match job.chunks {
        // In a planner's hands, this one's now: it is begun.
        Some(1) => {}
        None if !job.is_stopping() => {}
        _ => return wind_down(app, job).await,
    }
    let mut payload = Payload::of(app, job);
    let superseded = match survey(job, &mut payload).await? {
        Ok(superseded) => superseded,
        Err(ended) => return fail(app, job, &ended.to_string()).await,
    };
    let (total, now) = (superseded.total, Timestamp::now());
    let one = superseded.leave_one_chunk(job.rows_per_chunk);
    let Some(job) = app.imports.counted(job, total, superseded.count(), one, now).await? else {
        tracing::info!(org = %job.org, import = %job.id, "the import was taken back");
        return Ok(None);
    };
    tracing::info!(org = %job.org, import = %job.id, rows = total, "counted");
    match job.chunks {
        _ if job.status != ImportStatus::Processing => Ok(job.completed_at),
        Some(1) => process_only(app, &job, superseded, payload).await,
        None if !job.is_stopping() => match queue_chunks(app, &job, superseded, payload, begun).await? {
            Planned::Ended(ended) => Ok(ended),
            Planned::InPart => app.plan_queue.put_back(queued, Duration::ZERO).await.map(|()| None),
        },
        _ => wind_down(app, &job).await,
    }
}

/// Reads the payload for the first time.
async fn survey(job: &ImportJob, payload: &mut Payload) -> Result<Result<Superseded, Ended>, Failure> {
    let mut survey = DuplicateScan::new(job.org.clone());
    let read = payload.read(move |notation, source| {
        read::read(notation, source, |shape, row| {
            survey.add(shape, &row);
            Ok(())
        })?;
        Ok(survey.finish())
    });
    read.await
}

/// Reads the payload for the second time and hands its chunks on.
async fn cut(
    job: &ImportJob,
    superseded: Superseded,
    payload: &mut Payload,
    chunks: mpsc::Sender<Chunk>,
) -> Result<Result<(), Ended>, Failure> {
    let mut chunker = Chunker::new(superseded, job.rows_per_chunk);
    let cut = payload.read(move |notation, source| {
        let hand_on = |chunk| chunks.blocking_send(chunk).map_err(|_| Fault::Stopped);
        let shape = read::read(notation, source, |shape, row| match chunker.push(shape, row) {
            Some(chunk) => hand_on(chunk),
            None => Ok(()),
        })?;
        chunker.finish(&shape).map_or(Ok(()), hand_on)
    });
    cut.await
}

/// Processes the one chunk of an import.
async fn process_only(
    app: &App,
    job: &ImportJob,
    superseded: Superseded,
    mut payload: Payload,
) -> Result<Option<Timestamp>, Failure> {
    match find_chunk(job, superseded, &mut payload, 0).await? {
        Ok(Some(chunk)) => chunk::process(app, job, &chunk).await,
        Ok(None) => Err(Failure::missing("the chunk of an import")),
        Err(ended) => fail(app, job, &ended.to_string()).await,
    }
}

/// The chunk of this number, cut from the payload again, for a chunk whose file is missing or
/// can't be read. None if the payload has fewer chunks; the inner error if the payload can't be read.
pub(crate) async fn cut_again(
    app: &App,
    job: &ImportJob,
    number: u32,
) -> Result<Result<Option<Chunk>, Ended>, Failure> {
    let mut payload = Payload::of(app, job);
    match survey(job, &mut payload).await? {
        Ok(superseded) => find_chunk(job, superseded, &mut payload, number).await,
        Err(ended) => Ok(Err(ended)),
    }
}

/// Writes the files of these chunks again, as they are cut from the payload.
pub async fn write_again(app: &App, job: &ImportJob, numbers: &[u32]) -> Result<(), Failure> {
    if numbers.is_empty() {
        return Ok(());
    }
    let mut payload = Payload::of(app, job);
    // What can't be read is told by whoever is to process it.
    let Ok(superseded) = survey(job, &mut payload).await? else { return Ok(()) };
    let (sender, mut chunks) = mpsc::channel::<Chunk>(CHUNKS_AHEAD);
    let files = ImportFiles::of(&job.org, &job.id);
    let write = async move {
        while let Some(chunk) = chunks.recv().await {
            if numbers.contains(&chunk.number) {
                chunk::store(app, &files, &chunk).await?;
            }
        }
        Ok::<_, Failure>(())
    };
    let (cut, written) = tokio::join!(cut(job, superseded, &mut payload, sender), write);
    written.and(cut.map(drop))
}

async fn find_chunk(
    job: &ImportJob,
    superseded: Superseded,
    payload: &mut Payload,
    number: u32,
) -> Result<Result<Option<Chunk>, Ended>, Failure> {
    let (sender, mut chunks) = mpsc::channel::<Chunk>(CHUNKS_AHEAD);
    let find = async move {
        while let Some(chunk) = chunks.recv().await {
            if chunk.number == number {
                return Some(chunk);
            }
        }
        None
    };
    let (cut, found) = tokio::join!(cut(job, superseded, payload, sender), find);
    Ok(match cut? {
        Ok(()) | Err(Ended::Stopped) => Ok(found),
        Err(unreadable) => Err(unreadable),
    })
}

/// How far a run has planned an import.
enum Planned {
    /// As far as it goes; and when the import ended, if it did.
    Ended(Option<Timestamp>),
    /// As far as its time allows.
    InPart,
}

/// Queues the chunks that are not queued yet, as they are cut, until its time is up.
async fn queue_chunks(
    app: &App,
    job: &ImportJob,
    superseded: Superseded,
    mut payload: Payload,
    begun: Instant,
) -> Result<Planned, Failure> {
    let (sender, mut chunks) = mpsc::channel::<Chunk>(CHUNKS_AHEAD);
    // Its end of the channel goes away with it, whatever becomes of it: nobody is to wait there.
    let queue = async move {
        let (mut queued, mut written) = (job.queued, job.queued);
        let mut cut = Vec::new();
        loop {
            let chunk = chunks.recv().await;
            let all = chunk.is_none();
            cut.extend(chunk.filter(|chunk| chunk.number >= job.queued));
            let step = queued + job.chunks_at_once;
            let full = cut.last().is_some_and(|chunk| chunk.number + 1 >= step);
            if !all && !full && cut.len() < CHUNKS_IN_FLIGHT {
                continue;
            }
            write(app, job, &cut).await?;
            written = cut.last().map_or(written, |last| last.number + 1);
            cut.clear();
            if !all && !full {
                continue;
            }
            send(app, job, queued..written).await?;
            queued = written;
            if all {
                return Ok::<_, Failure>(Progress::All(queued));
            }
            // What is cut meanwhile, and waits in the channel, is cut again another time.
            if !app.imports.queued(job, queued, false).await? {
                return Ok(Progress::Stopped);
            }
            if begun.elapsed() >= app.limits.planning_time {
                return Ok(Progress::OutOfTime(queued));
            }
        }
    };
    let (cut, progress) = tokio::join!(cut(job, superseded, &mut payload, sender), queue);
    if let Err(Ended::Unreadable(reason)) = cut? {
        return fail(app, job, &reason).await.map(Planned::Ended);
    }
    let ended = match progress? {
        Progress::OutOfTime(queued) => {
            tracing::info!(org = %job.org, import = %job.id, queued, "planning goes on in another run");
            return Ok(Planned::InPart);
        }
        Progress::All(chunks) if app.imports.queued(job, chunks, true).await? => {
            tracing::info!(org = %job.org, import = %job.id, chunks, "planned");
            app.imports.end_if_done(job, Timestamp::now()).await?
        }
        Progress::All(_) | Progress::Stopped => wind_down(app, job).await?,
    };
    Ok(Planned::Ended(ended))
}

/// How queueing ended.
enum Progress {
    /// All chunks are queued, so many.
    All(u32),
    /// The job is to stop.
    Stopped,
    /// So many are queued; the others are left to another run.
    OutOfTime(u32),
}

/// Writes chunks to where their workers look for them.
async fn write(app: &App, job: &ImportJob, chunks: &[Chunk]) -> Result<(), Failure> {
    let files = ImportFiles::of(&job.org, &job.id);
    try_join_all(chunks.iter().map(|chunk| chunk::store(app, &files, chunk))).await.map(drop)
}

/// Queues the chunks of these numbers.
async fn send(app: &App, job: &ImportJob, numbers: Range<u32>) -> Result<(), Failure> {
    let messages: Vec<_> = numbers.map(|number| message(job, ImportTask::Chunk(number))).collect();
    app.import_queue.send(&messages).await
}

/// What is to be done for a job.
pub fn message(job: &ImportJob, task: ImportTask) -> ImportMessage {
    ImportMessage { org: job.org.clone(), import: job.id.clone(), task }
}

/// Has a job fail. Returns when it ended, if that was at once.
pub async fn fail(app: &App, job: &ImportJob, reason: &str) -> Result<Option<Timestamp>, Failure> {
    match app.imports.fail(job, reason).await? {
        Some(job) => wind_down(app, &job).await,
        None => Ok(None),
    }
}

/// Queues nothing more of a job that is to stop. The chunks that nobody has begun are left out
/// by their workers; those that may be queued and may be not, are queued for that.
async fn wind_down(app: &App, job: &ImportJob) -> Result<Option<Timestamp>, Failure> {
    let Some(job) = app.imports.get(&job.org, &job.id).await? else { return Ok(None) };
    match job.chunks {
        None if job.is_stopping() => {
            let chunks = match job.planned_at {
                None => 0,
                Some(_) => job.queued + job.chunks_at_once,
            };
            send(app, &job, job.queued..chunks).await?;
            app.imports.queued_no_more(&job, chunks).await?;
        }
        // The one chunk was this planner's, and its rows are lost.
        Some(1) if job.reason.is_some() => {
            return app.imports.commit(&job, &ChunkPart::exhausted(0), Timestamp::now()).await;
        }
        _ => {}
    }
    app.imports.end_if_done(&job, Timestamp::now()).await
}
