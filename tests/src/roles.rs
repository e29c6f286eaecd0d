//! Enforces the functions' roles as IAM does: a call that the template does not allow a function is
//! denied, and the test that caused it fails. Permissions that are used are written to the file that
//! `SALDO_CALLS` names, to be compared with those that the template grants.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::fs::File;
use std::io::Write;
use std::sync::{LazyLock, Mutex, PoisonError};

use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use local::{Call, CallResult, Interceptor, Service, Statement};
use serde_json::Value;
use url::Url;

use crate::violations::{Owner, report};
use crate::wire::access_denied;

/// The variable that names the file to which used permissions are written.
pub const CALLS: &str = "SALDO_CALLS";

/// Enforces the template's roles on behalf of a test, or of all.
#[derive(Debug)]
pub(crate) struct Roles {
    pub(crate) owner: Option<Owner>,
}

/// A permission that a request needs.
#[derive(Debug)]
struct Permission {
    action: String,
    resource: String,
    /// Names in the request that conditions restrict, with the condition's key.
    names: Option<(&'static str, Vec<String>)>,
}

impl Roles {
    /// Whether the function's role allows the permission. If not, the test that caused the call fails.
    fn allow(&self, function: &str, permission: &Permission, request: &str) -> bool {
        static ROLES: LazyLock<BTreeMap<String, Vec<Statement>>> =
            LazyLock::new(|| local::template_roles().expect("a good template"));
        let role = ROLES.get(function).unwrap_or_else(|| panic!("the template has no {function}"));
        let Some(resource) = role.iter().find_map(|statement| allowed_by(statement, permission)) else {
            let denial = format!("the role of {function} does not allow {permission:?}");
            report(self.owner.as_ref(), request, &denial);
            return false;
        };
        note_use(&format!("{function} {} {resource}", permission.action));
        true
    }
}

/// Writes a used permission down, if the environment says where.
fn note_use(used: &str) {
    type Noted = Mutex<(BTreeSet<String>, File)>;
    static USED: LazyLock<Option<Noted>> = LazyLock::new(|| {
        let file = env::var_os(CALLS)?;
        let file = File::options().append(true).create(true).open(file).expect("a file");
        Some(Mutex::new((BTreeSet::new(), file)))
    });
    let Some(noted) = &*USED else { return };
    let (known, file) = &mut *noted.lock().unwrap_or_else(PoisonError::into_inner);
    if known.insert(used.to_owned()) {
        writeln!(file, "{used}").expect("a file");
    }
}

/// The resource of the statement that the permission is for, if the statement allows it.
fn allowed_by<'a>(statement: &'a Statement, permission: &Permission) -> Option<&'a str> {
    if !statement.action.contains(&permission.action) || !conditions_hold(&statement.condition, permission) {
        return None;
    }
    statement.resource.iter().map(String::as_str).find(|pattern| matches(pattern, &permission.resource))
}

