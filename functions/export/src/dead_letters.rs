//! The dead letters: exports that failed until they were given up. They end as failed, so
//! that nobody waits for them for ever.

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use jiff::Timestamp;
use saldo::app::App;
use saldo::export::ExportStatus;
use saldo::failure::Failure;
use saldo::queue::ExportMessage;
use saldo::worker::each_message;

const NOT_WRITTEN: &str = "the file could not be written; ask for the export again";

/// Ends exports that were given up.
pub async fn handle(app: App, event: SqsEvent) -> SqsBatchResponse {
    each_message(event, move |message| close(app.clone(), message)).await
}

async fn close(app: App, message: ExportMessage) -> Result<(), Failure> {
    tracing::error!(org = %message.org, export = %message.export, "given up");
    let job = app.exports.get(&message.org, &message.export).await?;
    let Some(job) = job else {
        return Ok(());
    };
    app.exports.fail(&job, NOT_WRITTEN, Timestamp::now()).await?;
    // As it is now: an attempt may have completed it just before, and has its file.
    let job = app.exports.get(&message.org, &message.export).await?;
    match job.filter(|job| job.status == ExportStatus::Failed).and_then(|job| job.attempt()) {
        Some(cut_off) => app.files.clear_away(&cut_off.file, &cut_off.upload).await,
        None => Ok(()),
    }
}
