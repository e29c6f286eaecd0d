//! Credentials on their way to being sealed.

use std::collections::BTreeMap;

use secrecy::SecretString;
use serde_json::Value;

use crate::bank::{PIN, PSU_ID};
use crate::fields::{Fields, Finding, FindingCode};
use crate::secrets::SECRET_BYTES_MAX;

/// The field that holds them.
pub(crate) const CREDENTIALS: &str = "credentials";
/// The credentials that a request may have: far more than any bank asks for.
pub const CREDENTIALS_MAX: usize = 10;

/// What a bank asks of its customer, by the ids that the catalog gives.
pub type Credentials = BTreeMap<String, SecretString>;

/// Reads the credentials. Nothing that is said about them quotes one.
pub(crate) fn read(fields: &mut Fields) -> Credentials {
    let members = match fields.take(CREDENTIALS) {
        None | Some(Value::Null) => return Credentials::new(),
        Some(Value::Object(members)) if members.len() <= CREDENTIALS_MAX => members,
        Some(_) => {
            let reason = format!("expected an object of at most {CREDENTIALS_MAX} strings");
            fields.report(Finding::in_field(CREDENTIALS, FindingCode::InvalidType, reason));
            return Credentials::new();
        }
    };
    let mut credentials = Credentials::new();
    for (id, value) in members {
        match value {
            Value::String(text) if (1..=SECRET_BYTES_MAX).contains(&text.len()) => {
                credentials.insert(id, text.into());
            }
            _ => {
                let reason = format!("expected a string of 1 to {SECRET_BYTES_MAX} bytes");
                // Another id may be the secret of somebody who has mixed them up.
                let field = match id.as_str() {
                    PSU_ID | PIN => format!("{CREDENTIALS}.{id}"),
                    _ => CREDENTIALS.to_owned(),
                };
                fields.report(Finding::in_field(field, FindingCode::InvalidValue, reason));
            }
        }
    }
    credentials
}
