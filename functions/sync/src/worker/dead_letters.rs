//! The dead letters: synchronizations that failed until they were given up. They end as
//! failed, so that nobody waits for them for ever.

use std::time::Duration;

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use jiff::Timestamp;
use saldo::app::App;
use saldo::failure::Failure;
use saldo::finx::ErrorCode;
use saldo::queue::SyncMessage;
use saldo::worker::each_message;

use super::end;

/// How soon a message is tried again that others have made good since.
const LATER: Duration = Duration::from_mins(1);

/// Ends synchronizations that were given up.
pub async fn handle(app: App, event: SqsEvent) -> SqsBatchResponse {
    each_message(event, move |message| close(app.clone(), message)).await
}

async fn close(app: App, message: SyncMessage) -> Result<(), Failure> {
    let now = Timestamp::now();
    match app.syncs.get(&message.org, &message.sync).await? {
        Some(mut job) if !job.has_ended() => {
            // A synchronization has several messages: another worker may have it, and do well.
            if job.rests_until(now).is_some() && !job.is_overdue(now) {
                return app.sync_queue.send_later(&[message], LATER).await;
            }
            tracing::error!(org = %message.org, sync = %message.sync, "given up");
            end::give_up(&app, &mut job, ErrorCode::General).await
        }
        Some(job) => end::tell(&app, &job).await,
        None => Ok(()),
    }
}
