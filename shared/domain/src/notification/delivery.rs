//! Deliveries: the record of sending one notification, with all attempts.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Endpoint, Event, ObserveKey};
use crate::date::next_millisecond;
use crate::id::{DeliveryId, NotificationId, OrgId};
use crate::revised::Revised;

/// The delay before each further attempt, as Standard Webhooks recommend: 28 hours in total.
pub const RETRY_DELAYS: [Duration; 7] = [
    Duration::from_secs(5),
    Duration::from_mins(5),
    Duration::from_mins(30),
    Duration::from_hours(2),
    Duration::from_hours(5),
    Duration::from_hours(10),
    Duration::from_hours(10),
];

/// The status with which a receiver asks for no more attempts (RFC 9110, 410 Gone).
const GONE: u16 = 410;

/// The status of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum DeliveryStatus {
    /// Further attempts follow.
    Pending,
    /// The receiver has accepted the notification.
    Delivered,
    /// No further attempt is made.
    Failed,
}

/// Why no further attempt is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum DeliveryFailure {
    /// All attempts have failed.
    AttemptsExhausted,
    /// The endpoint was deleted.
    EndpointDeleted,
    /// The receiver answered 410.
    Gone,
    /// Saldo could not attempt it. The receiver is not at fault.
    NotProcessed,
}

/// The result of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The receiver answered with this status.
    StatusCode(u16),
    /// No valid answer arrived.
    Error(AttemptError),
}

/// Why no valid answer arrived. It has no details: they could reveal the structure of an internal network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum AttemptError {
    /// No answer arrived in time.
    Timeout,
    /// No connection or no TLS session could be established.
    ConnectionFailed,
    /// The host's name can't be resolved.
    NameNotResolved,
    /// The host, or one of its addresses, is not on the public Internet.
    AddressNotAllowed,
    /// The receiver answered with a redirect. Saldo does not follow redirects.
    Redirect,
    /// The connection broke, or the answer was not HTTP.
    RequestFailed,
}

/// One attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// When it ended.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub at: Timestamp,
    /// Its result.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// The delivery of a notification.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// The id. Processing the event again gives the same one.
    pub id: DeliveryId,
    /// The organization.
    pub org: OrgId,
    /// The endpoint.
    pub endpoint: NotificationId,
    /// The observe key of the endpoint at the time of the event.
    pub observe_key: ObserveKey,
    /// The job that ended.
    pub job_id: String,
    /// The status.
    pub status: DeliveryStatus,
    /// The attempts: at most one more than there are delays.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attempts: Vec<Attempt>,
    /// When the next attempt is due; `None` unless the status is pending.
    #[serde(
        default,
        with = "jiff::fmt::serde::timestamp::millisecond::optional",
        skip_serializing_if = "Option::is_none"
    )]
    pub next_attempt_at: Option<Timestamp>,
    /// Why it failed; `None` unless it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<DeliveryFailure>,
    /// The time of the event.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub created_at: Timestamp,
    /// The revision, for optimistic locking.
    pub revision: Uuid,
}

impl Delivery {
    /// The delivery of an event to an endpoint. Its first attempt is due at once.
    #[must_use]
    pub fn new(event: &Event, endpoint: &Endpoint) -> Self {
        Self {
            id: DeliveryId::of_event(&endpoint.id, &event.job_id, event.at),
            org: event.org.clone(),
            endpoint: endpoint.id.clone(),
            observe_key: endpoint.observe_key.clone(),
            job_id: event.job_id.clone(),
            status: DeliveryStatus::Pending,
            attempts: Vec::new(),
            next_attempt_at: Some(event.at),
            reason: None,
            created_at: event.at,
            revision: Uuid::now_v7(),
        }
    }

    /// The time until the next attempt is due; `None` if it is due now.
    #[must_use]
    pub fn wait(&self, now: Timestamp) -> Option<Duration> {
        let wait = self.next_attempt_at?.duration_since(now);
        Duration::try_from(wait).ok().filter(|wait| !wait.is_zero())
    }

