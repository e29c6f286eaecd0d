//! The queues of a history, which behave as SQS does. A message that failed is invisible for the
//! timeout that its worker set, or else for its queue's visibility timeout, on a simulated clock. A
//! requeued message carries its hops.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use aws_lambda_events::sqs::SqsEvent;
use local::sqs_event_from;
use saldo_store::queue::{ImportMessage, ImportTask, Message, Queued};
use serde_json::{Value, json};

/// The template's visibility timeouts, in seconds, of the queues for plans and for chunks.
const PLAN_INVISIBLE: u64 = 3_600;
const CHUNK_INVISIBLE: u64 = 720;

/// Responds to calls that change a message's visibility, since the history has deleted the messages
/// from their queues.
#[derive(Debug, Default)]
pub(super) struct Visibility(Mutex<HashMap<String, u64>>);

impl Visibility {
    /// The response to a call that changes a message's visibility.
    pub(super) fn answer(&self, operation: &str, body: &Value) -> Option<(u16, Value)> {
        if operation != "AmazonSQS.ChangeMessageVisibility" {
            return None;
        }
        let receipt = body["ReceiptHandle"].as_str().expect("a receipt").to_owned();
        let timeout = body["VisibilityTimeout"].as_u64().expect("seconds");
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(receipt, timeout);
        Some((200, json!({})))
    }

    /// Takes the timeout in seconds that a worker set for the message with this receipt.
    fn take(&self, receipt: &str) -> Option<u64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(receipt)
    }
}

/// A message in flight, how often it is still to be delivered, and how often it failed.
pub(super) struct InFlight {
    pub(super) message: aws_sdk_sqs::types::Message,
    /// The ARN of its queue.
    arn: String,
    pub(super) queued: Queued<ImportMessage>,
    pub(super) deliveries: u32,
    pub(super) failures: u32,
    /// How often it was received.
    receives: u32,
    /// When it is visible, in seconds of the simulated clock.
    visible_at: u64,
}

impl InFlight {
    pub(super) fn new(message: aws_sdk_sqs::types::Message, arn: &str, deliveries: u32) -> Self {
        let queued: Queued<ImportMessage> =
            serde_json::from_str(message.body().unwrap_or_default()).expect("a message");
        assert!(queued.hops <= ImportMessage::HOPS_MAX, "{queued:?}");
        let arn = arn.to_owned();
        Self { message, arn, queued, deliveries, failures: 0, receives: 0, visible_at: 0 }
    }

    /// Hides a message that a worker queued again, as its delay does, which the histories leave out.
    pub(super) fn rest(&mut self, now: u64) {
        self.visible_at = now + (5 << self.queued.hops.min(6));
    }

    /// Receives the message once more. Returns the event in which Lambda delivers it.
    pub(super) fn receive(&mut self) -> SqsEvent {
        self.receives += 1;
        let mut event = sqs_event_from(&self.arn, std::slice::from_ref(&self.message));
        for record in &mut event.records {
            record.attributes.insert("ApproximateReceiveCount".to_owned(), self.receives.to_string());
        }
        event
    }

    /// Hides the message from `now` on, since it failed or its worker died. Returns whether the
    /// worker has shortened the timeout.
    pub(super) fn hide(&mut self, now: u64, visibility: &Visibility) -> bool {
        let queues_own = match self.queued.message.task {
            ImportTask::Plan | ImportTask::Close => PLAN_INVISIBLE,
            ImportTask::Chunk(_) => CHUNK_INVISIBLE,
        };
        let shortened = visibility.take(self.message.receipt_handle().expect("a receipt"));
        if let Some(shortened) = shortened {
            let first = *[5, 30, 180, 600].get(self.receives as usize - 1).unwrap_or(&600);
            assert!((first..=2 * first).contains(&shortened), "{shortened} after {} receives", self.receives);
        }
        self.visible_at = now + shortened.unwrap_or(queues_own);
        shortened.is_some()
    }
}

/// The messages that are visible at `now`, or else those that become visible next, with that time.
pub(super) fn visible(waiting: &[InFlight], now: u64) -> (Vec<usize>, u64) {
    let next = waiting.iter().map(|message| message.visible_at).min().unwrap_or(now).max(now);
    let visible = waiting.iter().enumerate().filter(|(_, message)| message.visible_at <= next);
    (visible.map(|(at, _)| at).collect(), next)
}
