//! A key as its callers see it: never the key itself.

use saldo::date::in_milliseconds;
use saldo::id::KeyId;
use saldo::key::{ApiKey, Scope};
use serde::Serialize;

/// What is known of a key.
#[derive(Clone, Serialize)]
pub(crate) struct View {
    pub(crate) id: KeyId,
    name: String,
    prefix: String,
    scopes: Vec<Scope>,
    created_at: String,
    last_used_at: Option<String>,
    expires_at: Option<String>,
    revoked_at: Option<String>,
}

impl From<ApiKey> for View {
    fn from(key: ApiKey) -> Self {
        Self {
            id: key.id,
            name: key.name.into(),
            prefix: key.prefix,
            scopes: key.scopes,
            created_at: in_milliseconds(key.created_at),
            last_used_at: key.last_used_at.map(in_milliseconds),
            expires_at: key.expires_at.map(in_milliseconds),
            revoked_at: key.revoked_at.map(in_milliseconds),
        }
    }
}
