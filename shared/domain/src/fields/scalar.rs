//! Fields that hold a boolean or an integer.

use std::ops::RangeInclusive;

use serde_json::Value as Json;

use super::{Fields, FindingCode, Patch, Value};

impl Fields<'_> {
    /// Reads a field that holds a boolean; in a form or a query, `true` or `false`.
    pub fn boolean(&mut self, name: &'static str) -> Patch<bool> {
        match self.take(name) {
            None => Patch::Keep,
            Some(Value::Null) => Patch::Clear,
            Some(Value::Other(Json::Bool(value))) => Patch::Set(value),
            Some(Value::Text(text)) if matches!(&*text, "true" | "1") => Patch::Set(true),
            Some(Value::Text(text)) if matches!(&*text, "false" | "0") => Patch::Set(false),
            Some(_) => self.refuse(name, FindingCode::InvalidType, "expected true or false"),
        }
    }

    /// Reads a field that holds a whole number within bounds.
    pub fn integer(&mut self, name: &'static str, bounds: RangeInclusive<i64>) -> Patch<i64> {
        let number = match self.take(name) {
            None => return Patch::Keep,
            Some(Value::Null) => return Patch::Clear,
            Some(Value::Number(number)) => number.parse().ok(),
            Some(Value::Text(text)) => text.parse().ok(),
            Some(_) => None,
        };
        if let Some(number) = number.filter(|number| bounds.contains(number)) {
            return Patch::Set(number);
        }
        let reason = format!("expected a whole number from {} to {}", bounds.start(), bounds.end());
        self.refuse(name, FindingCode::InvalidValue, reason)
    }
}
