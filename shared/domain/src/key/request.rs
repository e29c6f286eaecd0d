//! The request for a new key.

use std::str::FromStr;

use jiff::Timestamp;

use super::{Actor, ApiKey, KeyName, KeySecret, Scope};
use crate::date;
use crate::fields::{Fields, Finding, FindingCode, Patch};
use crate::id::{KeyId, OrgId};

const NAME: &str = "name";
const SCOPES: &str = "scopes";
const EXPIRES_AT: &str = "expires_at";

/// The fields of a request for a key.
pub const KEY_FIELDS: &[&str] = &[NAME, SCOPES, EXPIRES_AT];

/// A request for a new key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRequest {
    /// What people will call it.
    pub name: KeyName,
    /// What it may do: at least one scope, none of them twice.
    pub scopes: Vec<Scope>,
    /// From when on it is refused.
    pub expires_at: Option<Timestamp>,
}

impl KeyRequest {
    /// Reads a request made at `now` with a key that expires at `latest`. The new key expires no
    /// later, and at `latest` unless the request names an earlier moment.
    ///
    /// # Errors
    /// Everything that is wrong with the fields.
    pub fn read(mut fields: Fields, now: Timestamp, latest: Option<Timestamp>) -> Result<Self, Vec<Finding>> {
        let name = fields.required(NAME, Fields::text);
        let scopes =
            fields.required(SCOPES, |fields, name| fields.list(name, Scope::ALL.len(), Scope::from_str));
        let expires_at = expiry(&mut fields, now, latest).value().or(latest);
        let request = || Some(Self { name: name?, scopes: scopes?, expires_at });
        fields.finish(request())
    }

    /// The key that was asked for, whose text is `secret`.
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

fn expiry(fields: &mut Fields, now: Timestamp, latest: Option<Timestamp>) -> Patch<Timestamp> {
    match (fields.patch(EXPIRES_AT, date::parse_moment), latest) {
        (Patch::Set(expiry), _) if expiry <= now => {
            fields.refuse(EXPIRES_AT, FindingCode::InvalidTime, "the moment is not in the future")
        }
        (Patch::Set(expiry), Some(latest)) if expiry > latest => {
            let latest = date::in_milliseconds(latest);
            let reason = format!("the key of this request expires at {latest}, the latest moment allowed");
            fields.refuse(EXPIRES_AT, FindingCode::TooLate, reason)
        }
        (expiry, _) => expiry,
    }
}
