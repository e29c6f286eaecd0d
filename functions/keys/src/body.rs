//! What is sent to make a key, for the OpenAPI document: it is read field by field.
#![allow(dead_code, reason = "this is described, never made")]

use std::collections::BTreeSet;

use saldo_domain::key::{KeyName, Scope};
use utoipa::ToSchema;

/// A new key.
#[derive(ToSchema)]
#[schema(as = NewKey, example = json!({ "name": "ERP", "scopes": ["import", "export"] }))]
#[serde(deny_unknown_fields)]
pub(crate) struct New {
    /// What people will call it.
    name: KeyName,
    /// What it may do: scopes that the key of the request has, too.
    #[schema(min_items = 1, max_items = 11)]
    scopes: BTreeSet<Scope>,
    /// From when on it is refused: a moment in the future, no later than the key of the request expires,
    /// which is the default.
    #[schema(format = DateTime)]
    expires_at: Option<String>,
}

#[cfg(test)]
mod tests {
    use saldo_domain::key::KEY_FIELDS;
    use saldo_http::openapi::properties;

    use super::*;

    #[test]
    fn what_is_described_is_what_is_read() {
        assert_eq!(properties::<New>(), KEY_FIELDS);
        assert_eq!(Scope::ALL.len(), 11);
    }
}
