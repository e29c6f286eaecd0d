//! Deliveries: one event on its way to one endpoint, with all the attempts that were made.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Endpoint, Event, ObserveKey};
use crate::date::next_millisecond;
use crate::id::{DeliveryId, NotificationId, OrgId};
use crate::revised::Revised;

/// How long after each failed attempt the next is made, as Standard Webhooks advise: a day and
/// a bit in all.
pub const RETRY_DELAYS: [Duration; 7] = [
    Duration::from_secs(5),
    Duration::from_mins(5),
    Duration::from_mins(30),
    Duration::from_hours(2),
    Duration::from_hours(5),
    Duration::from_hours(10),
    Duration::from_hours(10),
];

/// The status by which a receiver says that it wants no more of this (RFC 9110, 410 Gone).
const GONE: u16 = 410;

/// How a delivery is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum DeliveryStatus {
    /// There are attempts to be made.
    Pending,
    /// The endpoint has it.
    Delivered,
    /// It was given up.
    Failed,
}

/// Why a delivery was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum GivenUp {
    /// All the attempts were made.
    AttemptsExhausted,
    /// The endpoint was deleted meanwhile.
    EndpointDeleted,
    /// The receiver has said that it wants no more.
    Gone,
    /// It could not even be attempted, for a fault that was not the receiver's.
    NotProcessed,
}

/// What came of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The receiver answered with this status.
    StatusCode(u16),
    /// There was no answer that counts.
    Error(AttemptError),
}

/// Why an attempt had no answer. Nothing more is told: it could say what an inner network looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum AttemptError {
    /// It did not come in time.
    Timeout,
    /// There was no connection, or no TLS in it.
    ConnectionFailed,
    /// The host's name is not known.
    NameNotResolved,
    /// The host, or one of its addresses, is not on the public Internet.
    AddressNotAllowed,
    /// The receiver sent us elsewhere, and we don't go where we are sent.
    Redirect,
    /// The connection broke, or what came was not HTTP.
    RequestFailed,
}

/// One attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// When it ended.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub at: Timestamp,
    /// What came of it.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// An event on its way to an endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// Its id, the same however often the event is told.
    pub id: DeliveryId,
    /// Whose it is.
    pub org: OrgId,
    /// Where it goes.
    pub endpoint: NotificationId,
    /// What the endpoint observed when it was told.
    pub observe_key: ObserveKey,
    /// The job that ended.
    pub job_id: String,
    /// How it is doing.
    pub status: DeliveryStatus,
    /// The attempts that were made, one more than there are delays between them at the most.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attempts: Vec<Attempt>,
    /// When the next attempt is due, as long as it is pending.
    #[serde(
        default,
        with = "jiff::fmt::serde::timestamp::millisecond::optional",
        skip_serializing_if = "Option::is_none"
    )]
    pub next_attempt_at: Option<Timestamp>,
    /// Why it was given up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<GivenUp>,
    /// When the event was.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub created_at: Timestamp,
    /// Tells one state of it from another.
    pub revision: Uuid,
}

impl Delivery {
    /// The delivery of an event to an endpoint, due at once.
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

    /// How long it is until the next attempt is due; nothing, if it is.
    #[must_use]
    pub fn wait(&self, now: Timestamp) -> Option<Duration> {
        let wait = self.next_attempt_at?.duration_since(now);
        Duration::try_from(wait).ok().filter(|wait| !wait.is_zero())
    }

    /// Records an attempt that ended at `at`. After a failed one the next is due after the
    /// delay of its number, until there are no more delays.
    pub fn record(&mut self, outcome: Outcome, at: Timestamp, delays: &[Duration]) {
        let delay = delays.get(self.attempts.len()).copied();
        self.attempts.push(Attempt { at, outcome });
        match (outcome, delay) {
            (Outcome::StatusCode(200..=299), _) => self.end(DeliveryStatus::Delivered, None),
            (Outcome::StatusCode(GONE), _) => self.give_up(GivenUp::Gone),
            (_, None) => self.give_up(GivenUp::AttemptsExhausted),
            (_, Some(delay)) => self.next_attempt_at = Some(next_millisecond(at + delay)),
        }
    }

    /// Ends it as failed.
    pub fn give_up(&mut self, reason: GivenUp) {
        self.end(DeliveryStatus::Failed, Some(reason));
    }

    fn end(&mut self, status: DeliveryStatus, reason: Option<GivenUp>) {
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
    fn a_delivery_is_retried_by_the_schedule_and_then_given_up() {
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
            (DeliveryStatus::Failed, Some(GivenUp::AttemptsExhausted), None, 8)
        );
    }

    #[test]
    fn a_success_ends_it_and_so_does_a_receiver_that_wants_no_more() {
        let mut delivered = delivery();
        delivered.record(Outcome::StatusCode(503), second(1), &RETRY_DELAYS);
        delivered.record(Outcome::StatusCode(204), second(7), &RETRY_DELAYS);
        assert_eq!((delivered.status, delivered.next_attempt_at), (DeliveryStatus::Delivered, None));
        let mut gone = delivery();
        gone.record(Outcome::StatusCode(410), second(1), &RETRY_DELAYS);
        assert_eq!((gone.status, gone.reason), (DeliveryStatus::Failed, Some(GivenUp::Gone)));
    }

    #[test]
    fn the_same_event_is_the_same_delivery() {
        assert_eq!(delivery().id, delivery().id);
    }
}
