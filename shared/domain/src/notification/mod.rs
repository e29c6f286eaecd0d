//! Notifications: Saldo calls an application's URL when a job has ended, so that the application need not poll.

mod address;
mod delivery;
mod endpoint;
mod message;
mod observe_key;
mod request;
mod target;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use delivery::{Attempt, AttemptError, Delivery, DeliveryFailure, DeliveryStatus, Outcome, RETRY_DELAYS};
pub use endpoint::{ENDPOINTS_MAX, Endpoint, State, signing_secret};
pub use message::Message;
pub use observe_key::ObserveKey;
pub use request::{EndpointChange, NewEndpoint};
pub use target::{InvalidTarget, NotifyUri, Targets, URI_CHARS_MAX};

use crate::id::{ExportId, ImportId, OrgId, SyncId};

/// A job of an organization has ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// The organization.
    pub org: OrgId,
    /// The id of the job, which identifies the event.
    pub job_id: String,
    /// When it ended.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub at: Timestamp,
    /// The observe keys of the endpoints that are notified.
    pub keys: Vec<String>,
}

impl Event {
    /// An import has ended, with any status.
    #[must_use]
    pub fn import_completed(org: OrgId, import: &ImportId, at: Timestamp) -> Self {
        Self { org, job_id: import.to_string(), at, keys: vec!["saldo:import.completed".to_owned()] }
    }

    /// An import of a complete file waits for a confirmation, since this moment.
    #[must_use]
    pub fn import_awaiting_confirmation(org: OrgId, import: &ImportId, at: Timestamp) -> Self {
        Self {
            org,
            job_id: import.to_string(),
            at,
            keys: vec!["saldo:import.awaiting_confirmation".to_owned()],
        }
    }

    /// An export has ended.
    #[must_use]
    pub fn export_completed(org: OrgId, export: &ExportId, at: Timestamp) -> Self {
        Self { org, job_id: export.to_string(), at, keys: vec!["saldo:export.completed".to_owned()] }
    }

    /// A synchronization has ended. The finX API names it by these paths.
    #[must_use]
    pub fn sync_completed(org: OrgId, sync: &SyncId, at: Timestamp, paths: Vec<String>) -> Self {
        let mut keys = vec!["saldo:sync.completed".to_owned()];
        keys.extend(paths);
        Self { org, job_id: sync.to_string(), at, keys }
    }
}
