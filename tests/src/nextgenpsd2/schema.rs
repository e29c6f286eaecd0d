//! `OpenAPI` 3.0's schemas as JSON Schema of draft 4, each compiled once.
//!
//! Two readings are stricter than the document says, as it intends: a pattern has to match the whole
//! text, and an empty schema among alternatives is an empty object. One is more lenient, as the
//! document would otherwise contradict itself: overlapping alternatives can both match.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use jiff::civil::Date;
use jsonschema::{Draft, Validator};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::document::Document;

/// The document's schemas.
pub(super) struct Schemas {
    /// The schemas that others refer to.
    components: Value,
    /// The compiled schemas, by their source.
    compiled: Mutex<HashMap<String, Arc<Validator>>>,
}

impl Schemas {
    pub(super) fn of(document: &Document) -> Self {
        let schemas = document.schemas().iter();
        let schemas: Map<_, _> = schemas.map(|(name, schema)| (name.clone(), draft_4(schema))).collect();
        Self { components: json!({ "schemas": schemas }), compiled: Mutex::new(HashMap::new()) }
    }

    /// Checks a value against a schema of the document.
    pub(super) fn check(&self, schema: &Value, value: &Value) -> Result<(), String> {
        let faults: Vec<String> = self
            .compiled(schema)
            .iter_errors(value)
            .map(|error| format!("{error} at \"{}\"", error.instance_path()))
            .collect();
        match faults.as_slice() {
            [] => Ok(()),
            faults => Err(faults.join("; ")),
        }
    }

    /// Checks the values of a header or parameter against its description: one value, or none if it
    /// is optional.
    pub(super) fn check_parameter(
        &self,
        name: &str,
        described: &Value,
        values: &[String],
    ) -> Result<(), String> {
        match values {
            [] if described["required"] == true => Err(format!("{name} is missing")),
            [] => Ok(()),
            [text] => {
                let schema = &described["schema"];
                let value = self.parse(schema, text);
                self.check(schema, &value).map_err(|fault| format!("{name}: {fault}"))
            }
            _ => Err(format!("{name} is there twice")),
        }
    }

    /// A parameter's text as a value of its schema's type. A text that is not such a value stays a
    /// text, which the schema rejects.
    fn parse(&self, schema: &Value, text: &str) -> Value {
        let name = schema["$ref"].as_str().and_then(|reference| reference.rsplit('/').next());
        let schema = name.map_or(schema, |name| &self.components["schemas"][name]);
        let parsed = match schema["type"].as_str() {
            Some("boolean") => text.parse().ok().map(Value::Bool),
            Some("integer") => text.parse::<i64>().ok().map(|number| json!(number)),
            _ => None,
        };
        parsed.unwrap_or_else(|| json!(text))
    }

    fn compiled(&self, schema: &Value) -> Arc<Validator> {
        let mut compiled = self.compiled.lock().unwrap_or_else(PoisonError::into_inner);
        let compile = || {
            let whole = json!({ "allOf": [draft_4(schema)], "components": self.components });
            let validator = jsonschema::options()
                .with_draft(Draft::Draft4)
                .should_validate_formats(true)
                .with_format("date", |text: &str| text.parse::<Date>().is_ok() && text.len() == 10)
                .with_format("date-time", |text: &str| text.parse::<Timestamp>().is_ok())
                .with_format("uuid", |text: &str| text.len() == 36 && Uuid::try_parse(text).is_ok())
                .with_format("byte", is_base64)
                .build(&whole);
            Arc::new(validator.expect("a schema"))
        };
        Arc::clone(compiled.entry(schema.to_string()).or_insert_with(compile))
    }
}

/// Whether the text is padded base64.
fn is_base64(text: &str) -> bool {
    let data = text.strip_suffix("==").or_else(|| text.strip_suffix('=')).unwrap_or(text);
    text.len().is_multiple_of(4)
        && data.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/".contains(&byte))
}

/// An `OpenAPI` 3.0 schema as draft 4 has it.
fn draft_4(schema: &Value) -> Value {
    let Some(members) = schema.as_object() else {
        return schema.clone();
    };
    let mut result = Map::new();
    for (keyword, value) in members {
        let (keyword, value) = match keyword.as_str() {
            // Documentation only, and some examples are invalid.
            "description" | "title" | "example" | "examples" | "nullable" | "deprecated" | "readOnly"
            | "writeOnly" | "xml" | "externalDocs" | "discriminator" => continue,
            "properties" => (keyword.as_str(), each_member(value)),
            "allOf" => ("allOf", each_item(value, draft_4)),
            "oneOf" | "anyOf" => ("anyOf", each_item(value, alternative)),
            "items" | "additionalProperties" | "not" => (keyword.as_str(), draft_4(value)),
            "pattern" => ("pattern", json!(format!("^(?:{})$", value.as_str().expect("a pattern")))),
            other => (other, value.clone()),
        };
        result.insert(keyword.to_owned(), value);
    }
    match members.get("nullable") == Some(&json!(true)) {
        true => json!({ "anyOf": [{ "type": "null" }, result] }),
        false => Value::Object(result),
    }
}

/// One of several schemas.
fn alternative(schema: &Value) -> Value {
    match schema.as_object().is_some_and(Map::is_empty) {
        true => json!({ "type": "object", "maxProperties": 0 }),
        false => draft_4(schema),
    }
}

fn each_item(schemas: &Value, map: fn(&Value) -> Value) -> Value {
    schemas.as_array().expect("a list of schemas").iter().map(map).collect()
}

fn each_member(schemas: &Value) -> Value {
    let schemas = schemas.as_object().expect("schemas by name").iter();
    Value::Object(schemas.map(|(name, schema)| (name.clone(), draft_4(schema))).collect())
}
