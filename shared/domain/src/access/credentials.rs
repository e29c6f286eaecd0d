//! The credentials in a request, before they are sealed.

use std::collections::BTreeMap;

use secrecy::SecretString;
use serde_json::Value as Json;

use crate::bank::{PIN, PSU_ID};
use crate::fields::{Fields, Finding, FindingCode, Patch, Value};
use crate::secrets::SECRET_BYTES_MAX;

/// The credentials that a request can have: more than any bank asks for.
pub const CREDENTIALS_MAX: usize = 10;

/// Credentials of a bank's customer, by the ids in the catalog.
pub type Credentials = BTreeMap<String, SecretString>;

/// Reads credentials. No finding quotes one.
pub(crate) fn read(fields: &mut Fields<'_>, name: &'static str) -> Patch<Credentials> {
    let members = match fields.take(name) {
        None => return Patch::Keep,
        Some(Value::Null) => return Patch::Clear,
        Some(Value::Other(Json::Object(members))) if members.len() <= CREDENTIALS_MAX => members,
        Some(_) => {
            let reason = format!("expected an object of at most {CREDENTIALS_MAX} strings");
            return fields.refuse(name, FindingCode::InvalidType, reason);
        }
    };
    let mut credentials = Credentials::new();
    for (id, value) in members {
        match value {
            Json::String(text) if (1..=SECRET_BYTES_MAX).contains(&text.len()) => {
                credentials.insert(id, text.into());
            }
            _ => {
                let reason = format!("expected a string of 1 to {SECRET_BYTES_MAX} bytes");
                // Any other id could be a secret that a user entered in the wrong place.
                let field = match id.as_str() {
                    PSU_ID | PIN => format!("{name}.{id}"),
                    _ => name.to_owned(),
                };
                fields.report(Finding::in_field(field, FindingCode::InvalidValue, reason));
            }
        }
    }
    Patch::Set(credentials)
}
