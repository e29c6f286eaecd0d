//! Delivers a queue's messages to a function's process in batches, as Lambda does: messages that
//! succeeded are deleted, and messages that failed become visible again.

use std::time::Duration;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{DeleteMessageBatchRequestEntry, Message, MessageSystemAttributeName};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::lambda::Function;

/// How long a poll waits for messages. A poll is not cancelled, since it could have received a
/// message already, so stopping a poller takes as long.
const LONG_POLL_SECONDS: i32 = 1;
/// How long after a failure a message becomes visible again.
const RETRY_AFTER_SECONDS: i32 = 1;
/// How long an invocation may take: Lambda's longest timeout.
const TIMEOUT: Duration = Duration::from_mins(15);

/// A function's process, and the queue that it handles.
pub struct Poller {
    sqs: Client,
    queue: String,
    batch_size: i32,
    function: Function,
}

/// The resources that a function's process used.
#[derive(Clone, Copy, Debug)]
pub struct Usage {
    /// Its processor time, user and system, since its start-up.
    pub cpu_seconds: f64,
    /// Its peak memory.
    pub peak_memory_mib: f64,
}

impl Poller {
    /// A poller that delivers the messages of the queue with this URL to `function`, in batches of
    /// up to `batch_size`.
    #[must_use]
    pub fn new(sqs: Client, queue: String, batch_size: i32, function: Function) -> Self {
        Self { sqs, queue, batch_size, function }
    }

    /// Polls until it is stopped, and finishes its batch. Then ends the function and returns the
    /// resources that it used.
    ///
    /// # Panics
    /// When SQS or the function does not answer.
    pub async fn run(mut self, stop: CancellationToken) -> Usage {
        self.function.invoke(json!({ "Records": [] })).await.expect("a function that has started");
        let begun = self.function.cpu_seconds();
        while !stop.is_cancelled() {
            let messages = self.receive().await;
            if !messages.is_empty() {
                self.work(&messages).await;
            }
        }
        Usage {
            cpu_seconds: self.function.cpu_seconds() - begun,
            peak_memory_mib: self.function.peak_memory_mib(),
        }
    }

    async fn receive(&self) -> Vec<Message> {
        let poll = self
            .sqs
            .receive_message()
            .queue_url(&self.queue)
            .max_number_of_messages(self.batch_size)
            .wait_time_seconds(LONG_POLL_SECONDS)
            .message_system_attribute_names(MessageSystemAttributeName::All);
        poll.send().await.expect("SQS").messages.unwrap_or_default()
    }

    async fn work(&mut self, messages: &[Message]) {
        let event = serde_json::to_value(local::sqs_event(messages)).expect("JSON");
        let answer = self.function.invoke_for(event, TIMEOUT).await.expect("the function's answer");
        let failures = answer["batchItemFailures"].as_array().map_or(&[][..], Vec::as_slice);
        let failed: Vec<&str> =
            failures.iter().filter_map(|failure| failure["itemIdentifier"].as_str()).collect();
        let mut done = Vec::new();
        for message in messages {
            let (id, receipt) = (message.message_id().unwrap_or_default(), message.receipt_handle());
            if failed.contains(&id) {
                eprintln!("visible again: {}", message.body().unwrap_or_default());
                let back = self.sqs.change_message_visibility().queue_url(&self.queue);
                let back = back.set_receipt_handle(receipt.map(str::to_owned));
                back.visibility_timeout(RETRY_AFTER_SECONDS).send().await.expect("SQS");
            } else {
                let entry = DeleteMessageBatchRequestEntry::builder().id(id);
                let entry = entry.set_receipt_handle(receipt.map(str::to_owned)).build();
                done.push(entry.expect("an id and a receipt"));
            }
        }
        if !done.is_empty() {
            let done = self.sqs.delete_message_batch().queue_url(&self.queue).set_entries(Some(done));
            done.send().await.expect("SQS");
        }
    }
}
