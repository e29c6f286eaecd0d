//! The handler of dead letters: ends exports whose messages failed too often as failed.

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use jiff::Timestamp;
use saldo_domain::export::ExportStatus;
use saldo_store::app::App;
use saldo_store::failure::Failure;
use saldo_store::queue::{ExportMessage, Queued};

use crate::export::events;
use crate::worker::each_message;

const NOT_WRITTEN: &str = "the file could not be written; ask for the export again";

/// Ends exports whose messages failed too often.
pub async fn handle(app: App, event: SqsEvent) -> SqsBatchResponse {
    each_message(&app.export_queue.clone(), event, move |queued| close(app.clone(), queued)).await
}

async fn close(app: App, Queued { message, .. }: Queued<ExportMessage>) -> Result<(), Failure> {
    tracing::error!(org = %message.org, export = %message.export, "failed too often");
    let job = app.exports.get(&message.org, &message.export).await?;
    let Some(job) = job else {
        return Ok(());
    };
    app.exports.fail(&job, NOT_WRITTEN, Timestamp::now()).await?;
    // As it is now: an attempt may have completed it just before, and has its file.
    let job = app.exports.get(&message.org, &message.export).await?;
    let failed = job.filter(|job| job.status == ExportStatus::Failed);
    if let Some(cut_off) = failed.and_then(|job| job.attempt()) {
        app.files.clear_away(&cut_off.file, &cut_off.upload).await?;
    }
    // The export has ended, and nobody comes after this: an event that can't be queued is lost,
    // rather than that its message comes back until it is too old.
    if let Err(failure) = events::completed(&app, &message).await {
        tracing::error!(error = %failure.chain(), export = %message.export, "the end of the export is not told");
    }
    Ok(())
}
