//! The template's YAML as JSON.

use anyhow::{Result, anyhow, bail};
use saphyr::{Scalar, Yaml};
use serde_json::{Map, Value, json};

/// YAML as JSON, with tags such as `!Ref` in their long form.
pub(super) fn to_json(yaml: &Yaml<'_>) -> Result<Value> {
    Ok(match yaml {
        Yaml::Value(Scalar::Null) => Value::Null,
        Yaml::Value(Scalar::Boolean(value)) => json!(value),
        Yaml::Value(Scalar::Integer(value)) => json!(value),
        Yaml::Value(Scalar::FloatingPoint(value)) => json!(value.into_inner()),
        Yaml::Value(Scalar::String(value)) => json!(value),
        Yaml::Sequence(items) => items.iter().map(to_json).collect::<Result<_>>()?,
        Yaml::Mapping(members) => {
            let mut object = Map::new();
            for (name, value) in members {
                let name = name.as_str().ok_or_else(|| anyhow!("a key that is not text: {name:?}"))?;
                object.insert(name.to_owned(), to_json(value)?);
            }
            Value::Object(object)
        }
        Yaml::Tagged(tag, value) => match tag.suffix.as_str() {
            "Ref" => json!({ "Ref": to_json(value)? }),
            function => json!({ format!("Fn::{function}"): to_json(value)? }),
        },
        other => bail!("the template has YAML that the local stack does not support: {other:?}"),
    })
}
