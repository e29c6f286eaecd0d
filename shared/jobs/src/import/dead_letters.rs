//! Dead-letter handler of imports: marks exhausted chunks as failed, so that the import ends.

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use saldo_domain::import::ImportStatus;
use saldo_store::End;
use saldo_store::failure::Failure;
use saldo_store::queue::{ImportMessage, ImportTask, Queued};

use super::stores::Stores;
use super::unprocessed::{NOT_PROCESSED, fail_exhausted};
use super::{closing, end, events};
use crate::worker::each_message;

/// The reason of an import whose plan was put back as often as it may be, as its owner sees it.
const PUT_BACK_TOO_OFTEN: &str =
    "the import waited too often for room in the database or for time to plan it; send it again";

/// Handles a batch of exhausted import messages.
pub async fn handle(stores: Stores, event: SqsEvent) -> SqsBatchResponse {
    each_message(&stores.import_queue.clone(), event, move |queued| fail(stores.clone(), queued)).await
}

async fn fail(stores: Stores, queued: Queued<ImportMessage>) -> Result<(), Failure> {
    let Queued { message, hops } = &queued;
    tracing::error!(org = %message.org, import = %message.import, task = ?message.task, hops, "the task failed too often and is a dead letter");
    let Some(job) = stores.imports.get(&message.org, &message.import).await? else {
        return Ok(());
    };
    let ended = match (job.status, message.task) {
        (_, ImportTask::Close) => Box::pin(closing::give_up(&stores, &job)).await?,
        // All rows are done: the closing was not queued.
        (ImportStatus::Processing, _) if job.closing.is_some() => Some(End::Rows),
        (ImportStatus::Processing, ImportTask::Chunk(number)) => {
            fail_exhausted(&stores, &job, number).await?
        }
        // The planner processes the only chunk itself.
        (ImportStatus::Processing, ImportTask::Plan) if job.chunks == Some(1) => {
            fail_exhausted(&stores, &job, 0).await?
        }
        (ImportStatus::Processing, ImportTask::Plan) => {
            let reason = if queued.is_exhausted() { PUT_BACK_TOO_OFTEN } else { NOT_PROCESSED };
            end::fail(&stores, &job, reason, false).await?
        }
        _ => job.completed_at.map(End::Job),
    };
    // The import has ended, and a dead letter has no dead-letter queue: rather than have the message delivered until
    // it expires, an event that can't be queued is lost.
    match (events::after(&stores, &job, ended).await, ended) {
        (Err(failure), Some(End::Job(_))) => {
            tracing::error!(error = %failure.chain(), import = %job.id, "the event that the import has ended is lost");
            Ok(())
        }
        (queued, _) => queued,
    }
}
