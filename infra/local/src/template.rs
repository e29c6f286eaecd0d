//! Reads `infra/template.yaml` as CloudFormation does, as far as the local stack needs it: resources, routes, event
//! sources and the functions' environment.

mod intrinsics;
#[cfg(test)]
mod variables;
mod yaml;

use anyhow::{Context, Result};
use saphyr::{LoadableYamlNode, Yaml};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::Variables;
use yaml::to_json;

/// The template of this build.
const TEMPLATE: &str = include_str!("../../template.yaml");

/// The account and region of the embedded services.
pub(crate) const ACCOUNT: &str = "123456789012";
pub(crate) const REGION: &str = "us-east-1";

/// The property of a function that turns Lambda's loop detection off.
const RECURSIVE_LOOP: &str = "RecursiveLoop";

/// Parameters that differ from the template's defaults in a local stack: pages of any origin may call the API.
const PARAMETERS: [(&str, &str); 1] = [("CorsOrigins", "*")];

/// The template, with intrinsic functions in their long form.
#[derive(Debug)]
pub struct Template {
    document: Value,
    names: Names,
}

/// The parts of the names of a stack's resources.
#[derive(Clone, Debug)]
pub struct Names {
    /// The stack's name: the prefix of the names of its bucket, queues and key.
    pub stack: String,
    /// The account of the queues.
    pub account: String,
}

impl Default for Names {
    /// The names in embedded services, which no other stack shares.
    fn default() -> Self {
        Self { stack: "local".to_owned(), account: ACCOUNT.to_owned() }
    }
}

/// A resource of the template.
#[derive(Debug)]
pub(crate) struct Resource {
    /// Its logical id in the template.
    pub(crate) logical_id: String,
    /// Its properties, with intrinsic functions resolved.
    pub(crate) properties: Value,
    /// Its metadata, unresolved.
    pub(crate) metadata: Value,
}

/// An event source mapping of the template: a queue and the function that processes its messages.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct TemplateSource {
    /// The queue's ARN in the local stack.
    pub event_source_arn: String,
    /// The function's logical id in the template.
    pub function_name: String,
    pub(crate) batch_size: i32,
    pub(crate) scaling_config: Scaling,
}

/// The scaling of an event source mapping.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Scaling {
    pub(crate) maximum_concurrency: usize,
}

/// A route of the template and the function that it belongs to.
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
    /// Whether Lambda's recursive loop detection is off for the function.
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
    /// Reads the template of this build.
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

    /// The template with recursive loop detection on for every function: for tests.
    #[must_use]
    pub fn without_loops(mut self) -> Self {
        for resource in self.document["Resources"].as_object_mut().into_iter().flat_map(Map::values_mut) {
            if let Some(properties) = resource["Properties"].as_object_mut() {
                properties.remove(RECURSIVE_LOOP);
            }
        }
        self
    }

    /// The resources of a type, without those whose condition is false.
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
                    // The default route has no path.
                    path: text(&event["Properties"]["Path"])?,
                    binary: text(&function.metadata["BuildProperties"]["Binary"])?,
                })
            })
        });
        Ok(routes.collect())
    }

    /// The declaration of a parameter, unresolved; null if there is none with this name.
    #[must_use]
    pub fn parameter(&self, name: &str) -> &Value {
        &self.document["Parameters"][name]
    }

    /// The event source mappings of queues.
    ///
    /// # Errors
    /// When the template can't be resolved.
    pub fn sources(&self) -> Result<Vec<TemplateSource>> {
        self.resources("AWS::Lambda::EventSourceMapping")?.iter().map(Resource::read).collect()
    }

    /// The variables that name the resources of the stack: the output `Settings`.
    pub(crate) fn variables(&self) -> Result<Variables> {
        let settings = self.resolve(&self.document["Outputs"]["Settings"]["Value"])?;
        let settings = settings.as_str().context("the template has no output Settings")?.split_whitespace();
        let pair = |setting: &str| {
            let (name, value) = setting.split_once('=').with_context(|| format!("the setting {setting}"))?;
            Ok((name.to_owned(), value.to_owned()))
        };
        settings.map(pair).collect()
    }

    /// The environment variables of the function with this logical id.
    ///
    /// # Errors
    /// When there is no such function, or the template can't be resolved.
    pub fn environment_of(&self, function: &str) -> Result<Variables> {
        let properties = &self.document["Resources"][function]["Properties"];
        properties.as_object().with_context(|| format!("the template has no {function}"))?;
        let mut variables = Variables::new();
        for declared in [&self.document["Globals"]["Function"], properties] {
            let declared = self.resolve(&declared["Environment"]["Variables"])?;
            if !declared.is_null() {
                variables.extend(serde_json::from_value::<Variables>(declared).context("an environment")?);
            }
        }
        Ok(variables)
    }

    /// The name of a queue: the one in the template, or one that is made from the stack's name, as CloudFormation does.
    pub(crate) fn queue_name(&self, logical_id: &str) -> Result<String> {
        match &self.document["Resources"][logical_id]["Properties"]["QueueName"] {
            Value::Null => Ok(format!("{}-{logical_id}", self.names.stack)),
            name => Ok(self.resolve(name)?.as_str().context("a queue's name")?.to_owned()),
        }
    }

    /// The alias of a key in the local stack, where the id of a key can't be chosen.
    pub(crate) fn key_alias(&self, logical_id: &str) -> String {
        format!("alias/{}-{logical_id}", self.names.stack)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn variables_are_resolved() {
        let template = Template::load().expect("a good template");
        let variables = template.variables().expect("the output Settings");
        assert_eq!(variables["SALDO_ACCOUNTS_TABLE"], "AccountsTable");
        assert_eq!(variables["SALDO_BUCKET"], "local-filesbucket");
        assert!(variables["SALDO_IMPORT_QUEUE"].ends_with("/123456789012/local-import"));
        let docs = template.environment_of("DocsFunction").expect("the function");
        assert_eq!(docs.keys().collect::<Vec<_>>(), ["RUST_LOG", "SALDO_STACK"]);
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
    fn loop_detection_is_off_for_workers_that_requeue_and_alarmed_for_the_others() {
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
    fn visibility_timeout_is_six_function_timeouts_and_messages_are_received_ten_times() {
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
