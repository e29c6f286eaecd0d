//! The number of messages in a queue, for operators.

use aws_sdk_sqs::types::QueueAttributeName;
use serde::Deserialize;

use super::{Message, WorkQueue};
use crate::failure::Failure;

/// The approximate number of messages in a queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Depth {
    /// The queue's name.
    pub queue: String,
    /// Messages that wait for a worker.
    pub waiting: u64,
    /// Messages that a worker has, or had when it died.
    pub in_flight: u64,
    /// Delayed messages.
    pub delayed: u64,
}

/// A queue's redrive policy, as SQS writes it.
#[derive(Deserialize)]
struct RedrivePolicy {
    #[serde(rename = "deadLetterTargetArn")]
    dead_letters: String,
}

impl<M: Message> WorkQueue<M> {
    /// The depth of the queue, and of its dead-letter queue, if it has one.
    ///
    /// # Errors
    /// [`Failure`] when SQS fails.
    pub async fn depths(&self) -> Result<(Depth, Option<Depth>), Failure> {
        let (depth, policy) = self.depth_of(&self.url).await?;
        let Some(policy) = policy else { return Ok((depth, None)) };
        let policy: RedrivePolicy =
            serde_json::from_str(&policy).map_err(Failure::corrupt("a redrive policy"))?;
        let name = last(&policy.dead_letters, ':');
        let found = self.client.get_queue_url().queue_name(name).send().await;
        let url = found.map_err(Failure::of("GetQueueUrl"))?.queue_url.unwrap_or_default();
        Ok((depth, Some(self.depth_of(&url).await?.0)))
    }

    /// The depth of the queue at this URL, and its redrive policy.
    async fn depth_of(&self, url: &str) -> Result<(Depth, Option<String>), Failure> {
        let counts = [
            QueueAttributeName::ApproximateNumberOfMessages,
            QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
            QueueAttributeName::ApproximateNumberOfMessagesDelayed,
        ];
        let request = self.client.get_queue_attributes().queue_url(url);
        let request = request.attribute_names(QueueAttributeName::RedrivePolicy);
        let request = counts.iter().fold(request, |request, name| request.attribute_names(name.clone()));
        let answer = request.send().await.map_err(Failure::of("GetQueueAttributes"))?;
        let attributes = answer.attributes.unwrap_or_default();
        let [waiting, in_flight, delayed] =
            counts.map(|name| attributes.get(&name).and_then(|count| count.parse().ok()).unwrap_or_default());
        let queue = last(url, '/').to_owned();
        let policy = attributes.get(&QueueAttributeName::RedrivePolicy).cloned();
        Ok((Depth { queue, waiting, in_flight, delayed }, policy))
    }
}

/// The part after the last separator: the name in a URL or an ARN.
fn last(text: &str, separator: char) -> &str {
    text.rsplit(separator).next().unwrap_or(text)
}
