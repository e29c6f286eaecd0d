//! Dead-letter handler of synchronizations: fails those whose messages are exhausted.

use std::time::Duration;

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use jiff::Timestamp;
use saldo_domain::bank::FailureReason;
use saldo_store::failure::Failure;
use saldo_store::queue::{Queued, SyncMessage};

use super::end;
use super::stores::Stores;
use crate::worker::each_message;

/// The delay of a message whose synchronization another message advances.
const LATER: Duration = Duration::from_mins(1);

/// The message, for users, of a synchronization whose message was put back as often as it may be.
const QUEUED_TOO_OFTEN: &str = "The synchronization waited too often without coming to an end.";

/// Handles a batch of exhausted messages.
pub async fn handle(stores: Stores, event: SqsEvent) -> SqsBatchResponse {
    each_message(&stores.sync_queue.clone(), event, move |queued| fail(stores.clone(), queued)).await
}

async fn fail(stores: Stores, queued: Queued<SyncMessage>) -> Result<(), Failure> {
    let (message, now) = (&queued.message, Timestamp::now());
    match stores.syncs.get(&message.org, &message.sync).await? {
        Some(mut job) if !job.has_ended() => {
            // A synchronization may have several messages: a worker may be advancing it with another one.
            if job.rests_until(now).is_some() && !job.is_overdue(now) && !queued.is_exhausted() {
                return stores.sync_queue.put_back(&queued, LATER).await;
            }
            let hops = queued.hops;
            tracing::error!(org = %message.org, sync = %message.sync, hops, "the synchronization failed too often and is a dead letter");
            let reason = queued.is_exhausted().then(|| QUEUED_TOO_OFTEN.to_owned());
            end::fail(&stores, &mut job, FailureReason::Aborted, reason).await
        }
        Some(job) => end::queue_event(&stores, &job).await,
        None => Ok(()),
    }
}
