//! Hops: how often workers have queued a message again, and how often they are allowed to.
//!
//! A worker that has to wait (for a bank, for the next attempt at a webhook, for capacity of a table) sends its message
//! again with a delay. Lambda takes such a chain for a runaway loop and stops it after 16 invocations, unless the
//! template allows the function to loop. For these functions, the bounds here replace Lambda's.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use serde::{Deserialize, Serialize};

use super::Message;

/// The hops of an import's chunk or plan. A throttled message rests for 5 seconds at first and twice as long each time, up
/// to 320 seconds: a day takes 276 hops. A planner also leaves the rest of a large file to another run every 400
/// seconds; three hours of planning take 27 hops.
pub(super) const IMPORT_HOPS_MAX: u32 = 310;

/// An export is written in one run: its worker never queues it again.
pub(super) const EXPORT_HOPS_MAX: u32 = 0;

/// A synchronization ends after 50 minutes at the latest. Asking the bank every 3 seconds whether its customer has
/// agreed takes 1,000 hops in that time. Reading in runs of a minute takes 50 more, and waiting for a busy bank or for
/// another worker's lease a few.
pub(super) const SYNC_HOPS_MAX: u32 = 1_200;

/// The retries of a webhook wait for 27 hours and 35 minutes in all. SQS delays a message by 15
/// minutes at most, so the whole schedule takes 112 hops. Each of its 7 attempts may find itself a
/// moment early and wait once more.
pub(super) const NOTIFICATION_HOPS_MAX: u32 = 120;

/// The longest rest of a throttled message, without its jitter.
pub const REST_MAX: Duration = Duration::from_secs(320);

/// A message in a queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Queued<M> {
    /// The message.
    #[serde(flatten)]
    pub message: M,
    /// How often workers have queued it again.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub hops: u32,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(hops: &u32) -> bool {
    *hops == 0
}

impl<M: Message> Queued<M> {
    /// Whether it was queued again as often as its kind allows.
    #[must_use]
    pub fn is_exhausted(&self) -> bool {
        self.hops >= M::HOPS_MAX
    }

    /// How long throttled work rests before this hop: `first` for a new message, twice as long at each hop, at most
    /// [`REST_MAX`], and with jitter up to twice that, so that messages which were throttled together do not come back
    /// together.
    #[must_use]
    pub fn rest(&self, first: Duration) -> Duration {
        let rests = ExponentialBuilder::new()
            .with_jitter()
            .with_min_delay(first)
            .with_max_delay(REST_MAX)
            .without_max_times();
        rests.build().nth(usize::try_from(self.hops).unwrap_or(usize::MAX)).unwrap_or(REST_MAX)
    }
}

#[cfg(test)]
mod tests {
    use saldo_domain::id::{DeliveryId, OrgId};
    use saldo_domain::notification::RETRY_DELAYS;
    use saldo_domain::sync::TIME_MAX;

    use super::*;
    use crate::Limits;
    use crate::queue::{DELAY_MAX, NotificationMessage, REST_MAX};

    fn hops(delay: Duration, hop: Duration) -> u32 {
        u32::try_from(delay.as_millis().div_ceil(hop.as_millis())).expect("few hops")
    }

    #[test]
    fn bounds_cover_the_longest_schedules() {
        let schedule: u32 = RETRY_DELAYS.iter().map(|delay| hops(*delay, DELAY_MAX)).sum();
        assert_eq!(schedule, 112);
        assert!(schedule + u32::try_from(RETRY_DELAYS.len()).expect("few") <= NOTIFICATION_HOPS_MAX);

        let limits = Limits::default();
        let polls = hops(TIME_MAX.unsigned_abs(), limits.poll_interval);
        let turns = hops(TIME_MAX.unsigned_abs(), limits.sync_time);
        assert!((polls, turns) == (1_000, 50) && polls + 2 * turns <= SYNC_HOPS_MAX);

        let (mut rest, mut rested, mut rests) = (limits.throttled_rest, Duration::ZERO, 0);
        while rested < Duration::from_hours(24) {
            (rested, rests) = (rested + rest, rests + 1);
            rest = (rest * 2).min(REST_MAX);
        }
        let runs = hops(Duration::from_hours(3), limits.planning_time);
        assert!((rests, runs) == (276, 27) && rests + runs <= IMPORT_HOPS_MAX, "{rests} and {runs}");
    }

    #[test]
    fn hops_are_written_beside_the_message_and_missing_ones_are_none() {
        let org = OrgId::placeholder();
        let delivery = DeliveryId::of_event(
            &"not_aaaaaaaaaaaaaaaa".parse().expect("an id"),
            "imp_1",
            jiff::Timestamp::UNIX_EPOCH,
        );
        let message = NotificationMessage::Deliver { org, delivery };
        let queued = Queued { message: message.clone(), hops: 7 };
        let json = serde_json::to_value(&queued).expect("JSON");
        assert_eq!(json["hops"], 7);
        assert_eq!(serde_json::from_value::<Queued<NotificationMessage>>(json).expect("it"), queued);
        let new = serde_json::to_string(&message).expect("JSON");
        let read: Queued<NotificationMessage> = serde_json::from_str(&new).expect("a message");
        assert_eq!((read.hops, serde_json::to_string(&read).expect("JSON")), (0, new));
    }
}
