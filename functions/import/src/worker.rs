//! The worker: one message, one step of an import.

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use saldo::app::App;
use saldo::failure::Failure;
use saldo::import::ImportStatus;
use saldo::queue::{ImportMessage, ImportTask};
use saldo::worker::each_message;

use crate::{chunk, plan};

/// Handles a batch of import messages. Delivering one again changes nothing.
pub async fn handle(app: App, event: SqsEvent) -> SqsBatchResponse {
    each_message(event, move |message| step(app.clone(), message)).await
}

async fn step(app: App, message: ImportMessage) -> Result<(), Failure> {
    let job = app.imports.get(&message.org, &message.import).await?;
    let Some(job) = job.filter(|job| job.status == ImportStatus::Processing) else {
        tracing::info!(org = %message.org, import = %message.import, "the import has ended or was taken back");
        return Ok(());
    };
    match message.task {
        ImportTask::Plan => plan::plan(&app, &job).await,
        ImportTask::Chunk(number) => chunk::process_queued(&app, &job, number).await,
    }
}
