//! The request body that connects a bank.

use super::{Credentials, WantedConsent, credentials};
use crate::fields::{Body, Fields};
use crate::text::Text;

/// A new access. Unknown fields are ignored, as finX does.
#[derive(Clone, Debug, Body)]
#[body(ignore_unknown, schema(as = NewAccess, example = json!({
    "access_method_id": "sandbox",
    "credentials": { "psu_id": "demo", "pin": "73190" },
    "save_secrets": true,
    "consent": { "recurring": true, "period": 90, "scopes": ["ACCOUNTS", "TRANSACTIONS"], "accounts": [] }
})))]
pub struct NewAccess {
    /// The access method, as the catalog names it.
    pub access_method_id: Text<128>,
    /// The credentials, or some of them. Missing ones can be sent with a synchronization.
    #[body(default, read = credentials::read, wire = crate::openapi::Credentials)]
    pub credentials: Credentials,
    /// Whether the credentials are kept after the next synchronization.
    #[body(default = false, read = Fields::boolean)]
    pub save_secrets: bool,
    /// Another name of `save_secrets`.
    #[body(default = false, read = Fields::boolean)]
    pub save_credentials: bool,
    /// The consent that the user is asked for; a single reading of everything by default.
    #[body(nested)]
    pub consent: Option<WantedConsent>,
}

impl NewAccess {
    /// Whether the credentials are kept after the next synchronization.
    #[must_use]
    pub fn saves_secrets(&self) -> bool {
        self.save_secrets || self.save_credentials
    }
}
