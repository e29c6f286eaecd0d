//! The request body that creates a key.

use jiff::Timestamp;

use super::{Actor, ApiKey, KeyName, KeySecret, Scope};
use crate::date;
use crate::fields::{Body, Fields, Finding, FindingCode};
use crate::id::{KeyId, OrgId};

const EXPIRES_AT: &str = "expires_at";

/// A new key.
#[derive(Clone, Debug, PartialEq, Eq, Body)]
#[body(schema(as = NewKey, example = json!({ "name": "ERP", "scopes": ["import", "export"] })))]
#[body(context = KeyLifetime, rule = expires_within_lifetime(expires_at))]
pub struct KeyRequest {
    /// The name, for people.
    pub name: KeyName,
    /// The scopes, which the key of the request must have, too.
    #[body(list(Scope::ALL.len()))]
    pub scopes: Vec<Scope>,
    /// The time from which the key is refused: in the future, and no later than the key of the request expires, which
    /// is the default.
    #[body(read = Fields::moment)]
    pub expires_at: Option<Timestamp>,
}

/// The times between which a new key can expire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyLifetime {
    /// The time of the request.
    pub now: Timestamp,
    /// The expiry of the key of the request, if it has one.
    pub latest: Option<Timestamp>,
}

impl KeyRequest {
    /// The key, whose text is `secret`.
    #[must_use]
    pub fn grant(
        self,
        id: KeyId,
        org: OrgId,
        created_by: Actor,
        secret: &KeySecret,
        now: Timestamp,
    ) -> ApiKey {
        let Self { name, scopes, expires_at } = self;
        ApiKey {
            id,
            org,
            name,
            prefix: secret.prefix(),
            scopes,
            created_at: now,
            created_by,
            expires_at,
            revoked_at: None,
            revoked_by: None,
            last_used_at: None,
        }
    }
}

/// Reports an expiry that has passed, or that is later than the one of the key of the request.
fn expires_within_lifetime(fields: &mut Fields<'_>, lifetime: KeyLifetime, expires_at: Option<&Timestamp>) {
    match (expires_at, lifetime.latest) {
        (Some(expiry), _) if *expiry <= lifetime.now => {
            let reason = "the moment is not in the future";
            fields.report(Finding::in_field(EXPIRES_AT, FindingCode::InvalidTime, reason));
        }
        (Some(expiry), Some(latest)) if *expiry > latest => {
            let latest = date::in_milliseconds(latest);
            let reason = format!("the key of this request expires at {latest}, the latest moment allowed");
            fields.report(Finding::in_field(EXPIRES_AT, FindingCode::TooLate, reason));
        }
        _ => {}
    }
}
