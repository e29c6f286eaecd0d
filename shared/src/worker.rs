//! SQS messages, handled one by one: each is done or comes back, whatever becomes of the
//! others in its batch.

use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent, SqsMessage};
use serde::de::DeserializeOwned;
use tokio::task::JoinSet;
use tracing::field::{self, Empty};
use tracing::{Instrument, Span};

use crate::failure::Failure;
use crate::metrics;
use crate::queue::Message;

/// Handles each message of a batch and reports the ones that failed, so that SQS
/// delivers only those again. A message that makes the handler panic, or is not what it
/// should be, fails alone.
pub async fn each_message<M, F, Fut>(event: SqsEvent, handle: F) -> SqsBatchResponse
where
    M: DeserializeOwned + Message + Send + 'static,
    F: Fn(M) -> Fut + Clone + Send + 'static,
    Fut: Future<Output = Result<(), Failure>> + Send + 'static,
{
    let mut running = JoinSet::new();
    let mut failed: Vec<String> = Vec::new();
    let mut ids = std::collections::HashMap::new();
    for message in event.records {
        let id = message.message_id.clone().unwrap_or_default();
        let span = tracing::error_span!("message", message_id = %id, org = Empty, job = Empty);
        let task = running.spawn(one_message(message, handle.clone()).instrument(span));
        ids.insert(task.id(), id);
    }
    while let Some(ended) = running.join_next_with_id().await {
        let (task, done) = match ended {
            Ok((task, done)) => (task, done),
            Err(panic) => (panic.id(), false),
        };
        if !done {
            failed.extend(ids.remove(&task));
        }
    }
    metrics::flush();
    let mut response = SqsBatchResponse::default();
    response.batch_item_failures = failed
        .into_iter()
        .map(|id| {
            let mut failure = BatchItemFailure::default();
            failure.item_identifier = id;
            failure
        })
        .collect();
    response
}

/// A handler of dead letters has failed: what it was to close stays open.
#[derive(Debug, thiserror::Error)]
#[error("{0} dead letters could not be handled")]
pub struct LeftOpen(usize);

/// Makes failed messages the function's own failure. They come back all the same; and an alarm
/// watches for the failures of handlers of dead letters, behind which nobody comes.
///
/// # Errors
/// [`LeftOpen`] when a message has failed.
pub fn all_or_error(answer: SqsBatchResponse) -> Result<SqsBatchResponse, LeftOpen> {
    match answer.batch_item_failures.len() {
        0 => Ok(answer),
        failed => Err(LeftOpen(failed)),
    }
}

async fn one_message<M, F, Fut>(message: SqsMessage, handle: F) -> bool
where
    M: DeserializeOwned + Message,
    F: Fn(M) -> Fut,
    Fut: Future<Output = Result<(), Failure>>,
{
    let body: M = match serde_json::from_str(message.body.as_deref().unwrap_or_default()) {
        Ok(body) => body,
        Err(error) => {
            tracing::error!(%error, "the message can't be read");
            return false;
        }
    };
    Span::current().record("org", field::display(body.org())).record("job", body.job());
    match handle(body).await {
        Ok(()) => true,
        Err(failure) => {
            tracing::warn!(error = %failure.chain(), "the message will be delivered again");
            false
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::OrgId;
    use serde::{Deserialize, Serialize};

    #[derive(Deserialize, Serialize)]
    struct Number(u32);

    impl Message for Number {
        fn org(&self) -> &OrgId {
            static ORG: std::sync::OnceLock<OrgId> = std::sync::OnceLock::new();
            ORG.get_or_init(OrgId::nobody)
        }

        fn job(&self) -> String {
            self.0.to_string()
        }
    }

    #[test]
    fn a_failure_names_its_causes() {
        let parsed = serde_json::from_str::<u8>("x").map_err(Failure::corrupt("a report"));
        let chain = parsed.expect_err("no number").chain();
        assert_eq!(chain, "a report in the store can't be read: expected value at line 1 column 1");
    }

    #[tokio::test]
    async fn a_message_fails_alone_whether_by_error_panic_or_nonsense() {
        let bodies = [("good", "1"), ("failing", "2"), ("panicking", "3"), ("nonsense", "x"), ("fine", "4")];
        let mut event = SqsEvent::default();
        event.records = bodies
            .map(|(id, body)| {
                let mut message = SqsMessage::default();
                message.message_id = Some(id.to_owned());
                message.body = Some(body.to_owned());
                message
            })
            .into();
        let answer = each_message(event, async |Number(n): Number| match n {
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
