//! An endpoint as its callers see it: never its secret, but for the one time it is made.

use saldo_domain::date::in_milliseconds;
use saldo_domain::id::NotificationId;
use saldo_domain::notification::{Endpoint, NotifyUri, ObserveKey, State};
use serde::Serialize;
use utoipa::ToSchema;

/// Where something is told, and of what.
#[derive(Clone, Serialize, ToSchema)]
#[schema(as = Notification, example = json!({
    "notification_id": "not_mfrggzdfmztwq2lkmfrggzdfmz", "observe_key": "/rest/transactions",
    "notify_uri": "https://app.example/notified", "state": "session-7f3c",
    "created_at": "2026-01-15T12:00:00.000Z"
}))]
pub(crate) struct View {
    pub(crate) notification_id: NotificationId,
    observe_key: ObserveKey,
    notify_uri: NotifyUri,
    /// What is told with each notification, to tell it by.
    #[schema(required)]
    state: Option<State>,
    #[schema(format = DateTime)]
    created_at: String,
}

impl From<Endpoint> for View {
    fn from(endpoint: Endpoint) -> Self {
        Self {
            notification_id: endpoint.id,
            observe_key: endpoint.observe_key,
            notify_uri: endpoint.notify_uri,
            state: endpoint.state,
            created_at: in_milliseconds(endpoint.created_at),
        }
    }
}
