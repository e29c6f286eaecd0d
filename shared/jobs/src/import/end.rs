//! The messages of an import, and how an import fails or stops early.

use std::ops::Range;

use jiff::Timestamp;
use saldo_domain::import::ImportJob;
use saldo_store::failure::Failure;
use saldo_store::queue::{ImportMessage, ImportTask};
use saldo_store::{ChunkPart, End};

use super::stores::Stores;

/// The message that asks a worker for this task of the job.
#[must_use]
pub fn message(job: &ImportJob, task: ImportTask) -> ImportMessage {
    ImportMessage { org: job.org.clone(), import: job.id.clone(), task }
}

/// Queues the chunks with these numbers.
pub(super) async fn queue_chunks(
    stores: &Stores,
    job: &ImportJob,
    numbers: Range<u32>,
) -> Result<(), Failure> {
    let messages: Vec<_> = numbers.map(|number| message(job, ImportTask::Chunk(number))).collect();
    stores.import_queue.send(&messages).await
}

/// Marks the job as failing for this reason, which may be that its payload is `unreadable`, and stops it. Returns when the
/// import ended, if it ended at once.
pub(super) async fn fail(
    stores: &Stores,
    job: &ImportJob,
    reason: &str,
    unreadable: bool,
) -> Result<Option<End>, Failure> {
    match stores.imports.fail(job, reason, unreadable).await? {
        Some(job) => stop_queueing(stores, &job).await,
        None => Ok(None),
    }
}

/// Queues no more chunks of a job that is stopping. Workers leave out the chunks that they have not begun. Chunks
/// that an earlier run of the planner may have queued without a record are queued again, so that they are counted.
pub(super) async fn stop_queueing(stores: &Stores, job: &ImportJob) -> Result<Option<End>, Failure> {
    let Some(job) = stores.imports.get(&job.org, &job.id).await? else { return Ok(None) };
    match job.chunks {
        None if job.is_stopping() => {
            let chunks = match job.planned_at {
                None => 0,
                Some(_) => job.queued + job.chunks_at_once,
            };
            queue_chunks(stores, &job, job.queued..chunks).await?;
            stores.imports.queued_no_more(&job, chunks).await?;
        }
        // The planner processes the only chunk itself, and can't read its rows.
        Some(1) if job.reason.is_some() => {
            return stores.imports.commit(&job, &ChunkPart::exhausted(0), Timestamp::now()).await;
        }
        _ => {}
    }
    stores.imports.end_if_done(&job, Timestamp::now()).await
}
