//! Redrive of imports: an operator has failed or exhausted work done again once its cause is fixed.

use std::collections::BTreeSet;

use futures::TryStreamExt;
use jiff::Timestamp;
use saldo_domain::id::{ImportId, OrgId};
use saldo_domain::import::{Closing, ImportJob, ImportStatus, NotClosedCode};
use saldo_store::End;
use saldo_store::failure::Failure;
use saldo_store::queue::ImportTask;

use super::end::message;
use super::events;
use super::split::rewrite_chunks;
use super::stores::Worker;

/// What a redrive did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Redriven {
    /// The import continues.
    Queued {
        /// The number of chunks that were queued again: exhausted ones and, in a running import, open ones.
        chunks: usize,
        /// Whether the plan was queued, too.
        plan: bool,
    },
    /// The closing of what its file omits was queued again.
    Closing,
    /// The import has ended, and no part of it was exhausted. Or it waits for a confirmation.
    NothingToDo,
    /// It ended too long ago, or before anything of it was written, and newer imports were processed since. Its rows would
    /// overwrite theirs.
    Overtaken,
    /// It was accepted too long ago. Its rows could bring back accounts that were deleted since.
    TooOld,
    /// The organization has no such import.
    NotFound,
}

/// Queues again what is exhausted in an import that has ended, or open in a running one. Committed chunks stay as they
/// are, and nothing is counted twice. The files of the queued chunks are written from the payload again. A redrive
/// that was interrupted can be repeated.
///
/// # Errors
/// [`Failure`] when DynamoDB, S3 or SQS fails.
pub async fn redrive(worker: &Worker, org: &OrgId, id: &ImportId) -> Result<Redriven, Failure> {
    let Some(job) = worker.stores.imports.get(org, id).await? else { return Ok(Redriven::NotFound) };
    let parts: Vec<_> = worker.stores.imports.chunks_from(&job, 0).try_collect().await?;
    let exhausted = parts.iter().any(|part| part.exhausted);
    if job.closing.as_ref().is_some_and(Closing::has_failed) {
        return continue_closing(worker, &job).await;
    }
    if job.status == ImportStatus::Processing && job.closing.is_some() {
        events::after(&worker.stores, &job, Some(End::Rows)).await?;
        return Ok(Redriven::Closing);
    }
    let begins_round = match job.status {
        ImportStatus::AwaitingConfirmation => return Ok(Redriven::NothingToDo),
        ImportStatus::Processing => exhausted,
        // Its owner has cancelled it.
        _ if job.cancel_requested_at.is_some() => return Ok(Redriven::NothingToDo),
        ImportStatus::Failed => true,
        ImportStatus::Completed | ImportStatus::CompletedWithErrors if exhausted || lacked_rows(&job) => true,
        ImportStatus::Completed | ImportStatus::CompletedWithErrors | ImportStatus::Cancelled => {
            return Ok(Redriven::NothingToDo);
        }
    };
    let now = Timestamp::now();
    if job.is_too_old_to_redrive(now) && !job.dry_run {
        return Ok(Redriven::TooOld);
    }
    let has_ended = job.status != ImportStatus::Processing;
    if has_ended && !job.dry_run && !worker.stores.imports.enter_again(&job, now).await? {
        return Ok(Redriven::Overtaken);
    }
    let job = if begins_round {
        let changed = Failure::Throttled { operation: "redrive of an import that another operation changes" };
        worker.stores.imports.begin_round(&job).await?.ok_or(changed)?
    } else {
        job
    };
    let done = parts.iter().filter(|part| !part.exhausted).map(|part| part.number).collect();
    // The planner processes the only chunk of an import itself.
    let (plan, chunks) = match job.chunks {
        Some(1) => (true, Vec::new()),
        Some(chunks) => (false, left(chunks, &done)),
        None => (true, left(job.queued, &done)),
    };
    rewrite_chunks(&worker.stores, &job, &chunks).await?;
    let messages: Vec<_> = chunks.iter().map(|number| message(&job, ImportTask::Chunk(*number))).collect();
    worker.stores.import_queue.send(&messages).await?;
    if plan {
        worker.stores.plan_queue.send(&[message(&job, ImportTask::Plan)]).await?;
    }
    if messages.is_empty() && !plan {
        // A slow worker has processed what was exhausted.
        let ended = worker.stores.imports.end_if_done(&job, now).await?;
        events::after(&worker.stores, &job, ended).await?;
    }
    tracing::info!(%org, import = %id, chunks = chunks.len(), plan, "redriven");
    Ok(Redriven::Queued { chunks: chunks.len(), plan })
}

/// Whether the file has closed nothing because rows were not processed.
fn lacked_rows(job: &ImportJob) -> bool {
    let not_closed = job.closing.as_ref().and_then(|closing| closing.not_closed.as_ref());
    not_closed.is_some_and(|why| why.code == NotClosedCode::RowsNotProcessed)
}

/// Continues the closing of an import that has ended because it failed too often.
async fn continue_closing(worker: &Worker, job: &ImportJob) -> Result<Redriven, Failure> {
    let (imports, now) = (&worker.stores.imports, Timestamp::now());
    if job.is_too_old_to_redrive(now) && !job.dry_run {
        return Ok(Redriven::TooOld);
    }
    if !job.dry_run && !imports.enter_again(job, now).await? {
        return Ok(Redriven::Overtaken);
    }
    let changed = Failure::Throttled { operation: "redrive of an import that another operation changes" };
    let job = imports.continue_closing(job).await?.ok_or(changed)?;
    events::after(&worker.stores, &job, Some(End::Rows)).await?;
    Ok(Redriven::Closing)
}

/// The numbers of the chunks that are queued and not `done`.
fn left(queued: u32, done: &BTreeSet<u32>) -> Vec<u32> {
    (0..queued).filter(|number| !done.contains(number)).collect()
}
