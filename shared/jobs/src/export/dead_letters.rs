//! Dead-letter handler of exports: fails those whose messages are exhausted.

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use jiff::Timestamp;
use saldo_domain::export::ExportStatus;
use saldo_store::failure::Failure;
use saldo_store::queue::{ExportMessage, Queued};

use crate::export::events;
use crate::export::stores::Stores;
use crate::worker::each_message;

/// The reason of a failed export, as its owner sees it.
const NOT_WRITTEN: &str = "the file could not be written; ask for the export again";

/// Handles a batch of exhausted messages.
pub async fn handle(stores: Stores, event: SqsEvent) -> SqsBatchResponse {
    each_message(&stores.notification_queue.clone(), event, move |queued| fail(stores.clone(), queued)).await
}

async fn fail(stores: Stores, Queued { message, .. }: Queued<ExportMessage>) -> Result<(), Failure> {
    tracing::error!(org = %message.org, export = %message.export, "the export failed too often and is a dead letter");
    let job = stores.exports.get(&message.org, &message.export).await?;
    let Some(job) = job else {
        return Ok(());
    };
    stores.exports.fail(&job, NOT_WRITTEN, Timestamp::now()).await?;
    // Read again: an attempt may have completed the export just before, and its file must stay.
    let job = stores.exports.get(&message.org, &message.export).await?;
    let failed = job.filter(|job| job.status == ExportStatus::Failed);
    if let Some(unfinished) = failed.and_then(|job| job.attempt()) {
        stores.files.clear_away(&unfinished.file, &unfinished.upload).await?;
    }
    // The export has ended, and a dead letter has no dead-letter queue: rather than have the message delivered until it
    // expires, an event that can't be queued is lost.
    if let Err(failure) = events::completed(&stores, &message).await {
        tracing::error!(error = %failure.chain(), export = %message.export, "the event that the export has ended is lost");
    }
    Ok(())
}
