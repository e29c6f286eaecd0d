//! Options that are structures.

use serde::de::DeserializeOwned;

use crate::fields::{Fields, FindingCode, Patch, Value};

/// A structure: a value in a body, its text in JSON in a query.
pub(super) fn structure<T: DeserializeOwned>(fields: &mut Fields<'_>, name: &'static str) -> Patch<T> {
    let read = match fields.take(name) {
        None => return Patch::Keep,
        Some(Value::Null) => return Patch::Clear,
        Some(Value::Text(json)) => serde_json::from_str(&json),
        Some(value) => serde_json::from_value(value.into_json()),
    };
    match read {
        Ok(value) => Patch::Set(value),
        Err(error) => fields.refuse(name, FindingCode::InvalidValue, error.to_string()),
    }
}
