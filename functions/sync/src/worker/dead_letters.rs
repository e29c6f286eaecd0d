//! The dead letters: synchronizations that failed until they were given up. They end as
//! failed, so that nobody waits for them for ever.

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use saldo::app::App;
use saldo::failure::Failure;
use saldo::finx::ErrorCode;
use saldo::queue::SyncMessage;
use saldo::worker::each_message;

use super::end;

/// Ends synchronizations that were given up.
pub async fn handle(app: App, event: SqsEvent) -> SqsBatchResponse {
    each_message(event, move |message| close(app.clone(), message)).await
}

async fn close(app: App, message: SyncMessage) -> Result<(), Failure> {
    tracing::error!(org = %message.org, sync = %message.sync, "given up");
    match app.syncs.get(&message.org, &message.sync).await? {
        Some(mut job) if !job.has_ended() => end::give_up(&app, &mut job, ErrorCode::General).await,
        _ => Ok(()),
    }
}
