//! An endpoint as its callers see it: never its secret, but for the one time it is made.

use saldo::date::in_milliseconds;
use saldo::id::NotificationId;
use saldo::notification::{Endpoint, NotifyUri, ObserveKey, State};
use serde::Serialize;

/// What is known of an endpoint.
#[derive(Clone, Serialize)]
pub(crate) struct View {
    pub(crate) notification_id: NotificationId,
    observe_key: ObserveKey,
    notify_uri: NotifyUri,
    state: Option<State>,
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
