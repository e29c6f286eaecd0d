//! What is asked for in a new key.

use jiff::Timestamp;
use serde_json::Value;

use super::{ApiKey, KeyName, KeySecret, Scope};
use crate::fields::{Fields, Finding, FindingCode, Patch};
use crate::id::{KeyId, OrgId};

const NAME: &str = "name";
const SCOPES: &str = "scopes";
const EXPIRES_AT: &str = "expires_at";

/// The fields of a request for a key.
pub const KEY_FIELDS: &[&str] = &[NAME, SCOPES, EXPIRES_AT];

/// What is asked for in a new key.
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
    /// Reads a request made at `now`.
    ///
    /// # Errors
    /// Everything that is wrong with the fields.
    pub fn read(mut fields: Fields, now: Timestamp) -> Result<Self, Vec<Finding>> {
        let name = fields.required(NAME, Fields::text);
        let scopes = fields.required(SCOPES, scopes);
        let expires_at = expiry(&mut fields, now).value();
        let request = || Some(Self { name: name?, scopes: scopes?, expires_at });
        fields.finish(request())
    }

    /// The key that was asked for, which `secret` opens.
    #[must_use]
    pub fn grant(self, id: KeyId, org: OrgId, secret: &KeySecret, now: Timestamp) -> ApiKey {
        let Self { name, scopes, expires_at } = self;
        ApiKey {
            id,
            org,
            name,
            prefix: secret.prefix(),
            scopes,
            created_at: now,
            expires_at,
            revoked_at: None,
            last_used_at: None,
        }
    }
}

fn scopes(fields: &mut Fields, name: &'static str) -> Patch<Vec<Scope>> {
    let expected = "expected an array of at least one scope";
    let names = match fields.take(name) {
        None => return Patch::Keep,
        Some(Value::Null) => return Patch::Clear,
        Some(Value::Array(names)) if names.len() > Scope::ALL.len() => {
            return fields.refuse(name, FindingCode::TooMany, "there are not that many scopes");
        }
        Some(Value::Array(names)) if !names.is_empty() => names,
        Some(_) => return fields.refuse(name, FindingCode::InvalidType, expected),
    };
    let mut scopes = Vec::new();
    for (at, name) in names.iter().enumerate() {
        let element = format!("{SCOPES}.{at}");
        match name.as_str().map(str::parse::<Scope>) {
            None => fields.find(Finding::in_field(element, FindingCode::InvalidType, "expected a string")),
            Some(Err(unknown)) => {
                fields.find(Finding::in_field(element, FindingCode::InvalidValue, unknown.to_string()));
            }
            Some(Ok(scope)) if scopes.contains(&scope) => {
                fields.find(Finding::in_field(
                    element,
                    FindingCode::DuplicateValue,
                    "the scope is there twice",
                ));
            }
            Some(Ok(scope)) => scopes.push(scope),
        }
    }
    Patch::Set(scopes)
}

fn expiry(fields: &mut Fields, now: Timestamp) -> Patch<Timestamp> {
    match fields.patch(EXPIRES_AT, |text| text.parse::<Timestamp>().map_err(|_| NotAMoment)) {
        Patch::Set(expiry) if expiry <= now => {
            fields.refuse(EXPIRES_AT, FindingCode::InvalidTime, "the moment is not in the future")
        }
        expiry => expiry,
    }
}

/// The text is no moment.
#[derive(Debug, thiserror::Error)]
#[error("not a moment in RFC 3339's form before 9999-12-30T22:00:00Z, such as 2027-01-31T12:00:00Z")]
struct NotAMoment;

impl From<NotAMoment> for FindingCode {
    fn from(_: NotAMoment) -> Self {
        Self::InvalidTime
    }
}
