//! CloudFormation's intrinsic functions and conditions, as far as the template uses them: `Ref`, `GetAtt`, `If`,
//! `Split`, `Sub`, `Equals` and `Not`.

use anyhow::{Context, Result, bail};
use serde_json::{Map, Value, json};

use super::{ACCOUNT, PARAMETERS, REGION, Template};

impl Template {
    /// A value with its intrinsic functions replaced by their results; null for `AWS::NoValue`.
    pub(super) fn resolve(&self, value: &Value) -> Result<Value> {
        match value {
            Value::Array(items) => items.iter().map(|item| self.resolve(item)).collect(),
            Value::Object(members) => match members.iter().next() {
                Some((name, argument))
                    if members.len() == 1 && (name == "Ref" || name.starts_with("Fn::")) =>
                {
                    self.call(name, argument)
                }
                _ => {
                    let mut resolved = Map::new();
                    for (name, value) in members {
                        let result = self.resolve(value)?;
                        if value.is_null() || !result.is_null() {
                            resolved.insert(name.clone(), result);
                        }
                    }
                    Ok(Value::Object(resolved))
                }
            },
            scalar => Ok(scalar.clone()),
        }
    }

    /// The result of an intrinsic function.
    fn call(&self, function: &str, argument: &Value) -> Result<Value> {
        let text = || argument.as_str().context("only short forms of functions are used");
        match (function, argument.as_array().map(Vec::as_slice)) {
            ("Ref", _) => self.reference(text()?),
            ("Fn::GetAtt", _) => self.attribute(text()?).map(Value::String),
            ("Fn::Sub", _) => self.substitute(text()?).map(Value::String),
            ("Fn::If", Some([condition, yes, no])) => {
                let condition = condition.as_str().context("If without the name of a condition")?;
                self.resolve(if self.holds(condition)? { yes } else { no })
            }
            ("Fn::Split", Some([separator, text])) => {
                let (separator, text) = (separator.as_str().context("a separator")?, self.resolve(text)?);
                Ok(text.as_str().context("a text to split")?.split(separator).collect())
            }
            (other, _) => bail!("the local stack does not support {other} of {argument}"),
        }
    }

    /// Whether the condition with this name is true.
    pub(super) fn holds(&self, name: &str) -> Result<bool> {
        self.is_true(&self.document["Conditions"][name]).with_context(|| format!("the condition {name}"))
    }

    fn is_true(&self, condition: &Value) -> Result<bool> {
        if let Some([one]) = condition["Fn::Not"].as_array().map(Vec::as_slice) {
            return self.is_true(one).map(|is_true| !is_true);
        }
        match condition["Fn::Equals"].as_array().map(Vec::as_slice) {
            Some([one, other]) => Ok(self.resolve(one)? == self.resolve(other)?),
            _ => bail!("the local stack supports only Equals and Not"),
        }
    }

    /// The result of `Ref`: a parameter's value, the name of a table or bucket, the URL of a queue.
    fn reference(&self, name: &str) -> Result<Value> {
        let parameter = self.parameter(name);
        if parameter.is_null() {
            return self.resource(name).map(|name| name.map_or(Value::Null, Value::String));
        }
        let here = PARAMETERS.iter().find(|(given, _)| *given == name).map(|(_, value)| json!(value));
        Ok(here.unwrap_or_else(|| parameter["Default"].clone()))
    }

    /// The name or URL of a resource; `None` for `AWS::NoValue`.
    fn resource(&self, logical_id: &str) -> Result<Option<String>> {
        let kind = self.document["Resources"][logical_id]["Type"].as_str();
        Ok(Some(match (logical_id, kind) {
            ("AWS::NoValue", _) => return Ok(None),
            ("AWS::StackName", _) => self.names.stack.clone(),
            ("AWS::Region", _) => REGION.to_owned(),
            ("AWS::AccountId", _) => self.names.account.clone(),
            ("AWS::Partition", _) => "aws".to_owned(),
            ("AWS::URLSuffix", _) => "amazonaws.com".to_owned(),
            (_, Some("AWS::S3::Bucket")) => format!("{}-{logical_id}", self.names.stack).to_lowercase(),
            (_, Some("AWS::SQS::Queue")) => {
                let (account, name) = (&self.names.account, self.queue_name(logical_id)?);
                format!("https://sqs.{REGION}.amazonaws.com/{account}/{name}")
            }
            (_, Some(_)) => logical_id.to_owned(),
            (_, None) => bail!("the template has no {logical_id}"),
        }))
    }

    /// The result of `Fn::GetAtt`.
    fn attribute(&self, argument: &str) -> Result<String> {
        let (logical_id, attribute) = argument.split_once('.').context("GetAtt without an attribute")?;
        let kind = self.document["Resources"][logical_id]["Type"].as_str().unwrap_or_default();
        Ok(match (kind, attribute) {
            ("AWS::SQS::Queue", "Arn") => {
                format!("arn:aws:sqs:{REGION}:{}:{}", self.names.account, self.queue_name(logical_id)?)
            }
            ("AWS::SQS::Queue", "QueueName") => self.queue_name(logical_id)?,
            ("AWS::DynamoDB::Table", "Arn") => {
                format!("arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{logical_id}")
            }
            ("AWS::KMS::Key", "Arn") => self.key_alias(logical_id),
            ("AWS::Logs::LogGroup", "Arn") => {
                format!("arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{logical_id}")
            }
            ("AWS::S3::Bucket", "Arn") => format!("arn:aws:s3:::{}", self.name(logical_id)?),
            _ => bail!("the local stack does not support {argument}"),
        })
    }

    /// The result of `Ref`, which must be text.
    fn name(&self, name: &str) -> Result<String> {
        let value = self.reference(name)?;
        value.as_str().map(str::to_owned).with_context(|| format!("{name} is not text"))
    }

    /// The result of `Fn::Sub`.
    fn substitute(&self, text: &str) -> Result<String> {
        let mut result = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            let (name, after) = after.split_once('}').context("Sub without a closing brace")?;
            result += before;
            result += &if name.contains('.') { self.attribute(name)? } else { self.name(name)? };
            rest = after;
        }
        Ok(result + rest)
    }
}
