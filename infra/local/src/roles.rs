//! The permissions of functions in the template, as IAM reads them: for tests.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde_json::Value;

use crate::template::Template;

/// A statement of a function's role.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Statement {
    /// The actions, such as `dynamodb:GetItem`.
    #[serde(deserialize_with = "one_or_many")]
    pub action: Vec<String>,
    /// The ARNs of the resources in the local stack, which may contain `*`.
    #[serde(deserialize_with = "one_or_many")]
    pub resource: Vec<String>,
    /// The conditions.
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

/// The statements of each function's role, by the function's logical id.
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
            bail!("statements with the effect Deny are not supported");
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
