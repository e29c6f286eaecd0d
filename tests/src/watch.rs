//! A watch over the whole suite: nothing that is written to a table, a queue, a file or the
//! log, and nothing that is answered, has one of the sandbox bank's secrets in it.
//!
//! What tests do in their own process is watched as it happens, deleted later or not; what
//! functions did in processes of theirs is looked for with [`search`]. A secret that is seen
//! ends the process, for there is no other way to fail a suite from beside its tests.

use std::io::{BufRead, BufReader, Read, Write};
use std::sync::Arc;
use std::{process, thread};

use aws_config::SdkConfig;
use aws_smithy_runtime_api::client::http::{HttpConnector, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use data_encoding::BASE64;
use futures::future::BoxFuture;
use http_body_util::BodyExt;
use local::{Aws, Data};
use serde_json::Value;

use crate::leak;
use crate::roles::Roles;
use crate::wire::{Tap, tapped};

/// The exit code of a process that has seen a secret.
pub const LEAKED: i32 = 86;

/// Starts embedded services; what is sent to them, and what is logged from now on, is watched.
///
/// # Panics
/// When they don't start.
pub async fn services(data: &Data) -> Aws {
    crate::logs::listen();
    let aws = Aws::start(data).await.expect("the services");
    let sdk = watched(aws.sdk_config());
    aws.called_with(sdk)
}

/// The same configuration, with a watch on what is sent, and with the functions' roles enforced.
#[must_use]
pub fn watched(sdk: &SdkConfig) -> SdkConfig {
    tapped(&tapped(sdk, &Arc::new(Watch)), &Roles::of_template())
}

/// Ends the process if there is a secret in what goes to this place.
pub fn watch(place: &str, text: &str) {
    if let Some(found) = leak(text) {
        // Past the test runner, which holds back what tests print.
        let _nobody_listens = writeln!(std::io::stderr(), "a secret in {place}: {found}");
        process::exit(LEAKED);
    }
}

/// Looks for secrets in every table, queue and file there is. Takes the messages out of the
/// queues.
///
/// # Panics
/// When a service does not answer.
pub async fn search(aws: &Aws) {
    let sdk = watched(aws.sdk_config());
    let dynamodb = aws_sdk_dynamodb::Client::new(&sdk);
    let tables = dynamodb.list_tables().send().await.expect("DynamoDB").table_names;
    for table in tables.expect("tables") {
        let mut pages = dynamodb.scan().table_name(&table).into_paginator().send();
        while let Some(page) = pages.next().await {
            page.expect("DynamoDB");
        }
    }
    let sqs = aws_sdk_sqs::Client::new(&sdk);
    let own = sqs.list_queues().queue_name_prefix(&aws.endpoints().names.stack);
    for queue in own.send().await.expect("SQS").queue_urls.expect("queues") {
        let more = async || {
            let messages = sqs.receive_message().queue_url(&queue).max_number_of_messages(10).send().await;
            messages.expect("SQS").messages.is_some_and(|messages| !messages.is_empty())
        };
        while more().await {}
    }
    let s3 = aws_sdk_s3::config::Builder::from(&sdk).force_path_style(true).build();
    let (s3, bucket) = (aws_sdk_s3::Client::from_conf(s3), &aws.settings.bucket);
    let mut files = s3.list_objects_v2().bucket(bucket).into_paginator().send();
    while let Some(page) = files.next().await {
        for file in page.expect("S3").contents() {
            let file = s3.get_object().bucket(bucket).key(file.key().expect("a key")).send().await;
            let content = file.expect("S3").body.collect().await.expect("S3").into_bytes();
            watch("a file", &String::from_utf8_lossy(&content));
        }
    }
}

/// Watches what a process prints, and passes it on.
pub(crate) fn watch_output(output: impl Read + Send + 'static, mut on: impl Write + Send + 'static) {
    thread::spawn(move || {
        for line in BufReader::new(output).split(b'\n').map_while(Result::ok) {
            watch("a function's output", &String::from_utf8_lossy(&line));
            let _nobody_listens = on.write_all(&[&*line, b"\n"].concat());
        }
    });
}

#[derive(Debug)]
struct Watch;

/// Whose business secrets are: it encrypts them.
const KMS: &str = "TrentService";
/// Which is not told by a header. What it answers was sent to it before.
const S3: &str = "";

impl Tap for Watch {
    fn call(
        self: Arc<Self>,
        wire: SharedHttpConnector,
        mut request: HttpRequest,
    ) -> BoxFuture<'static, Result<HttpResponse, ConnectorError>> {
        Box::pin(async move {
            let target = request.headers().get("x-amz-target").unwrap_or_default().to_owned();
            let service = target.split('.').next().unwrap_or_default();
            if service == KMS {
                return wire.call(request).await;
            }
            *request.body_mut() = watch_body(service, request.take_body()).await?;
            let mut response = wire.call(request).await?;
            if service != S3 {
                *response.body_mut() = watch_body(service, response.take_body()).await?;
            }
            Ok(response)
        })
    }
}

/// Watches a body that is sent to a service or comes from it.
async fn watch_body(service: &str, body: SdkBody) -> Result<SdkBody, ConnectorError> {
    let body = body.collect().await.map_err(ConnectorError::io)?.to_bytes();
    match service {
        S3 => watch("a file", &String::from_utf8_lossy(&body)),
        _ => watch_values(service, &serde_json::from_slice(&body).unwrap_or_default()),
    }
    Ok(SdkBody::from(body))
}

/// Watches every string in some JSON, binary attributes of DynamoDB decoded.
fn watch_values(place: &str, json: &Value) {
    match json {
        Value::String(text) => watch(place, text),
        Value::Array(values) => values.iter().for_each(|value| watch_values(place, value)),
        Value::Object(members) => {
            for (name, value) in members {
                watch(place, name);
                watch_values(place, value);
                let binary = value.as_str().filter(|_| name == "B");
                if let Some(bytes) = binary.and_then(|text| BASE64.decode(text.as_bytes()).ok()) {
                    watch(place, &String::from_utf8_lossy(&bytes));
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
