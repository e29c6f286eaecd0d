//! The handler of dead letters: records the rows of import work that failed too often as failed,
//! so that the import ends.

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use saldo_domain::import::ImportStatus;
use saldo_store::app::App;
use saldo_store::failure::Failure;
use saldo_store::queue::{ImportMessage, ImportTask, Queued};

use crate::import::chunk::NOT_PROCESSED;
use crate::import::{chunk, events, plan};
use crate::worker::each_message;

/// Why an import failed whose plan was put back as often as it may be.
const PUT_BACK_TOO_OFTEN: &str =
    "the import waited too often for room in the database or for time to plan it; send it again";

/// Ends import work that failed too often.
pub async fn handle(app: App, event: SqsEvent) -> SqsBatchResponse {
    each_message(&app.import_queue.clone(), event, move |queued| close(app.clone(), queued)).await
}

async fn close(app: App, queued: Queued<ImportMessage>) -> Result<(), Failure> {
    let Queued { message, hops } = &queued;
    tracing::error!(org = %message.org, import = %message.import, task = ?message.task, hops, "failed too often");
    let Some(job) = app.imports.get(&message.org, &message.import).await? else {
        return Ok(());
    };
    let ended = match (job.status, message.task) {
        (ImportStatus::Processing, ImportTask::Chunk(number)) => {
            chunk::fail_exhausted(&app, &job, number).await?
        }
        // The one chunk was the planner's.
        (ImportStatus::Processing, ImportTask::Plan) if job.chunks == Some(1) => {
            chunk::fail_exhausted(&app, &job, 0).await?
        }
        (ImportStatus::Processing, ImportTask::Plan) => {
            let reason = if queued.is_exhausted() { PUT_BACK_TOO_OFTEN } else { NOT_PROCESSED };
            plan::fail(&app, &job, reason).await?
        }
        _ => job.completed_at,
    };
    // The books are closed, and nobody comes after this: an event that can't be queued is lost,
    // rather than that its message comes back until it is too old.
    if let Err(failure) = events::completed(&app, &job, ended).await {
        tracing::error!(error = %failure.chain(), import = %job.id, "the end of the import is not told");
    }
    Ok(())
}
