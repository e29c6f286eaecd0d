//! The functions' roles, enforced as IAM would: a call that the template does not allow the
//! function that makes it ends the suite. What is used of the roles is written down, if the
//! environment says where, to be compared with what they allow.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Write;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::{env, process};

use aws_smithy_runtime_api::client::http::{HttpConnector, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use futures::future::BoxFuture;
use local::Statement;
use serde_json::Value;
use url::Url;

use crate::wire::Tap;

/// The exit code of a process in which a function did what its role does not allow.
pub const DENIED: i32 = 87;
/// The variable that says where to write down what is used of the roles.
pub const CALLS: &str = "SALDO_CALLS";

/// The roles of the template.
#[derive(Debug)]
pub(crate) struct Roles {
    roles: BTreeMap<String, Vec<Statement>>,
    used: Mutex<(BTreeSet<String>, Option<File>)>,
}

/// One thing that a request asks for.
#[derive(Debug)]
struct Call {
    action: String,
    resource: String,
    /// What conditions are about: names in the request, by the condition's key.
    names: Option<(&'static str, Vec<String>)>,
}

impl Roles {
    /// The roles, one for the whole process.
    pub(crate) fn of_template() -> Arc<Self> {
        static ROLES: OnceLock<Arc<Roles>> = OnceLock::new();
        let load = || {
            let file = env::var_os(CALLS)
                .map(|file| File::options().append(true).create(true).open(file).expect("a file"));
            let roles = local::template_roles().expect("a good template");
            Arc::new(Self { roles, used: Mutex::new((BTreeSet::new(), file)) })
        };
        Arc::clone(ROLES.get_or_init(load))
    }

    /// Ends the process unless the function's role allows the call.
    fn enforce(&self, function: &str, call: &Call) {
        let role = self.roles.get(function).unwrap_or_else(|| panic!("the template has no {function}"));
        let Some(resource) = role.iter().find_map(|statement| allowed_by(statement, call)) else {
            // Past the test runner, which holds back what tests print.
            let _nobody_listens =
                writeln!(std::io::stderr(), "the role of {function} does not allow {call:?}");
            process::exit(DENIED);
        };
        self.note(&format!("{function} {} {resource}", call.action));
    }

    fn note(&self, used: &str) {
        let mut noted = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let (known, file) = &mut *noted;
        if let Some(file) = file
            && known.insert(used.to_owned())
        {
            writeln!(file, "{used}").expect("a file");
        }
    }
}

/// The resource, as the statement has it, by which it allows the call.
fn allowed_by<'a>(statement: &'a Statement, call: &Call) -> Option<&'a str> {
    if !statement.action.contains(&call.action) || !conditions_hold(&statement.condition, call) {
        return None;
    }
    statement.resource.iter().map(String::as_str).find(|pattern| matches(pattern, &call.resource))
}

/// Whether the call meets the conditions: those on names in requests are known.
fn conditions_hold(conditions: &Value, call: &Call) -> bool {
    let Some(conditions) = conditions.as_object() else { return true };
    conditions.iter().all(|(operator, condition)| {
        let (key, names) = call.names.as_ref().unwrap_or_else(|| panic!("{call:?} names nothing"));
        let allowed: Vec<String> = serde_json::from_value(condition[key].clone())
            .unwrap_or_else(|_| panic!("an unknown condition: {condition}"));
        match operator.as_str() {
            "ForAllValues:StringEquals" => names.iter().all(|name| allowed.contains(name)),
            "ForAnyValue:StringEquals" => names.iter().any(|name| allowed.contains(name)),
            "StringLikeIfExists" => {
                names.iter().all(|name| allowed.iter().any(|pattern| matches(pattern, name)))
            }
            other => panic!("an unknown condition: {other}"),
        }
    })
}

/// Whether a resource matches a pattern, in which `*` stands for anything.
fn matches(pattern: &str, resource: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == resource,
        Some((before, after)) => resource.strip_prefix(before).is_some_and(|rest| {
            rest.char_indices().map(|(at, _)| at).chain([rest.len()]).any(|at| matches(after, &rest[at..]))
        }),
    }
}

/// The name that a bucket or a queue would have in embedded services. In outside services it begins
/// with the name of its stack.
fn in_embedded_services(name: &str) -> String {
    match name.strip_prefix("saldo-").and_then(|name| name.split_once('-')) {
        Some((_, name)) => format!("local-{name}"),
        None => name.to_owned(),
    }
}

