//! The request bodies that create and change a notification endpoint. finX ignores unknown fields in them.

use jiff::Timestamp;

use super::{Endpoint, NotifyUri, ObserveKey, State, Targets, URI_CHARS_MAX};
use crate::fields::{Body, Fields, Patch};
use crate::id::NotificationId;
use crate::secrets::Sealed;

// The descriptions below name the bound.
const _: () = assert!(URI_CHARS_MAX == 2_048);

/// A new notification endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Body)]
#[body(schema(as = NewNotification, example = json!({
    "observe_key": "/rest/transactions", "notify_uri": "https://app.example/notified", "state": "session-7f3c"
})))]
#[body(ignore_unknown, context = Targets)]
pub struct NewEndpoint {
    /// The events that the endpoint observes.
    pub observe_key: ObserveKey,
    /// The URL that notifications are sent to: an `https` URL of a host on the public Internet, without credentials.
    #[body(read_with = notify_uri, wire = String, schema(
        format = "uri", max_length = 2048, pattern = r"^[Hh][Tt][Tt][Pp][Ss]://[A-Za-z0-9._~:/?#@!$&'()*+,;=%\[\]-]+$"
    ))]
    pub notify_uri: NotifyUri,
    /// A text of your own that comes back with each notification.
    pub state: Option<State>,
}

/// A change of a notification endpoint. Absent fields keep their values; `null` removes the `state`.
#[derive(Clone, Debug, PartialEq, Eq, Body)]
#[body(schema(as = NotificationChange, example = json!({ "observe_key": "saldo:sync.completed", "state": null })))]
#[body(ignore_unknown, context = Targets)]
pub struct EndpointChange {
    /// The events that the endpoint observes.
    #[body(not_null)]
    pub observe_key: Option<ObserveKey>,
    /// The URL that notifications are sent to: an `https` URL of a host on the public Internet, without credentials.
    #[body(not_null, read_with = notify_uri, wire = String, schema(
        format = "uri", max_length = 2048, pattern = r"^[Hh][Tt][Tt][Pp][Ss]://[A-Za-z0-9._~:/?#@!$&'()*+,;=%\[\]-]+$"
    ))]
    pub notify_uri: Option<NotifyUri>,
    /// A text of your own that comes back with each notification.
    pub state: Patch<State>,
}

impl NewEndpoint {
    /// The endpoint, with its sealed secret.
    #[must_use]
    pub fn create(self, id: NotificationId, secret: Sealed, now: Timestamp) -> Endpoint {
        let Self { observe_key, notify_uri, state } = self;
        Endpoint { id, observe_key, notify_uri, state, secret, created_at: now }
    }
}

impl EndpointChange {
    /// Whether it changes nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.observe_key.is_none() && self.notify_uri.is_none() && self.state == Patch::Keep
    }
}

fn notify_uri(fields: &mut Fields<'_>, name: &'static str, targets: Targets) -> Patch<NotifyUri> {
    fields.patch(name, |text| targets.read(text))
}
