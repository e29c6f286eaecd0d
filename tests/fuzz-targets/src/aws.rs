//! A stub of AWS that has only an organization, its key and a bank. It answers every call at once and without a
//! network, and stores nothing.

use std::sync::LazyLock;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use saldo_domain::bank::CATALOG_FILE;
use saldo_domain::key::Scope;
use saldo_store::Environment;
use serde_json::json;

/// A key. Any valid key works.
pub(crate) const KEY: &str = "saldo_k_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

static KEY_ITEM: LazyLock<String> = LazyLock::new(|| {
    let scopes: Vec<_> = Scope::ALL.iter().map(|scope| json!({ "S": scope.name() })).collect();
    item(&json!({
        "id": { "S": "key_aaaaaaaaaaaaaaaa" },
        "org": { "S": "org_aaaaaaaaaaaaaaaa" },
        "name": { "S": "Fuzz" },
        "scopes": { "L": scopes },
        "created_at": { "N": "1767225600000" },
        "created_by": { "S": "operator" },
        "last_used_at": { "N": "32503680000000" },
    }))
});

/// The item that points from the key's id to the key.
static POINTER_ITEM: LazyLock<String> = LazyLock::new(|| item(&json!({ "key": { "S": "any" } })));

static ORGANIZATION_ITEM: LazyLock<String> = LazyLock::new(|| {
    item(&json!({
        "id": { "S": "org_aaaaaaaaaaaaaaaa" },
        "name": { "S": "Fuzz" },
        "currency": { "S": "EUR" },
        "time_zone": { "S": "Europe/Berlin" },
    }))
});

static CATALOG: LazyLock<String> = LazyLock::new(|| {
    let method = json!({
        "id": "sandbox",
        "interface": { "type": "nextgenpsd2", "base_url": "https://bank.example" },
        "flows": ["EMBEDDED", "DECOUPLED", "REDIRECT"],
        "credentials": [{ "id": "psu_id", "label": "Login", "is_secret": false }, { "id": "pin", "label": "PIN", "is_secret": true }],
        "supported_account_types": ["Giro account"],
        "configurable_consent": true,
    });
    let bank = json!({
        "id": "sandbox", "name": "Sandbox Bank", "bank_code": "99999999", "bic": "SALDDEFFXXX", "country": "DE",
        "access_methods": [method],
    });
    json!([bank]).to_string()
});

fn item(attributes: &serde_json::Value) -> String {
    let mut attributes = attributes.clone();
    attributes["hash"] = json!({ "S": "any" });
    json!({ "Item": attributes }).to_string()
}

/// The environment of a function on this AWS: each resource has its variable's name.
pub(crate) fn environment() -> Environment {
    let value = |name: &str| match name {
        // Settings are validated: these must be an address and a URL.
        "SALDO_IP_ADDRESS" => "192.0.2.1".to_owned(),
        "SALDO_PUBLIC_URL" => "https://saldo.example".to_owned(),
        queue if queue.ends_with("_QUEUE") => format!("https://sqs.eu-central-1.amazonaws.com/1/{queue}"),
        other => other.to_owned(),
    };
    Environment::new(move |name| Some(value(name)), &sdk_config())
}

/// The SDK's configuration for this AWS.
fn sdk_config() -> SdkConfig {
    let credentials = Credentials::new("AKIDFUZZ", "secret", None, None, "fuzz");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::from_static("eu-central-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(http_client_fn(|_, _| SharedHttpConnector::new(Nothing)))
        .build()
}

#[derive(Debug)]
struct Nothing;

impl HttpConnector for Nothing {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target");
        let (status, body) = match target.and_then(|target| target.split_once('.')) {
            Some((_, operation)) => call(operation, request.body().bytes().unwrap_or_default()),
            None => file(request.method(), request.uri()),
        };
        let status = u16::try_from(status).unwrap_or_default().try_into().expect("a status");
        let mut answer = HttpResponse::new(status, SdkBody::from(body));
        answer.headers_mut().insert("etag", "\"e\"");
        HttpConnectorFuture::ready(Ok(answer))
    }
}

/// The answer of `DynamoDB`, SQS or KMS.
fn call(operation: &str, body: &[u8]) -> (i32, String) {
    let asks_for = |text: &str| body.windows(text.len()).any(|window| window == text.as_bytes());
    let answer = match operation {
        "GetItem" if !asks_for("SALDO_KEYS_TABLE") || asks_for("\"count#org_") => "{}",
        "GetItem" if asks_for("\"key#org_aaaaaaaaaaaaaaaa#key_aaaaaaaaaaaaaaaa\"") => &POINTER_ITEM,
        "GetItem" if asks_for("\"key#org_") => "{}",
        "GetItem" if asks_for("\"org#org_") => &ORGANIZATION_ITEM,
        "GetItem" => &KEY_ITEM,
        "Query" | "Scan" => r#"{"Items":[],"Count":0,"ScannedCount":0}"#,
        "BatchGetItem" => r#"{"Responses":{},"UnprocessedKeys":{}}"#,
        "BatchWriteItem" => r#"{"UnprocessedItems":{}}"#,
        "BatchExecuteStatement" => {
            let request: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
            let statements = request["Statements"].as_array().map_or(0, Vec::len);
            return (200, json!({ "Responses": vec![json!({}); statements] }).to_string());
        }
        // The stub has no item to update.
        "UpdateItem" if asks_for("attribute_exists") => {
            let refused = r#"{"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException"}"#;
            return (400, refused.to_owned());
        }
        "PutItem" | "UpdateItem" | "DeleteItem" | "TransactWriteItems" => "{}",
        "SendMessageBatch" => r#"{"Successful":[],"Failed":[]}"#,
        "Encrypt" => r#"{"CiphertextBlob":"AAAA"}"#,
        other => panic!("{other} has no answer yet"),
    };
    (200, answer.to_owned())
}

/// The answer of S3.
fn file(method: &str, uri: &str) -> (i32, String) {
    match method {
        "PUT" => (200, String::new()),
        "GET" if uri.contains(CATALOG_FILE) => (200, CATALOG.clone()),
        "GET" | "HEAD" => (404, "<Error><Code>NoSuchKey</Code></Error>".to_owned()),
        other => panic!("{other} {uri} has no answer yet"),
    }
}
