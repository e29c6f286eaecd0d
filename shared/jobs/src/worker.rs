//! Handles the messages of an SQS batch independently of each other: each succeeds or fails alone. A failed message is
//! delivered again, after seconds at first and minutes later.

use std::collections::HashMap;

use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent, SqsMessage};
use saldo_store::failure::Failure;
use saldo_store::metrics;
use saldo_store::queue::{Message, Queued, Received, WorkQueue};
use serde::de::DeserializeOwned;
use tokio::task::JoinSet;
use tracing::field::{self, Empty};
use tracing::{Instrument, Span};

/// Handles each message of a batch and returns the failed ones, so that SQS delivers only those again. Their visibility
/// timeouts are shortened through the client of `queue`, which may be any queue of the account. A message that makes the handler panic, or
/// that can't be parsed, fails alone.
pub async fn each_message<M, Q, F, Fut>(queue: &WorkQueue<Q>, event: SqsEvent, handle: F) -> SqsBatchResponse
where
    M: DeserializeOwned + Message + Send + 'static,
    F: Fn(Queued<M>) -> Fut + Clone + Send + 'static,
    Fut: Future<Output = Result<(), Failure>> + Send + 'static,
{
    let mut running = JoinSet::new();
    let mut received = HashMap::new();
    let mut response = SqsBatchResponse::default();
    for message in event.records {
        let id = message.message_id.clone().unwrap_or_default();
        let origin = Received::of(&message);
        let span = tracing::error_span!("message", message_id = %id, org = Empty, job = Empty);
        let task = running.spawn(one_message(message, handle.clone()).instrument(span));
        received.insert(task.id(), (id, origin));
    }
    while let Some(ended) = running.join_next_with_id().await {
        let (task, done) = match ended {
            Ok((task, done)) => (task, done),
            Err(panic) => (panic.id(), false),
        };
        let Some((id, origin)) = received.remove(&task).filter(|_| !done) else { continue };
        if let Some(origin) = origin {
            // Boxed: few messages fail, and the call's state would enlarge the future of every worker.
            Box::pin(queue.deliver_again_soon(&origin)).await;
        }
        let mut failure = BatchItemFailure::default();
        failure.item_identifier = id;
        response.batch_item_failures.push(failure);
    }
    metrics::flush();
    response
}

/// A dead-letter handler has failed, so that jobs of exhausted messages have not ended.
#[derive(Debug, thiserror::Error)]
#[error("{0} dead letters could not be handled")]
pub struct Unhandled(usize);

/// Turns failed messages into an error of the function. Dead-letter handlers have no dead-letter queue of their own; an
/// alarm watches their errors. The messages are delivered again.
///
/// # Errors
/// [`Unhandled`] when a message has failed.
pub fn all_or_error(answer: SqsBatchResponse) -> Result<SqsBatchResponse, Unhandled> {
    match answer.batch_item_failures.len() {
        0 => Ok(answer),
        failed => Err(Unhandled(failed)),
    }
}

async fn one_message<M, F, Fut>(message: SqsMessage, handle: F) -> bool
where
    M: DeserializeOwned + Message,
    F: Fn(Queued<M>) -> Fut,
    Fut: Future<Output = Result<(), Failure>>,
{
    let queued: Queued<M> = match serde_json::from_str(message.body.as_deref().unwrap_or_default()) {
        Ok(queued) => queued,
        Err(error) => {
            tracing::error!(%error, "the message can't be read");
            return false;
        }
    };
    let body = &queued.message;
    Span::current().record("org", field::display(body.org())).record("job", body.job());
    match handle(queued).await {
        Ok(()) => true,
        Err(failure) => {
            tracing::warn!(error = %failure.chain(), "the message will be delivered again");
            false
        }
    }
}

#[cfg(test)]
mod tests {
    use saldo_domain::id::OrgId;
    use serde::{Deserialize, Serialize};

    use super::*;

    #[derive(Deserialize, Serialize)]
    struct Number {
        n: u32,
    }

    impl Message for Number {
        const HOPS_MAX: u32 = 0;

        fn org(&self) -> &OrgId {
            static ORG: std::sync::OnceLock<OrgId> = std::sync::OnceLock::new();
            ORG.get_or_init(OrgId::placeholder)
        }

        fn job(&self) -> String {
            self.n.to_string()
        }
    }

    #[test]
    fn failure_chain_names_all_causes() {
        let parsed = serde_json::from_str::<u8>("x").map_err(Failure::corrupt("a report"));
        let chain = parsed.expect_err("no number").chain();
        assert_eq!(chain, "a report in the store can't be read: expected value at line 1 column 1");
    }

    #[tokio::test]
    async fn messages_fail_independently() {
        let bodies = [
            ("good", r#"{"n":1}"#),
            ("failing", r#"{"n":2}"#),
            ("panicking", r#"{"n":3}"#),
            ("nonsense", "x"),
            ("fine", r#"{"n":4}"#),
        ];
        let mut event = SqsEvent::default();
        event.records = bodies
            .map(|(id, body)| {
                let mut message = SqsMessage::default();
                message.message_id = Some(id.to_owned());
                message.body = Some(body.to_owned());
                message
            })
            .into();
        let nowhere = aws_sdk_sqs::Config::builder()
            .behavior_version(aws_sdk_sqs::config::BehaviorVersion::latest())
            .region(aws_sdk_sqs::config::Region::new("eu-central-1"))
            .build();
        let queue = WorkQueue::<Number>::new(aws_sdk_sqs::Client::from_conf(nowhere), String::new());
        let answer = each_message(&queue, event, async |queued: Queued<Number>| match queued.message.n {
            2 => Err(Failure::Throttled { operation: "a test" }),
            3 => panic!("poisoned"),
            _ => Ok(()),
        })
        .await;
        let mut failed: Vec<_> = answer.batch_item_failures.into_iter().map(|f| f.item_identifier).collect();
        failed.sort();
        assert_eq!(failed, ["failing", "nonsense", "panicking"]);
    }
}