/// What a request asks for, as IAM sees it.
fn calls(request: &HttpRequest) -> Vec<Call> {
    let target = request.headers().get("x-amz-target").unwrap_or_default();
    let Some((service, operation)) = target.split_once('.') else { return vec![s3_call(request)] };
    let body: Value =
        request.body().bytes().and_then(|body| serde_json::from_slice(body).ok()).unwrap_or_default();
    match service {
        "DynamoDB_20120810" => dynamodb_calls(operation, &body),
        "AmazonSQS" => {
            let queue = body["QueueUrl"].as_str().and_then(|url| url.rsplit('/').next()).unwrap_or_default();
            let queue = in_embedded_services(queue);
            let operation = operation.strip_suffix("Batch").unwrap_or(operation);
            vec![call(format!("sqs:{operation}"), format!("arn:aws:sqs:us-east-1:123456789012:{queue}"))]
        }
        "TrentService" => {
            let names = members(&body["EncryptionContext"]).keys().cloned().collect();
            // There is one key.
            let call = call(format!("kms:{operation}"), "alias/local-SecretsKey".to_owned());
            vec![Call { names: Some(("kms:EncryptionContextKeys", names)), ..call }]
        }
        other => panic!("calls of {other} are not known"),
    }
}

fn call(action: String, resource: String) -> Call {
    Call { action, resource, names: None }
}

fn members(value: &Value) -> serde_json::Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}

fn dynamodb_calls(operation: &str, body: &Value) -> Vec<Call> {
    let on = |operation: &str, table: &str| {
        call(
            format!("dynamodb:{operation}"),
            format!("arn:aws:dynamodb:us-east-1:123456789012:table/{table}"),
        )
    };
    match operation {
        "BatchGetItem" | "BatchWriteItem" => {
            members(&body["RequestItems"]).keys().map(|table| on(operation, table)).collect()
        }
        // Each part of a transaction needs the permission for what it is alone.
        "TransactWriteItems" => {
            let items = body["TransactItems"].as_array().into_iter().flatten();
            let parts = items.flat_map(members);
            let part = |(kind, part): (String, Value)| {
                let call = on(&format!("{kind}Item"), part["TableName"].as_str().unwrap_or_default());
                Call { names: Some(attributes(&part)), ..call }
            };
            parts.map(part).collect()
        }
        operation => {
            let table = body["TableName"].as_str().unwrap_or_default();
            let index = body["IndexName"].as_str().map(|index| format!("{table}/index/{index}"));
            let call = on(operation, index.as_deref().unwrap_or(table));
            vec![Call { names: Some(attributes(body)), ..call }]
        }
    }
}

/// The attributes that a request names, or a part of a transaction, as IAM's conditions see them.
fn attributes(request: &Value) -> (&'static str, Vec<String>) {
    let key = members(&request["Key"]);
    let expressions = members(&request["ExpressionAttributeNames"]);
    let used = expressions.values().filter_map(|name| name.as_str().map(str::to_owned));
    ("dynamodb:Attributes", key.keys().cloned().chain(used).collect())
}

fn s3_call(request: &HttpRequest) -> Call {
    let url = Url::parse(request.uri()).expect("a URL");
    let path = percent_encoding::percent_decode_str(url.path().trim_start_matches('/')).decode_utf8_lossy();
    let (bucket, key) = path.split_once('/').unwrap_or((&path, ""));
    let part_of_upload = url.query_pairs().any(|(name, _)| name == "uploadId");
    let action = match request.method() {
        "GET" | "HEAD" if key.is_empty() => "ListBucket",
        "GET" | "HEAD" => "GetObject",
        "PUT" | "POST" => "PutObject",
        "DELETE" if part_of_upload => "AbortMultipartUpload",
        "DELETE" => "DeleteObject",
        other => panic!("S3 does not know {other}"),
    };
    let bucket = in_embedded_services(bucket);
    let resource = if key.is_empty() { bucket } else { format!("{bucket}/{key}") };
    call(format!("s3:{action}"), format!("arn:aws:s3:::{resource}"))
}

/// The function that makes the request, as the SDK names it.
fn caller(request: &HttpRequest) -> Option<String> {
    let agent = request.headers().get("user-agent")?;
    agent.split(' ').find_map(|word| word.strip_prefix("app/")).map(str::to_owned)
}

impl Tap for Roles {
    fn call(
        self: Arc<Self>,
        wire: SharedHttpConnector,
        request: HttpRequest,
    ) -> BoxFuture<'static, Result<HttpResponse, ConnectorError>> {
        Box::pin(async move {
            // Tests themselves may do anything.
            let Some(function) = caller(&request) else { return wire.call(request).await };
            let calls = calls(&request);
            for call in &calls {
                self.enforce(&function, call);
            }
            // S3 does not tell that a file is missing to those who may not list the bucket.
            let read = calls.into_iter().find(|call| call.action == "s3:GetObject");
            let answer = wire.call(request).await?;
            if let Some(Call { resource, .. }) = read.filter(|_| answer.status().as_u16() == 404) {
                let (bucket, key) = resource.split_once('/').unwrap_or((&resource, ""));
                let list = call("s3:ListBucket".to_owned(), bucket.to_owned());
                let names = Some(("s3:prefix", vec![key.to_owned()]));
                self.enforce(&function, &Call { names, ..list });
            }
            Ok(answer)
        })
    }
}
