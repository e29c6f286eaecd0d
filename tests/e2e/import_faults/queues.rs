//! The queues of a history as SQS keeps them: a message that failed is invisible for as long as
//! its worker said, or else for its queue's visibility timeout, on a clock of the history's own;
//! a message that was queued again carries its hops.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use aws_lambda_events::sqs::SqsEvent;
use local::sqs_event_from;
use saldo_store::queue::{ImportMessage, ImportTask, Message, Queued};
use serde_json::{Value, json};

/// The visibility timeouts of the queues of plans and of chunks in seconds, as the template has
/// them.
const PLAN_INVISIBLE: u64 = 3_600;
const CHUNK_INVISIBLE: u64 = 720;

/// Takes the requests that change a message's visibility, since the history has taken the messages
/// themselves out of their queues.
#[derive(Debug, Default)]
pub(super) struct Visibility(Mutex<HashMap<String, u64>>);

impl Visibility {
    /// Answers requests that change a message's visibility.
    pub(super) fn answer(&self, operation: &str, body: &Value) -> Option<(u16, Value)> {
        if operation != "AmazonSQS.ChangeMessageVisibility" {
            return None;
        }
        let receipt = body["ReceiptHandle"].as_str().expect("a receipt").to_owned();
        let timeout = body["VisibilityTimeout"].as_u64().expect("seconds");
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(receipt, timeout);
        Some((200, json!({})))
    }

    /// The timeout in seconds that a worker gave the message with this receipt, once.
    fn take(&self, receipt: &str) -> Option<u64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(receipt)
    }
}

/// A message on its way, how often it is still to be delivered, and how often it failed.
pub(super) struct InFlight {
    pub(super) message: aws_sdk_sqs::types::Message,
    /// The ARN of its queue.
    arn: String,
    pub(super) queued: Queued<ImportMessage>,
    pub(super) deliveries: u32,
    pub(super) failures: u32,
    /// How often it was received.
    receives: u32,
    /// When it is visible, in seconds of the history's clock.
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

    /// The event by which Lambda delivers it: received once more.
    pub(super) fn receive(&mut self) -> SqsEvent {
        self.receives += 1;
        let mut event = sqs_event_from(&self.arn, std::slice::from_ref(&self.message));
        for record in &mut event.records {
            record.attributes.insert("ApproximateReceiveCount".to_owned(), self.receives.to_string());
        }
        event
    }

    /// It failed, or its worker died: it is invisible from `now` on. Says whether its worker
    /// shortened that.
    pub(super) fn hide(&mut self, now: u64, visibility: &Visibility) -> bool {
        let queues_own = match self.queued.message.task {
            ImportTask::Plan => PLAN_INVISIBLE,
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

/// The messages that are visible at `now`, or else those that are visible next, with that moment.
pub(super) fn visible(waiting: &[InFlight], now: u64) -> (Vec<usize>, u64) {
    let next = waiting.iter().map(|message| message.visible_at).min().unwrap_or(now).max(now);
    let visible = waiting.iter().enumerate().filter(|(_, message)| message.visible_at <= next);
    (visible.map(|(at, _)| at).collect(), next)
}
