//! The `OpenAPI` document as JSON, with its references resolved on demand.

use saphyr::{LoadableYamlNode, Scalar, Yaml};
use serde_json::{Map, Value, json};

/// The document.
pub(super) struct Document(Value);

impl Document {
    pub(super) fn load(yaml: &str) -> Self {
        let documents = Yaml::load_from_str(&without_examples(yaml)).expect("YAML");
        Self(to_json(documents.first().expect("a document")))
    }

    /// The paths with their operations.
    pub(super) fn paths(&self) -> &Map<String, Value> {
        self.0["paths"].as_object().expect("paths")
    }

    /// The schemas that others refer to.
    pub(super) fn schemas(&self) -> &Map<String, Value> {
        self.0["components"]["schemas"].as_object().expect("schemas")
    }

    /// The target of a node that is a reference, or else the node itself.
    pub(super) fn resolve<'d>(&'d self, node: &'d Value) -> &'d Value {
        match node["$ref"].as_str() {
            Some(reference) => {
                let pointer = reference.strip_prefix('#').expect("a reference within the document");
                self.resolve(self.0.pointer(pointer).expect(reference))
            }
            None => node,
        }
    }
}

/// The document without `components.examples`, some of which are invalid YAML. No check uses them.
fn without_examples(yaml: &str) -> String {
    let mut kept = String::with_capacity(yaml.len());
    let mut within = false;
    for line in yaml.lines() {
        let text = line.trim_start();
        if line.len() - text.len() <= 2 && !text.is_empty() {
            within = line == "  examples:" || (within && text.starts_with('#'));
        }
        if !within {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    kept
}

fn to_json(yaml: &Yaml<'_>) -> Value {
    match yaml {
        Yaml::Value(Scalar::Null) => Value::Null,
        Yaml::Value(Scalar::Boolean(value)) => json!(value),
        Yaml::Value(Scalar::Integer(value)) => json!(value),
        Yaml::Value(Scalar::FloatingPoint(value)) => json!(value.into_inner()),
        Yaml::Value(Scalar::String(value)) => json!(value),
        Yaml::Sequence(items) => items.iter().map(to_json).collect(),
        Yaml::Mapping(members) => {
            let member = |(name, value): (&Yaml<'_>, &Yaml<'_>)| {
                let name = match name {
                    Yaml::Value(Scalar::Integer(name)) => name.to_string(),
                    name => name.as_str().expect("a key that is text").to_owned(),
                };
                (name, to_json(value))
            };
            Value::Object(members.iter().map(member).collect())
        }
        other => panic!("no JSON can say {other:?}"),
    }
}
