//! Notifications: an application is told by HTTP that something has ended, so that it need
//! not ask again and again.

mod address;
mod delivery;
mod endpoint;
mod message;
mod observe_key;
mod target;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use delivery::{Attempt, AttemptError, Delivery, DeliveryStatus, GivenUp, Outcome, RETRY_DELAYS};
pub use endpoint::{
    ENDPOINT_FIELDS, ENDPOINTS_MAX, Endpoint, EndpointChange, EndpointRequest, State, signing_secret,
};
pub use message::Message;
pub use observe_key::ObserveKey;
pub use target::{InvalidTarget, NotifyUri, Targets, URI_CHARS_MAX};

use crate::id::{ExportId, ImportId, OrgId, SyncId};

/// Something that has ended, of which an organization's endpoints may want to be told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Whose it is.
    pub org: OrgId,
    /// The id of the job that has ended, by which the event is told from others.
    pub job_id: String,
    /// When it ended.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub at: Timestamp,
    /// The observe keys that it is for.
    pub keys: Vec<String>,
}

impl Event {
    /// An import has ended, completely or not.
    #[must_use]
    pub fn import_completed(org: OrgId, import: &ImportId, at: Timestamp) -> Self {
        Self { org, job_id: import.to_string(), at, keys: vec!["saldo:import.completed".to_owned()] }
    }

    /// An export has ended.
    #[must_use]
    pub fn export_completed(org: OrgId, export: &ExportId, at: Timestamp) -> Self {
        Self { org, job_id: export.to_string(), at, keys: vec!["saldo:export.completed".to_owned()] }
    }

    /// A synchronization has ended, which the finX API has these paths for.
    #[must_use]
    pub fn sync_completed(org: OrgId, sync: &SyncId, at: Timestamp, paths: Vec<String>) -> Self {
        let mut keys = vec!["saldo:sync.completed".to_owned()];
        keys.extend(paths);
        Self { org, job_id: sync.to_string(), at, keys }
    }
}
