//! `infra/template.yaml`, read as CloudFormation would read it, as far as the local stack
//! needs: resources, the functions' environment, conditions, `Ref`, `GetAtt`, `If`, `Split`, `Sub`.

use std::collections::BTreeMap;

use anyhow::{Context, Result, anyhow, bail};
use saphyr::{LoadableYamlNode, Scalar, Yaml};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

/// The template this stack was built with.
const TEMPLATE: &str = include_str!("../../template.yaml");

/// AWS's account and region, as the embedded services have them.
pub(crate) const ACCOUNT: &str = "123456789012";
pub(crate) const REGION: &str = "us-east-1";

/// The property of a function that turns Lambda's loop detection off.
const RECURSIVE_LOOP: &str = "RecursiveLoop";

/// What is not the template's default in a local stack: any page may call a developer's own API.
const PARAMETERS: [(&str, &str); 1] = [("CorsOrigins", "*")];

/// A template with its intrinsic functions in their long form.
#[derive(Debug)]
pub struct Template {
    document: Value,
    names: Names,
}

/// What a stack's resources are named by.
#[derive(Clone, Debug)]
pub struct Names {
    /// The stack's name, which the names of its bucket, queues and key begin with.
    pub stack: String,
    /// The account that the queues are in.
    pub account: String,
}

impl Default for Names {
    /// The names in embedded services, which no other stack uses.
    fn default() -> Self {
        Self { stack: "local".to_owned(), account: ACCOUNT.to_owned() }
    }
}

/// A resource of the template.
#[derive(Debug)]
pub(crate) struct Resource {
    /// Its name in the template.
    pub(crate) logical_id: String,
    /// Its properties, resolved.
    pub(crate) properties: Value,
    /// Its metadata, as it stands.
    pub(crate) metadata: Value,
}

/// A queue of the template, and which function works on it.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct TemplateSource {
    /// The queue's ARN in the local stack.
    pub event_source_arn: String,
    /// The function's name in the template.
    pub function_name: String,
    pub(crate) batch_size: i32,
    pub(crate) scaling_config: Scaling,
}

/// How far a source makes its function scale.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Scaling {
    pub(crate) maximum_concurrency: usize,
}

/// A route of the template, and which function's it is.
#[derive(Clone, Debug)]
pub struct TemplateRoute {
    /// The method.
    pub method: String,
    /// The path, with its parameters in braces.
    pub path: String,
    /// The function's binary.
    pub binary: String,
}

impl Resource {
    /// Whether Lambda lets the function take part in a loop.
    pub(crate) fn may_loop(&self) -> bool {
        self.properties[RECURSIVE_LOOP] == "Allow"
    }

    /// The properties as a `T`.
    pub(crate) fn read<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_value(self.properties.clone())
            .with_context(|| format!("the template's {}", self.logical_id))
    }
}

impl Template {
    /// Reads the template this stack was built with.
    ///
    /// # Errors
    /// When it is not YAML.
    pub fn load() -> Result<Self> {
        Self::named(Names::default())
    }

    /// Reads the template, for a stack whose resources have these names.
    ///
    /// # Errors
    /// When it is not YAML.
    pub fn named(names: Names) -> Result<Self> {
        let documents = Yaml::load_from_str(TEMPLATE).context("infra/template.yaml")?;
        let document = documents.first().context("infra/template.yaml is empty").and_then(to_json)?;
        Ok(Self { document, names })
    }

    /// The template as it would be if no function were allowed to loop: for tests.
    #[must_use]
    pub fn without_loops(mut self) -> Self {
        for resource in self.document["Resources"].as_object_mut().into_iter().flat_map(Map::values_mut) {
            if let Some(properties) = resource["Properties"].as_object_mut() {
                properties.remove(RECURSIVE_LOOP);
            }
        }
        self
    }

    /// The resources of a type, resolved, without those whose condition does not hold.
    pub(crate) fn resources(&self, kind: &str) -> Result<Vec<Resource>> {
        let resources = self.document["Resources"].as_object().context("the template has no resources")?;
        let mut resolved = Vec::new();
        for (logical_id, resource) in resources.iter().filter(|(_, resource)| resource["Type"] == kind) {
            if resource["Condition"].as_str().map_or(Ok(true), |condition| self.holds(condition))? {
                resolved.push(Resource {
                    logical_id: logical_id.clone(),
                    properties: self.resolve(&resource["Properties"])?,
                    metadata: resource["Metadata"].clone(),
                });
            }
        }
        Ok(resolved)
    }

