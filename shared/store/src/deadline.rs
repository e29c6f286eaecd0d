//! Retries of throttled work until a deadline.

use std::time::{Duration, Instant};

use backon::Retryable;

use crate::failure::Failure;
use crate::pauses::THROTTLED_WORK;

/// The moment after which throttled work is not retried.
#[derive(Clone, Copy, Debug)]
pub struct Deadline(Instant);

impl Deadline {
    /// The deadline this long from now.
    #[must_use]
    pub fn after(time: Duration) -> Self {
        Self(Instant::now() + time)
    }

    /// A deadline in the past: work is tried once.
    #[must_use]
    pub fn passed() -> Self {
        Self::after(Duration::ZERO)
    }

    /// Does the work, and retries it after a pause while it is throttled. An attempt, or a pause, that has begun may end
    /// after the deadline.
    ///
    /// # Errors
    /// The first [`Failure`] that is not [`Failure::Throttled`], or the first one after the deadline.
    pub async fn retry<T, W: Future<Output = Result<T, Failure>>>(
        self,
        work: impl FnMut() -> W,
    ) -> Result<T, Failure> {
        let again = |failure: &Failure| matches!(failure, Failure::Throttled { .. }) && !self.has_passed();
        work.retry(THROTTLED_WORK).when(again).await
    }

    /// Asks before work that is not the first one whether there is time for it.
    ///
    /// # Errors
    /// [`Failure::Throttled`] after the deadline.
    pub fn check(self) -> Result<(), Failure> {
        match self.has_passed() {
            true => Err(Failure::Throttled { operation: "work that has a deadline" }),
            false => Ok(()),
        }
    }

    fn has_passed(self) -> bool {
        Instant::now() >= self.0
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
