//! A key as its callers see it: never the key itself.

use saldo_domain::date::in_milliseconds;
use saldo_domain::id::KeyId;
use saldo_domain::key::{Actor, ApiKey, Scope};
use serde::Serialize;
use utoipa::ToSchema;

/// What is known of a key.
#[derive(Clone, Serialize, ToSchema)]
#[schema(as = Key, example = json!({
    "id": "key_mfrggzdfmztwq2lk", "name": "ERP", "prefix": "saldo_k_q83v", "scopes": ["import", "export"],
    "created_at": "2026-03-16T09:30:00.000Z", "created_by": "key_nfxgs5dpojswk4tf",
    "last_used_at": "2026-03-16T10:00:00.000Z", "expires_at": null, "revoked_at": null, "revoked_by": null
}))]
pub(crate) struct View {
    pub(crate) id: KeyId,
    name: String,
    /// How the key begins, to tell it by; empty for keys older than this field.
    #[schema(pattern = "^(saldo_k_[A-Za-z0-9_-]{4})?$")]
    prefix: String,
    scopes: Vec<Scope>,
    #[schema(format = DateTime)]
    created_at: String,
    /// The id of the key that created it, or `operator` for the admin command.
    created_by: Actor,
    /// When it was last used, to the hour.
    #[schema(required, format = DateTime)]
    last_used_at: Option<String>,
    /// From when on it is refused.
    #[schema(required, format = DateTime)]
    expires_at: Option<String>,
    /// When it was revoked.
    #[schema(required, format = DateTime)]
    revoked_at: Option<String>,
    /// The id of the key that revoked it, or `operator` for the admin command.
    #[schema(required)]
    revoked_by: Option<Actor>,
}

impl From<ApiKey> for View {
    fn from(key: ApiKey) -> Self {
        Self {
            id: key.id,
            name: key.name.into(),
            prefix: key.prefix,
            scopes: key.scopes,
            created_at: in_milliseconds(key.created_at),
            created_by: key.created_by,
            last_used_at: key.last_used_at.map(in_milliseconds),
            expires_at: key.expires_at.map(in_milliseconds),
            revoked_at: key.revoked_at.map(in_milliseconds),
            revoked_by: key.revoked_by,
        }
    }
}
