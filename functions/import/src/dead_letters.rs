//! The dead letters: work that failed until it was given up. Its rows are recorded as
//! failed, so that no import waits for it for ever.

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use saldo::app::App;
use saldo::failure::Failure;
use saldo::import::ImportStatus;
use saldo::queue::{ImportMessage, ImportTask};
use saldo::worker::each_message;

use crate::chunk::NOT_PROCESSED;
use crate::{chunk, plan, tell};

/// Closes the books of import work that was given up.
pub async fn handle(app: App, event: SqsEvent) -> SqsBatchResponse {
    each_message(event, move |message| close(app.clone(), message)).await
}

async fn close(app: App, message: ImportMessage) -> Result<(), Failure> {
    tracing::error!(org = %message.org, import = %message.import, task = ?message.task, "given up");
    let Some(job) = app.imports.get(&message.org, &message.import).await? else {
        return Ok(());
    };
    let ended = match (job.status, message.task) {
        (ImportStatus::Processing, ImportTask::Chunk(number)) => {
            chunk::give_up_queued(&app, &job, number).await?
        }
        // The one chunk was the planner's.
        (ImportStatus::Processing, ImportTask::Plan) if job.chunks == Some(1) => {
            chunk::give_up_queued(&app, &job, 0).await?
        }
        (ImportStatus::Processing, ImportTask::Plan) => plan::give_up(&app, &job, NOT_PROCESSED).await?,
        _ => job.completed_at,
    };
    // The books are closed, and nobody comes after this: an event that can't be queued is lost,
    // rather than that its message comes back until it is too old.
    if let Err(failure) = tell::completed(&app, &job, ended).await {
        tracing::error!(error = %failure.chain(), import = %job.id, "the end of the import is not told");
    }
    Ok(())
}
