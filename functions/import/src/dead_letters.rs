//! The dead letters: work that failed until it was given up. Its rows are recorded as
//! failed, so that no import waits for it for ever.

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use jiff::Timestamp;
use saldo::app::App;
use saldo::failure::Failure;
use saldo::import::{Chunk, ImportJob, ImportStatus};
use saldo::queue::{ImportMessage, ImportTask};
use saldo::worker::each_message;

use crate::{chunk, plan, tell};

const NOT_PROCESSED: &str = "the payload could not be processed; send it again";

/// Closes the books of import work that was given up.
pub async fn handle(app: App, event: SqsEvent) -> SqsBatchResponse {
    each_message(event, move |message| close(app.clone(), message)).await
}

async fn close(app: App, message: ImportMessage) -> Result<(), Failure> {
    tracing::error!(org = %message.org, import = %message.import, task = ?message.task, "given up");
    let Some(job) = app.imports.get(&message.org, &message.import).await? else {
        return Ok(());
    };
    let ended = match job.status {
        ImportStatus::Processing => end(&app, &job, message.task).await?,
        _ => job.completed_at,
    };
    // The books are closed, and nobody comes after this: an event that can't be queued is lost,
    // rather than that its message comes back until it is too old.
    if let Err(failure) = tell::completed(&app, &job, ended).await {
        tracing::error!(error = %failure.chain(), import = %job.id, "the end of the import is not told");
    }
    Ok(())
}

/// Closes the books on a task. Returns when the import ended, if it did.
async fn end(app: &App, job: &ImportJob, task: ImportTask) -> Result<Option<Timestamp>, Failure> {
    if job.chunks.is_none() {
        return app.imports.fail(job, NOT_PROCESSED, Timestamp::now()).await;
    }
    // The plan is made again from the payload: the file of a chunk may be what is broken.
    match (plan::read_plan(app, job).await?, task) {
        (Err(_), _) => app.imports.fail(job, NOT_PROCESSED, Timestamp::now()).await,
        (Ok(plan), ImportTask::Chunk(number)) => {
            give_up(app, job, plan.chunks.iter().filter(|chunk| chunk.number == number)).await
        }
        // Not all of its chunks may have been queued: what is not committed never will be.
        (Ok(plan), ImportTask::Plan) => give_up(app, job, plan.chunks.iter()).await,
    }
}

async fn give_up(
    app: &App,
    job: &ImportJob,
    chunks: impl Iterator<Item = &Chunk>,
) -> Result<Option<Timestamp>, Failure> {
    let mut ended = None;
    for chunk in chunks {
        ended = chunk::give_up(app, job, chunk).await?.or(ended);
    }
    Ok(ended)
}
