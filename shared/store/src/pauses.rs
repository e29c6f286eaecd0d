//! The pauses before requests that AWS did not carry out are made again. All have jitter, so that workers that were throttled
//! together do not come back together.

use std::time::Duration;

use backon::ExponentialBuilder;

/// Before parts of a batch are sent again that DynamoDB or SQS did not process: about a second in all.
pub(crate) const PARTS_OF_A_BATCH: ExponentialBuilder =
    ExponentialBuilder::new().with_jitter().with_min_delay(Duration::from_millis(20)).with_max_times(5);

/// Before throttled work is done again until a deadline; each attempt includes the retries of the SDK. DynamoDB splits a
/// partition that is too busy within minutes, so longer pauses would only lose time.
pub(crate) const THROTTLED_WORK: ExponentialBuilder = ExponentialBuilder::new()
    .with_jitter()
    .with_min_delay(Duration::from_millis(100))
    .with_max_delay(Duration::from_secs(5))
    .without_max_times();

/// Before items are read again of which a transaction that has succeeded is not visible yet: half a second in all.
pub(crate) const NOT_YET_VISIBLE: ExponentialBuilder =
    ExponentialBuilder::new().with_jitter().with_min_delay(Duration::from_millis(5)).with_max_times(6);