    /// Records an attempt that ended at `at`. After a failed one, the next attempt is due after the next delay;
    /// after the last one, the delivery fails.
    pub fn record(&mut self, outcome: Outcome, at: Timestamp, delays: &[Duration]) {
        let delay = delays.get(self.attempts.len()).copied();
        self.attempts.push(Attempt { at, outcome });
        match (outcome, delay) {
            (Outcome::StatusCode(200..=299), _) => self.end(DeliveryStatus::Delivered, None),
            (Outcome::StatusCode(GONE), _) => self.give_up(DeliveryFailure::Gone),
            (_, None) => self.give_up(DeliveryFailure::AttemptsExhausted),
            (_, Some(delay)) => self.next_attempt_at = Some(next_millisecond(at + delay)),
        }
    }

    /// Ends the delivery as failed.
    pub fn give_up(&mut self, reason: DeliveryFailure) {
        self.end(DeliveryStatus::Failed, Some(reason));
    }

    fn end(&mut self, status: DeliveryStatus, reason: Option<DeliveryFailure>) {
        self.status = status;
        self.reason = reason;
        self.next_attempt_at = None;
    }
}

impl Revised for Delivery {
    fn revision(&self) -> Uuid {
        self.revision
    }

    fn set_revision(&mut self, revision: Uuid) {
        self.revision = revision;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delivery() -> Delivery {
        let endpoint = serde_json::json!({
            "id": "not_aaaaaaaaaaaaaaaa", "observe_key": "saldo:import.completed",
            "notify_uri": "https://example.com/", "secret": "c2VhbGVk", "created_at": 0
        });
        let event = serde_json::json!({
            "org": "org_aaaaaaaaaaaaaaaa", "job_id": "imp_1", "at": 1000, "keys": ["saldo:import.completed"]
        });
        let endpoint: Endpoint = serde_json::from_value(endpoint).expect("an endpoint");
        let event: Event = serde_json::from_value(event).expect("an event");
        assert!(endpoint.observes(&event));
        Delivery::new(&event, &endpoint)
    }

    fn second(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("a moment")
    }

    #[test]
    fn delivery_is_retried_by_the_schedule_and_then_fails() {
        let mut delivery = delivery();
        assert_eq!(
            (delivery.wait(second(1)), delivery.wait(second(0))),
            (None, Some(Duration::from_secs(1)))
        );
        let mut now = second(1);
        let failure = Outcome::Error(AttemptError::Timeout);
        for delay in RETRY_DELAYS {
            delivery.record(failure, now, &RETRY_DELAYS);
            assert_eq!((delivery.status, delivery.wait(now)), (DeliveryStatus::Pending, Some(delay)));
            now += delay;
            assert_eq!(delivery.wait(now), None);
        }
        delivery.record(Outcome::StatusCode(500), now, &RETRY_DELAYS);
        assert_eq!(
            (delivery.status, delivery.reason, delivery.next_attempt_at, delivery.attempts.len()),
            (DeliveryStatus::Failed, Some(DeliveryFailure::AttemptsExhausted), None, 8)
        );
    }

    #[test]
    fn success_and_status_410_end_a_delivery() {
        let mut delivered = delivery();
        delivered.record(Outcome::StatusCode(503), second(1), &RETRY_DELAYS);
        delivered.record(Outcome::StatusCode(204), second(7), &RETRY_DELAYS);
        assert_eq!((delivered.status, delivered.next_attempt_at), (DeliveryStatus::Delivered, None));
        let mut gone = delivery();
        gone.record(Outcome::StatusCode(410), second(1), &RETRY_DELAYS);
        assert_eq!((gone.status, gone.reason), (DeliveryStatus::Failed, Some(DeliveryFailure::Gone)));
    }

    #[test]
    fn same_event_has_same_delivery() {
        assert_eq!(delivery().id, delivery().id);
    }
}
