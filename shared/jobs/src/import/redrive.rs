//! Work that was given up, done again: for operators, once what was wrong is mended.

use std::collections::BTreeSet;

use futures::TryStreamExt;
use saldo_domain::id::{ImportId, OrgId};
use saldo_domain::import::ImportStatus;
use saldo_store::app::App;
use saldo_store::failure::Failure;
use saldo_store::queue::ImportTask;

use crate::import::plan::{self, message};

/// What a redrive did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Redriven {
    /// The import goes on: so many chunks are queued, and maybe its plan.
    Queued {
        /// The chunks that were given up or never came to an end.
        chunks: usize,
        /// Whether it is planned further.
        plan: bool,
    },
    /// Nothing of it was given up: it ended as it was to end.
    NothingToDo,
    /// The organization has no such import.
    NotFound,
}

/// Takes up again what was given up of an import, and queues again what of a running one is
/// not done: what was done stays done, and nothing is counted twice. The rows are read from the
/// payload anew. May itself be cut off and run again.
///
/// # Errors
/// [`Failure`] when DynamoDB, S3 or SQS fails.
pub async fn redrive(app: &App, org: &OrgId, id: &ImportId) -> Result<Redriven, Failure> {
    let Some(job) = app.imports.get(org, id).await? else { return Ok(Redriven::NotFound) };
    let parts: Vec<_> = app.imports.chunks_from(&job, 0).try_collect().await?;
    let exhausted = parts.iter().any(|part| part.exhausted);
    let begins_round = match job.status {
        ImportStatus::Processing => exhausted,
        // Its owner does not want it.
        _ if job.cancel_requested_at.is_some() => return Ok(Redriven::NothingToDo),
        ImportStatus::Failed => true,
        ImportStatus::CompletedWithErrors if exhausted => true,
        ImportStatus::Completed | ImportStatus::CompletedWithErrors | ImportStatus::Cancelled => {
            return Ok(Redriven::NothingToDo);
        }
    };
    let job = if begins_round {
        let changed = Failure::Throttled { operation: "redrive of an import that is just changing" };
        app.imports.begin_round(&job).await?.ok_or(changed)?
    } else {
        job
    };
    let done = parts.iter().filter(|part| !part.exhausted).map(|part| part.number).collect();
    // The one chunk of an import is its planner's.
    let (plan, chunks) = match job.chunks {
        Some(1) => (true, Vec::new()),
        Some(chunks) => (false, left(chunks, &done)),
        None => (true, left(job.queued, &done)),
    };
    plan::write_again(app, &job, &chunks).await?;
    let messages: Vec<_> = chunks.iter().map(|number| message(&job, ImportTask::Chunk(*number))).collect();
    app.import_queue.send(&messages).await?;
    if plan {
        app.plan_queue.send(&[message(&job, ImportTask::Plan)]).await?;
    }
    tracing::info!(%org, import = %id, chunks = chunks.len(), plan, "redriven");
    Ok(Redriven::Queued { chunks: chunks.len(), plan })
}

/// The chunks that were queued and are not done with.
fn left(queued: u32, done: &BTreeSet<u32>) -> Vec<u32> {
    (0..queued).filter(|number| !done.contains(number)).collect()
}
