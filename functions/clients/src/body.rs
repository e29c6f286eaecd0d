//! What is sent to make and to change clients, for the OpenAPI document: it is read field by
//! field.
#![allow(dead_code, reason = "these are described, never made")]

use saldo_domain::client::ClientName;
use saldo_http::openapi::BlankOrProse;
use utoipa::ToSchema;

/// A new external client.
#[derive(ToSchema)]
#[schema(as = NewClient, example = json!({ "name": "ACME Brokers", "description": "Preferred FX counterparty" }))]
#[serde(deny_unknown_fields)]
pub(crate) struct New {
    name: ClientName,
    /// Free text.
    description: Option<BlankOrProse<2_000>>,
}

/// What to change in a client. What is not mentioned stays, and `null` clears the description.
#[derive(ToSchema)]
#[schema(as = ClientChange, example = json!({ "description": "Preferred FX counterparty" }))]
#[serde(deny_unknown_fields)]
pub(crate) struct Change {
    #[schema(nullable = false)]
    name: Option<ClientName>,
    /// Free text.
    description: Option<BlankOrProse<2_000>>,
}

#[cfg(test)]
mod tests {
    use saldo_domain::client::{CLIENT_FIELDS, Description};
    use saldo_http::openapi::properties;

    use super::*;

    #[test]
    fn what_is_described_is_what_is_read() {
        // The type is read to be refused.
        let read: Vec<_> = CLIENT_FIELDS.iter().filter(|field| **field != "type").collect();
        for described in [properties::<New>(), properties::<Change>()] {
            assert_eq!(described.iter().collect::<Vec<_>>(), read);
        }
        assert!("x".repeat(2_000).parse::<Description>().is_ok());
        assert!("x".repeat(2_001).parse::<Description>().is_err());
    }
}
