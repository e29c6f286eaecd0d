//! Batches of messages within SQS's limits. SQS may accept some entries of a batch and refuse others; only refused
//! entries are sent again.

use std::time::Duration;

use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use aws_sdk_sqs::types::builders::SendMessageBatchRequestEntryBuilder;
use backon::BackoffBuilder;

use super::{DELAY_MAX, Message, Queued, WorkQueue};
use crate::failure::Failure;
use crate::pauses::PARTS_OF_A_BATCH;

const OPERATION: &str = "SendMessageBatch";

/// The most entries of a batch:
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html>.
const ENTRIES_MAX: usize = 10;

/// The most bytes of a message, and of all messages of a batch together: 1 MiB (same page).
const BYTES_MAX: usize = 1_048_576;

impl<M: Message> WorkQueue<M> {
    /// Queues messages, to be received after `delay`. On an error some of them may be queued.
    pub(super) async fn send_all(&self, messages: &[Queued<&M>], delay: Duration) -> Result<(), Failure> {
        // Rounded up to whole seconds: a message that arrives early has to be queued again.
        let seconds = delay.min(DELAY_MAX).as_millis().div_ceil(1_000);
        let seconds = i32::try_from(seconds).unwrap_or_default();
        let mut bodies = Vec::with_capacity(messages.len());
        for queued in messages {
            let body = serde_json::to_string(queued).map_err(Failure::unsendable(OPERATION))?;
            if body.len() > BYTES_MAX {
                return Err(Failure::refused(OPERATION, "the message has more than 1 MiB"));
            }
            let entry = SendMessageBatchRequestEntry::builder()
                .set_delay_seconds((seconds > 0).then_some(seconds))
                .message_group_id(queued.message.group());
            bodies.push((body, entry));
        }
        for batch in batches(bodies)? {
            self.send_batch(batch).await?;
        }
        Ok(())
    }

    async fn send_batch(&self, mut entries: Vec<SendMessageBatchRequestEntry>) -> Result<(), Failure> {
        let mut pauses = PARTS_OF_A_BATCH.build();
        loop {
            let throttled = match self.try_batch(&mut entries).await {
                Ok(()) if entries.is_empty() => return Ok(()),
                Ok(()) => Failure::Throttled { operation: OPERATION },
                Err(failure @ Failure::Throttled { .. }) => failure,
                Err(failure) => return Err(failure),
            };
            let Some(pause) = pauses.next() else { return Err(throttled) };
            tokio::time::sleep(pause).await;
        }
    }

    /// Sends the entries once, and returns those that SQS refused.
    async fn try_batch(&self, entries: &mut Vec<SendMessageBatchRequestEntry>) -> Result<(), Failure> {
        let request = self.client.send_message_batch().queue_url(&self.url);
        let answer = request.set_entries(Some(entries.clone())).send().await;
        let answer = answer.map_err(Failure::of(OPERATION))?;
        // An entry that is at fault itself is refused each time.
        if let Some(refused) = answer.failed().iter().find(|failed| failed.sender_fault()) {
            return Err(Failure::refused(OPERATION, refused.code().to_owned()));
        }
        entries.retain(|entry| answer.failed().iter().any(|failed| failed.id() == entry.id()));
        Ok(())
    }
}

/// Messages in batches of at most [`ENTRIES_MAX`] entries and [`BYTES_MAX`] bytes.
fn batches(
    messages: Vec<(String, SendMessageBatchRequestEntryBuilder)>,
) -> Result<Vec<Vec<SendMessageBatchRequestEntry>>, Failure> {
    let mut batches: Vec<Vec<SendMessageBatchRequestEntry>> = Vec::new();
    let mut bytes = BYTES_MAX;
    for (body, entry) in messages {
        let full = batches.last().is_none_or(|batch| batch.len() == ENTRIES_MAX);
        if full || bytes + body.len() > BYTES_MAX {
            batches.push(Vec::new());
            bytes = 0;
        }
        bytes += body.len();
        if let Some(batch) = batches.last_mut() {
            let entry = entry.id(batch.len().to_string()).message_body(body).build();
            batch.push(entry.map_err(Failure::unsendable(OPERATION))?);
        }
    }
    Ok(batches)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes(bodies: impl IntoIterator<Item = usize>) -> Vec<usize> {
        let messages =
            bodies.into_iter().map(|bytes| ("x".repeat(bytes), SendMessageBatchRequestEntry::builder()));
        batches(messages.collect()).expect("entries").iter().map(Vec::len).collect()
    }

    #[test]
    fn batches_keep_to_ten_entries_and_one_mebibyte() {
        assert_eq!(sizes([]), [0_usize; 0]);
        assert_eq!(sizes([1; 21]), [10, 10, 1]);
        assert_eq!(sizes([400_000; 5]), [2, 2, 1]);
        assert_eq!(sizes([BYTES_MAX, 1, BYTES_MAX - 1, 1]), [1, 2, 1]);
    }
}
