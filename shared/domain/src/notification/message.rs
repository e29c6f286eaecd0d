//! The body of a notification.

use serde::Serialize;

use super::{ObserveKey, State};
use crate::id::NotificationId;

/// The body of a notification.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = SentNotification, example = json!({
    "notification_id": "not_mfrggzdfmztwq2lkmfrggzdfmz", "observe_key": "saldo:import.completed",
    "state": "session-7f3c", "job_id": "imp_01980d3c-6f2a-7c41-9b7e-3f1d2a5b8c90"
})))]
pub struct Message<'a> {
    /// The endpoint.
    pub notification_id: &'a NotificationId,
    /// The event.
    pub observe_key: &'a ObserveKey,
    /// The endpoint's `state`, as it was given.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub state: Option<&'a State>,
    /// The job that ended, or that waits for a confirmation.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub job_id: Option<&'a str>,
}
