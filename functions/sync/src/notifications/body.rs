//! What is sent to make and to change endpoints, for the OpenAPI document: it is read field by
//! field. Fields that there are not are ignored.
#![allow(dead_code, reason = "these are described, never made")]

use saldo_domain::notification::{ObserveKey, State};
use utoipa::ToSchema;

/// Where to be told of something.
#[derive(ToSchema)]
#[schema(as = NewNotification, example = json!({
    "observe_key": "/rest/transactions", "notify_uri": "https://app.example/notified", "state": "session-7f3c"
}))]
pub(super) struct New {
    observe_key: ObserveKey,
    /// Where it is told: an `https` URL of a host on the public Internet, without credentials in it.
    #[schema(
        format = "uri",
        max_length = 2048,
        pattern = r"^[Hh][Tt][Tt][Pp][Ss]://[A-Za-z0-9._~:/?#@!$&'()*+,;=%\[\]-]+$"
    )]
    notify_uri: String,
    /// What is told with each notification, to tell it by.
    state: Option<State>,
}

/// What to change in an endpoint. What is not mentioned stays, and `null` clears the `state`.
#[derive(ToSchema)]
#[schema(as = NotificationChange, example = json!({ "observe_key": "saldo:sync.completed", "state": null }))]
pub(super) struct Change {
    #[schema(nullable = false)]
    observe_key: Option<ObserveKey>,
    /// Where it is told: an `https` URL of a host on the public Internet, without credentials in it.
    #[schema(
        nullable = false,
        format = "uri",
        max_length = 2048,
        pattern = r"^[Hh][Tt][Tt][Pp][Ss]://[A-Za-z0-9._~:/?#@!$&'()*+,;=%\[\]-]+$"
    )]
    notify_uri: Option<String>,
    /// What is told with each notification, to tell it by.
    state: Option<State>,
}

#[cfg(test)]
mod tests {
    use saldo_domain::notification::{ENDPOINT_FIELDS, URI_CHARS_MAX};
    use saldo_http::openapi::properties;
    use utoipa::PartialSchema;

    use super::*;

    #[test]
    fn what_is_described_is_what_is_read() {
        assert_eq!(properties::<New>(), ENDPOINT_FIELDS);
        assert_eq!(properties::<Change>(), ENDPOINT_FIELDS);
    }

    #[test]
    fn the_bound_is_the_one_that_is_checked() {
        for schema in [New::schema(), Change::schema()] {
            let schema = serde_json::to_value(schema).expect("JSON");
            assert_eq!(schema["properties"]["notify_uri"]["maxLength"], URI_CHARS_MAX);
        }
    }
}