    /// The routes that the template gives its functions.
    pub(crate) fn routes(&self) -> Result<Vec<TemplateRoute>> {
        let functions = self.resources("AWS::Serverless::Function")?;
        let routes = functions.iter().flat_map(|function| {
            let events = function.properties["Events"].as_object().into_iter().flat_map(Map::values);
            events.filter(|event| event["Type"] == "HttpApi").filter_map(|event| {
                let text = |value: &Value| value.as_str().map(str::to_owned);
                Some(TemplateRoute {
                    method: text(&event["Properties"]["Method"])?,
                    // Without a path it is the one for whatever no route takes.
                    path: text(&event["Properties"]["Path"])?,
                    binary: text(&function.metadata["BuildProperties"]["Binary"])?,
                })
            })
        });
        Ok(routes.collect())
    }

    /// The declaration of a parameter, as it stands; null if there is none of this name.
    #[must_use]
    pub fn parameter(&self, name: &str) -> &Value {
        &self.document["Parameters"][name]
    }

    /// The queues that functions work on.
    ///
    /// # Errors
    /// When the template can't be resolved.
    pub fn sources(&self) -> Result<Vec<TemplateSource>> {
        self.resources("AWS::Lambda::EventSourceMapping")?.iter().map(Resource::read).collect()
    }

    /// The environment that every function has.
    pub(crate) fn environment(&self) -> Result<BTreeMap<String, String>> {
        let variables = self.resolve(&self.document["Globals"]["Function"]["Environment"]["Variables"])?;
        serde_json::from_value(variables).context("the functions' environment")
    }

    /// A value with what its intrinsic functions give; null where that is no value at all.
    fn resolve(&self, value: &Value) -> Result<Value> {
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
            (other, _) => bail!("the local stack does not know {other} of {argument}"),
        }
    }

    /// Whether the condition of this name holds.
    fn holds(&self, name: &str) -> Result<bool> {
        self.is_true(&self.document["Conditions"][name]).with_context(|| format!("the condition {name}"))
    }

    fn is_true(&self, condition: &Value) -> Result<bool> {
        if let Some([one]) = condition["Fn::Not"].as_array().map(Vec::as_slice) {
            return self.is_true(one).map(|is_true| !is_true);
        }
        match condition["Fn::Equals"].as_array().map(Vec::as_slice) {
            Some([one, other]) => Ok(self.resolve(one)? == self.resolve(other)?),
            _ => bail!("the local stack knows Equals and Not alone"),
        }
    }

    /// What `Ref` gives: a parameter's value, the name of a table or bucket, the URL of a queue.
    fn reference(&self, name: &str) -> Result<Value> {
        let parameter = self.parameter(name);
        if parameter.is_null() {
            return self.resource(name).map(|name| name.map_or(Value::Null, Value::String));
        }
        let here = PARAMETERS.iter().find(|(given, _)| *given == name).map(|(_, value)| json!(value));
        Ok(here.unwrap_or_else(|| parameter["Default"].clone()))
    }

    /// The name, or URL, of a resource; none for `AWS::NoValue`.
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

    /// The name that the template gives a queue, or else one with the stack's name, as
    /// CloudFormation would make.
    pub(crate) fn queue_name(&self, logical_id: &str) -> Result<String> {
        match &self.document["Resources"][logical_id]["Properties"]["QueueName"] {
            Value::Null => Ok(format!("{}-{logical_id}", self.names.stack)),
            name => Ok(self.resolve(name)?.as_str().context("a queue's name")?.to_owned()),
        }
    }

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
            _ => bail!("the local stack does not know {argument}"),
        })
    }

    /// What a key is found by in the local stack, where its id can't be chosen.
    pub(crate) fn key_alias(&self, logical_id: &str) -> String {
        format!("alias/{}-{logical_id}", self.names.stack)
    }

    fn name(&self, name: &str) -> Result<String> {
        let value = self.reference(name)?;
        value.as_str().map(str::to_owned).with_context(|| format!("{name} is no text"))
    }

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

