//! The worker: one message, one step of an import.

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use saldo::app::App;
use saldo::failure::Failure;
use saldo::import::ImportStatus;
use saldo::queue::{ImportMessage, ImportTask};
use saldo::worker::each_message;

use crate::{chunk, plan, tell};

/// Handles a batch of import messages. Delivering one again changes nothing.
pub async fn handle(app: App, event: SqsEvent) -> SqsBatchResponse {
    each_message(event, move |message| step(app.clone(), message)).await
}

async fn step(app: App, message: ImportMessage) -> Result<(), Failure> {
    let Some(job) = app.imports.get(&message.org, &message.import).await? else {
        tracing::info!(org = %message.org, import = %message.import, "the import was taken back");
        return Ok(());
    };
    let ended = match message.task {
        _ if job.status != ImportStatus::Processing => job.completed_at,
        ImportTask::Plan => plan::plan(&app, &job).await?,
        ImportTask::Chunk(number) => chunk::process_queued(&app, &job, number).await?,
    };
    // If the event can't be queued, the message comes back. It finds that the import has ended
    // and has nothing else to do, five times; the last word is the dead letters' handler's.
    tell::completed(&app, &job, ended).await
}
