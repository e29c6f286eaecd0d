//! The worker: one message, one step of an import.

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use saldo_domain::import::ImportStatus;
use saldo_store::app::App;
use saldo_store::failure::Failure;
use saldo_store::queue::{ImportMessage, ImportTask, Queued};

use crate::import::{chunk, events, plan};
use crate::worker::each_message;

/// Handles a batch of import messages. Delivering one again changes nothing.
pub async fn handle(app: App, event: SqsEvent) -> SqsBatchResponse {
    each_message(&app.import_queue.clone(), event, move |queued| step(app.clone(), queued)).await
}

async fn step(app: App, queued: Queued<ImportMessage>) -> Result<(), Failure> {
    match advance(&app, &queued).await {
        Err(Failure::Throttled { operation }) => rest(&app, &queued, operation).await,
        done => done,
    }
}

/// Puts work back that a service has no room for. Nothing is wrong with the work, and what was
/// done of it is not done again. Tables on demand grow within minutes; after a day of rests the
/// work fails, as other work does at once.
async fn rest(app: &App, queued: &Queued<ImportMessage>, operation: &'static str) -> Result<(), Failure> {
    let ImportMessage { import, task, .. } = &queued.message;
    tracing::warn!(%import, ?task, operation, hops = queued.hops, "put back for a while");
    let queue = match task {
        ImportTask::Plan => &app.plan_queue,
        ImportTask::Chunk(_) => &app.import_queue,
    };
    queue.put_back(queued, queued.rest(app.limits.throttled_rest)).await
}

async fn advance(app: &App, queued: &Queued<ImportMessage>) -> Result<(), Failure> {
    let message = &queued.message;
    let Some(job) = app.imports.get(&message.org, &message.import).await? else {
        tracing::info!(org = %message.org, import = %message.import, "the import was taken back");
        return Ok(());
    };
    let ended = match message.task {
        _ if job.status != ImportStatus::Processing => job.completed_at,
        ImportTask::Plan => plan::plan(app, queued, &job).await?,
        ImportTask::Chunk(number) => chunk::process_queued(app, &job, number).await?,
    };
    // If the event can't be queued, the message comes back. It finds that the import has ended
    // and only tries that again, until it is a dead letter; the handler of dead letters tries last.
    events::completed(app, &job, ended).await
}
