//! The time at which a failed message is delivered again.
//!
//! By default it stays invisible for its queue's visibility timeout, six times as long as its worker may run: up to an
//! hour and a half. A worker that failed therefore shortens the timeout.

use std::time::Duration;

use aws_lambda_events::sqs::SqsMessage;
use backon::{BackoffBuilder, ExponentialBuilder};

use super::WorkQueue;
use crate::failure::Failure;

/// The pauses after a message's first failure, second failure and so on: 5 and 30 seconds, 3 and 10 minutes, and with
/// jitter up to twice as long, so that messages which failed together do not come back together. The template makes a
/// message a dead letter after ten failures. The tenth delivery comes at least 63 minutes after the first, so an outage
/// that is shorter does not make work fail.
const REDELIVERIES: ExponentialBuilder = ExponentialBuilder::new()
    .with_jitter()
    .with_factor(6.0)
    .with_min_delay(Duration::from_secs(5))
    .with_max_delay(Duration::from_mins(10))
    .without_max_times();

/// The number of failures after which the pause does not grow any more.
const GROWTH_MAX: usize = 3;

/// A received message.
#[derive(Debug)]
pub struct Received {
    /// The name of its queue, which may be a dead-letter queue.
    queue: String,
    receipt: String,
    /// How often it was received, including this time.
    count: usize,
}

impl Received {
    /// The message's origin according to Lambda; `None` if the event does not come from Lambda.
    #[must_use]
    pub fn of(message: &SqsMessage) -> Option<Self> {
        let queue = message.event_source_arn.as_deref()?.rsplit(':').next()?.to_owned();
        let count = message.attributes.get("ApproximateReceiveCount").and_then(|count| count.parse().ok());
        Some(Self { queue, receipt: message.receipt_handle.clone()?, count: count.unwrap_or(1) })
    }
}

impl<M> WorkQueue<M> {
    /// Shortens the visibility timeout of a message that failed. A failure of the request is only
    /// logged: the message then comes back when its queue's timeout ends.
    pub async fn deliver_again_soon(&self, received: &Received) {
        let pause = pause(received.count);
        let request = self
            .client
            .change_message_visibility()
            .queue_url(self.beside(&received.queue))
            .receipt_handle(&received.receipt)
            .visibility_timeout(i32::try_from(pause.as_secs()).unwrap_or(i32::MAX));
        if let Err(failure) = request.send().await.map_err(Failure::of("ChangeMessageVisibility")) {
            tracing::warn!(error = %failure.chain(), "a failed message stays invisible for its queue's timeout");
        }
    }

    /// The URL of a queue of the same account and Region.
    fn beside(&self, queue: &str) -> String {
        let account = self.url.rsplit_once('/').map_or("", |(account, _)| account);
        format!("{account}/{queue}")
    }
}

/// The pause after a message was received, and failed, `count` times.
fn pause(count: usize) -> Duration {
    let failures_before = count.saturating_sub(1).min(GROWTH_MAX);
    REDELIVERIES.build().nth(failures_before).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_from_seconds_to_minutes_and_differ() {
        for (count, least) in [(0, 5), (1, 5), (2, 30), (3, 180), (4, 600), (5, 600), (1_000, 600)] {
            let pauses: Vec<_> = (0..20).map(|_| pause(count)).collect();
            let least = Duration::from_secs(least);
            assert!(pauses.iter().all(|pause| (least..=2 * least).contains(pause)), "{count}: {pauses:?}");
            assert!(pauses.iter().any(|pause| *pause != pauses[0]), "{count}: {pauses:?}");
        }
    }

    /// With the `maxReceiveCount` of the template's queues of work.
    #[test]
    fn last_delivery_comes_an_hour_after_the_first() {
        let passed: Duration = (1..10).map(pause).sum();
        let least = Duration::from_secs(5 + 30 + 180 + 6 * 600);
        assert!((least..=2 * least).contains(&passed), "{passed:?}");
    }
}
