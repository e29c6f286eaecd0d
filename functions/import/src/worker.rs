//! The worker: one message, one step of an import.

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use jiff::{SignedDuration, Timestamp};
use saldo::app::App;
use saldo::failure::Failure;
use saldo::import::ImportStatus;
use saldo::queue::{ImportMessage, ImportTask};
use saldo::worker::each_message;
use uuid::Uuid;

use crate::{chunk, plan, tell};

/// Handles a batch of import messages. Delivering one again changes nothing.
pub async fn handle(app: App, event: SqsEvent) -> SqsBatchResponse {
    each_message(event, move |message| step(app.clone(), message)).await
}

/// How long work goes on being put back because there is no room for it, before it fails as
/// other work does. Tables on demand grow within minutes.
const RESTING_MAX: SignedDuration = SignedDuration::from_hours(24);

async fn step(app: App, message: ImportMessage) -> Result<(), Failure> {
    match advance(&app, &message).await {
        Err(Failure::Throttled { operation }) => rest(&app, message, operation).await,
        done => done,
    }
}

/// Puts work back that a service has no room for, as often as it takes: nothing is wrong with
/// it, and what was done of it is not done again.
async fn rest(app: &App, message: ImportMessage, operation: &'static str) -> Result<(), Failure> {
    let now = Timestamp::now();
    let since = message.put_back_at.unwrap_or(now);
    if now.duration_since(since) > RESTING_MAX {
        return Err(Failure::Throttled { operation });
    }
    tracing::warn!(import = %message.import, task = ?message.task, operation, "put back for a while");
    // Those that failed together come back one after the other.
    let share = Uuid::now_v7().as_bytes()[15];
    let rest = app.limits.throttled_rest * (256 + u32::from(share)) / 256;
    let queue = match message.task {
        ImportTask::Plan => &app.plan_queue,
        ImportTask::Chunk(_) => &app.import_queue,
    };
    queue.send_later(&[ImportMessage { put_back_at: Some(since), ..message }], rest).await
}

async fn advance(app: &App, message: &ImportMessage) -> Result<(), Failure> {
    let Some(job) = app.imports.get(&message.org, &message.import).await? else {
        tracing::info!(org = %message.org, import = %message.import, "the import was taken back");
        return Ok(());
    };
    let ended = match message.task {
        _ if job.status != ImportStatus::Processing => job.completed_at,
        ImportTask::Plan => plan::plan(app, &job).await?,
        ImportTask::Chunk(number) => chunk::process_queued(app, &job, number).await?,
    };
    // If the event can't be queued, the message comes back. It finds that the import has ended
    // and has nothing else to do, five times; the last word is the dead letters' handler's.
    tell::completed(app, &job, ended).await
}