/// YAML as JSON, tags such as `!Ref` in their long form.
fn to_json(yaml: &Yaml<'_>) -> Result<Value> {
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
                let name = name.as_str().ok_or_else(|| anyhow!("a key that is no text: {name:?}"))?;
                object.insert(name.to_owned(), to_json(value)?);
            }
            Value::Object(object)
        }
        Yaml::Tagged(tag, value) => match tag.suffix.as_str() {
            "Ref" => json!({ "Ref": to_json(value)? }),
            function => json!({ format!("Fn::{function}"): to_json(value)? }),
        },
        other => bail!("the template has YAML the local stack does not read: {other:?}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_functions_environment_is_resolved() {
        let environment =
            Template::load().and_then(|template| template.environment()).expect("a good template");
        assert_eq!(environment["SALDO_ACCOUNTS_TABLE"], "AccountsTable");
        assert_eq!(environment["SALDO_BUCKET"], "local-filesbucket");
        assert!(environment["SALDO_IMPORT_QUEUE"].ends_with("/123456789012/local-import"));
    }

    #[test]
    fn members_without_a_value_are_left_out() {
        let template = Template::load().expect("a good template");
        let of = |value: &Value| template.resolve(value).expect("known functions");
        assert_eq!(of(&json!({ "a": { "Ref": "AWS::NoValue" }, "b": 1 })), json!({ "b": 1 }));
        assert_eq!(of(&json!({ "Fn::Split": [",", { "Ref": "CorsOrigins" }] })), json!(["*"]));
        assert_eq!(of(&json!({ "Fn::If": ["AlarmsAreMailed", 1, 2] })), json!(2));
        let keys = template.resources("AWS::KMS::Key").expect("keys");
        assert!(keys.iter().all(|key| key.logical_id != "DataKey"), "{keys:?}");
    }

    #[test]
    fn every_resource_can_be_resolved() {
        let template = Template::load().expect("a good template");
        for kind in [
            "AWS::DynamoDB::Table",
            "AWS::KMS::Key",
            "AWS::Lambda::EventSourceMapping",
            "AWS::S3::Bucket",
            "AWS::SQS::Queue",
            "AWS::Serverless::Function",
            "AWS::Serverless::HttpApi",
        ] {
            assert!(!template.resources(kind).expect(kind).is_empty(), "{kind}");
        }
    }

    /// See `docs/decisions/recursive-loops.md`.
    #[test]
    fn functions_that_queue_messages_again_may_loop_and_an_alarm_watches_the_other_workers() {
        let template = Template::load().expect("a good template");
        let functions = template.resources("AWS::Serverless::Function").expect("functions");
        let may_loop = functions.iter().filter(|function| function.may_loop());
        assert_eq!(
            may_loop.map(|function| function.logical_id.as_str()).collect::<Vec<_>>(),
            [
                "ImportPlannerFunction",
                "ImportWorkerFunction",
                "NotificationsWorkerFunction",
                "SyncWorkerFunction"
            ]
        );
        let alarms = template.resources("AWS::CloudWatch::Alarm").expect("alarms");
        let alarm = alarms.iter().find(|alarm| alarm.logical_id == "RecursionAlarm").expect("the alarm");
        let metrics = alarm.properties["Metrics"].as_array().expect("metrics");
        let watched: Vec<_> = metrics
            .iter()
            .map(|metric| &metric["MetricStat"]["Metric"])
            .filter(|metric| metric["MetricName"] == "RecursiveInvocationsDropped")
            .filter_map(|metric| metric["Dimensions"][0]["Value"].as_str())
            .collect();
        for source in template.sources().expect("sources") {
            let function = functions.iter().find(|function| function.logical_id == source.function_name);
            let may_loop = function.expect("the function").may_loop();
            assert_ne!(watched.contains(&source.function_name.as_str()), may_loop, "{source:?}");
        }
    }

    /// As AWS advises: <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html>.
    #[test]
    fn messages_stay_hidden_six_times_as_long_as_a_worker_may_take_and_are_tried_ten_times() {
        let template = Template::load().expect("a good template");
        let queues = template.resources("AWS::SQS::Queue").expect("queues");
        let functions = template.resources("AWS::Serverless::Function").expect("functions");
        for mapping in template.resources("AWS::Lambda::EventSourceMapping").expect("mappings") {
            let source: TemplateSource = mapping.read().expect("a mapping");
            let of = |resources: &[Resource], name: &str| {
                let named = resources.iter().find(|resource| resource.logical_id == name);
                named.expect("in the template").properties.clone()
            };
            let name = source.event_source_arn.rsplit(':').next().expect("a name");
            let named = |queue: &&Resource| template.queue_name(&queue.logical_id).expect("a name") == name;
            let queue = queues.iter().find(named).expect("in the template").properties.clone();
            let timeout = of(&functions, &source.function_name)["Timeout"].as_u64().expect("a timeout");
            assert!(queue["VisibilityTimeout"].as_u64() >= Some(6 * timeout), "{}", mapping.logical_id);
            assert_eq!(mapping.properties["FunctionResponseTypes"], json!(["ReportBatchItemFailures"]));
            if let Some(redrive) = queue.get("RedrivePolicy") {
                assert_eq!(redrive["maxReceiveCount"], 10, "{}", mapping.logical_id);
            }
        }
    }
}
