//! The handler of dead letters: ends synchronizations whose messages failed too often as failed.

use std::time::Duration;

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use jiff::Timestamp;
use saldo_domain::finx::ErrorCode;
use saldo_store::app::App;
use saldo_store::failure::Failure;
use saldo_store::queue::{Queued, SyncMessage};

use super::end;
use crate::worker::each_message;

/// How soon the worker gets a message back whose synchronization another message brings forward.
const LATER: Duration = Duration::from_mins(1);

/// What a user is told of a synchronization whose message was queued again as often as it may.
const QUEUED_TOO_OFTEN: &str = "The synchronization waited too often without coming to an end.";

/// Ends synchronizations whose messages failed too often.
pub async fn handle(app: App, event: SqsEvent) -> SqsBatchResponse {
    each_message(&app.sync_queue.clone(), event, move |queued| close(app.clone(), queued)).await
}

async fn close(app: App, queued: Queued<SyncMessage>) -> Result<(), Failure> {
    let (message, now) = (&queued.message, Timestamp::now());
    match app.syncs.get(&message.org, &message.sync).await? {
        Some(mut job) if !job.has_ended() => {
            // A synchronization has several messages: another worker may have it, and do well.
            if job.rests_until(now).is_some() && !job.is_overdue(now) && !queued.is_exhausted() {
                return app.sync_queue.put_back(&queued, LATER).await;
            }
            let hops = queued.hops;
            tracing::error!(org = %message.org, sync = %message.sync, hops, "failed too often");
            let reason = queued.is_exhausted().then(|| QUEUED_TOO_OFTEN.to_owned());
            end::fail(&app, &mut job, ErrorCode::General, reason).await
        }
        Some(job) => end::tell(&app, &job).await,
        None => Ok(()),
    }
}
