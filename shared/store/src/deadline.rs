//! Trying again, while there is time, what AWS has no capacity for.

use std::time::{Duration, Instant};

use backon::{ExponentialBuilder, Retryable};

use crate::failure::Failure;

/// The pauses between attempts, beside those of the SDK, which come before. DynamoDB splits a
/// partition that is too busy within minutes, so longer ones would only lose time.
const PAUSES: ExponentialBuilder = ExponentialBuilder::new()
    .with_jitter()
    .with_min_delay(Duration::from_millis(100))
    .with_max_delay(Duration::from_secs(5))
    .without_max_times();

/// The moment after which throttled work is not tried again.
#[derive(Clone, Copy, Debug)]
pub struct Deadline(Instant);

impl Deadline {
    /// The moment after this time from now on.
    #[must_use]
    pub fn after(time: Duration) -> Self {
        Self(Instant::now() + time)
    }

    /// A moment that has passed: work is tried once.
    #[must_use]
    pub fn passed() -> Self {
        Self::after(Duration::ZERO)
    }

    /// Does some work, and again after a pause as long as it is throttled. An attempt, or a pause,
    /// that has begun may end after the deadline.
    ///
    /// # Errors
    /// The first [`Failure`] that is no [`Failure::Throttled`], or the first after the deadline.
    pub async fn retry<T, W: Future<Output = Result<T, Failure>>>(
        self,
        work: impl FnMut() -> W,
    ) -> Result<T, Failure> {
        let again =
            |failure: &Failure| matches!(failure, Failure::Throttled { .. }) && Instant::now() < self.0;
        work.retry(PAUSES).when(again).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn attempts(deadline: Deadline, outcome: impl Fn(u32) -> Result<(), Failure>) -> u32 {
        let mut attempts = 0;
        let work = || {
            attempts += 1;
            std::future::ready(outcome(attempts))
        };
        let _outcome = deadline.retry(work).await;
        attempts
    }

    fn throttled<T>() -> Result<T, Failure> {
        Err(Failure::Throttled { operation: "a test" })
    }

    #[tokio::test]
    async fn throttled_work_is_tried_until_it_is_done() {
        let outcome = |attempt| if attempt < 2 { throttled() } else { Ok(()) };
        assert_eq!(attempts(Deadline::after(Duration::from_hours(1)), outcome).await, 2);
    }

    #[tokio::test]
    async fn nothing_is_tried_again_after_the_deadline() {
        assert_eq!(attempts(Deadline::passed(), |_| throttled()).await, 1);
    }

    #[tokio::test]
    async fn other_failures_are_not_tried_again() {
        let outcome = |_| Err(Failure::missing("a test"));
        assert_eq!(attempts(Deadline::after(Duration::from_hours(1)), outcome).await, 1);
    }
}