/// Whether the permission meets the conditions. Conditions on names in requests are known.
fn conditions_hold(conditions: &Value, permission: &Permission) -> bool {
    let Some(conditions) = conditions.as_object() else { return true };
    conditions.iter().all(|(operator, condition)| {
        let (key, names) =
            permission.names.as_ref().unwrap_or_else(|| panic!("{permission:?} names nothing"));
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

/// The name that a bucket or a queue has in embedded services. In outside services it begins with
/// the name of its stack.
fn in_embedded_services(name: &str) -> String {
    match name.strip_prefix("saldo-").and_then(|name| name.split_once('-')) {
        Some((_, name)) => format!("local-{name}"),
        None => name.to_owned(),
    }
}

/// The permissions that a call needs.
fn permissions(call: &Call) -> Vec<Permission> {
    let (operation, body) = (call.operation(), call.json());
    match call.service() {
        Service::S3 => vec![s3_permission(&call.request)],
        Service::DynamoDb => dynamodb_permissions(operation, &body),
        Service::Sqs => {
            let queue = body["QueueUrl"].as_str().and_then(|url| url.rsplit('/').next()).unwrap_or_default();
            let queue = in_embedded_services(queue);
            let operation = operation.strip_suffix("Batch").unwrap_or(operation);
            vec![permission(
                format!("sqs:{operation}"),
                format!("arn:aws:sqs:us-east-1:123456789012:{queue}"),
            )]
        }
        Service::Kms => {
            let names = members(&body["EncryptionContext"]).keys().cloned().collect();
            // The template has one key.
            let permission = permission(format!("kms:{operation}"), "alias/local-SecretsKey".to_owned());
            vec![Permission { names: Some(("kms:EncryptionContextKeys", names)), ..permission }]
        }
        Service::Other => panic!("the permission for {} is not known", call.target()),
    }
}

fn permission(action: String, resource: String) -> Permission {
    Permission { action, resource, names: None }
}

fn members(value: &Value) -> serde_json::Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}

fn dynamodb_permissions(operation: &str, body: &Value) -> Vec<Permission> {
    let on = |operation: &str, table: &str| {
        permission(
            format!("dynamodb:{operation}"),
            format!("arn:aws:dynamodb:us-east-1:123456789012:table/{table}"),
        )
    };
    match operation {
        "BatchGetItem" | "BatchWriteItem" => {
            members(&body["RequestItems"]).keys().map(|table| on(operation, table)).collect()
        }
        "BatchExecuteStatement" => {
            let statements = body["Statements"].as_array().into_iter().flatten();
            let needed = statements.map(|statement| {
                let statement = statement["Statement"].as_str().unwrap_or_default();
                let table = statement.split('"').nth(1).unwrap_or_default();
                let verb = match statement.split(' ').next() {
                    Some("INSERT") => "PartiQLInsert",
                    Some("UPDATE") => "PartiQLUpdate",
                    other => panic!("the permission for the statement {other:?} is not known"),
                };
                on(verb, table)
            });
            needed.collect()
        }
        // Each part of a transaction needs the permission of the single operation.
        "TransactWriteItems" => {
            let items = body["TransactItems"].as_array().into_iter().flatten();
            let parts = items.flat_map(members);
            let part = |(kind, part): (String, Value)| {
                let needed = on(&format!("{kind}Item"), part["TableName"].as_str().unwrap_or_default());
                Permission { names: Some(attributes(&part)), ..needed }
            };
            parts.map(part).collect()
        }
        operation => {
            let table = body["TableName"].as_str().unwrap_or_default();
            let index = body["IndexName"].as_str().map(|index| format!("{table}/index/{index}"));
            let needed = on(operation, index.as_deref().unwrap_or(table));
            vec![Permission { names: Some(attributes(body)), ..needed }]
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

fn s3_permission(request: &HttpRequest) -> Permission {
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
    permission(format!("s3:{action}"), format!("arn:aws:s3:::{resource}"))
}

/// The function that makes the request, as the SDK names it.
fn caller(request: &HttpRequest) -> Option<String> {
    let agent = request.headers().get("user-agent")?;
    agent.split(' ').find_map(|word| word.strip_prefix("app/")).map(str::to_owned)
}

impl Interceptor for Roles {
    async fn intercept(&self, call: Call) -> CallResult {
        // Tests themselves may do anything.
        let Some(function) = caller(&call.request) else { return call.send().await };
        let (service, needed) = (call.service(), permissions(&call));
        let request = format!("{} {}", call.request.uri(), String::from_utf8_lossy(call.body()));
        for permission in &needed {
            if !self.allow(&function, permission, &request) {
                return Ok(access_denied(service));
            }
        }
        let response = call.send().await?;
        // Only callers who may list the bucket learn from S3 that a file does not exist.
        let read = needed.into_iter().find(|permission| permission.action == "s3:GetObject");
        if let Some(Permission { resource, .. }) = read.filter(|_| response.status().as_u16() == 404) {
            let (bucket, key) = resource.split_once('/').unwrap_or((&resource, ""));
            let list = permission("s3:ListBucket".to_owned(), bucket.to_owned());
            let list = Permission { names: Some(("s3:prefix", vec![key.to_owned()])), ..list };
            if !self.allow(&function, &list, &request) {
                return Ok(access_denied(service));
            }
        }
        Ok(response)
    }
}
