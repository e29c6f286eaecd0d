//! What the template lets each function do, as IAM would read it: for tests.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde_json::Value;

use crate::template::Template;

/// What a function's role allows.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Statement {
    /// The actions: `dynamodb:GetItem`.
    #[serde(deserialize_with = "one_or_many")]
    pub action: Vec<String>,
    /// The resources, by their ARNs in the local stack, which may have `*` in them.
    #[serde(deserialize_with = "one_or_many")]
    pub resource: Vec<String>,
    /// Under which conditions.
    #[serde(default)]
    pub condition: Value,
}

fn one_or_many<'de, D: serde::Deserializer<'de>>(value: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum OneOrMany {
        One(String),
        Many(Vec<String>),
    }
    Ok(match OneOrMany::deserialize(value)? {
        OneOrMany::One(one) => vec![one],
        OneOrMany::Many(many) => many,
    })
}

/// What the template lets each of its functions do, by the function's name there.
///
/// # Errors
/// When the template can't be read, or denies something to a function.
pub fn template_roles() -> Result<BTreeMap<String, Vec<Statement>>> {
    let template = Template::load()?;
    let managed = template.resources("AWS::IAM::ManagedPolicy")?;
    let statements_of = |policy: &Value| -> Result<Vec<Statement>> {
        let document = match policy.as_str() {
            None => policy,
            Some(name) => {
                let named = managed.iter().find(|managed| managed.logical_id == name);
                &named.with_context(|| format!("no policy {name}"))?.properties["PolicyDocument"]
            }
        };
        let statements = document["Statement"].as_array().context("a policy without statements")?;
        if statements.iter().any(|statement| statement["Effect"] != "Allow") {
            bail!("a role that denies something can't be read");
        }
        statements.iter().map(|statement| Ok(serde_json::from_value(statement.clone())?)).collect()
    };
    let functions = template.resources("AWS::Serverless::Function")?.into_iter();
    let roles = functions.map(|function| {
        let policies = function.properties["Policies"].as_array().cloned().unwrap_or_default();
        let statements: Result<Vec<_>> = policies.iter().map(statements_of).collect();
        let statements = statements.with_context(|| format!("the role of {}", function.logical_id))?;
        Ok((function.logical_id, statements.concat()))
    });
    roles.collect()
}
