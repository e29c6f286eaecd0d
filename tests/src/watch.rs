//! Watches for the sandbox bank's secrets in everything that is written to a table, a queue, a
//! file or the log, and in every response. A test fails if a secret is seen on its account.
//!
//! What functions do in the tests' process is watched as it happens, whether it is deleted later or
//! not. [`search`] finds what functions wrote in processes of their own.

use std::io::{BufRead, BufReader, Read, Write};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use aws_config::SdkConfig;
use aws_smithy_types::body::SdkBody;
use data_encoding::BASE64;
use local::{Aws, Call, CallResult, Data, Interceptor, Service, intercepted};
use saldo_formats::chunk_file;
use serde_json::Value;

use crate::leak::{leak, watch};
use crate::roles::Roles;
use crate::violations::{Owner, TestGuard, report};
use crate::wire::{buffer, read_body};

/// Starts embedded services for this test. What is sent to them, and what is logged from now on, is
/// watched, and the functions' roles are enforced.
///
/// # Panics
/// When they don't start.
pub async fn services(data: &Data) -> Aws {
    let guard = TestGuard::of_this_test();
    crate::logs::listen();
    let aws = Aws::start(data).await.expect("the services");
    let sdk = watched(aws.sdk_config(), Some(guard.owner()));
    aws.called_with(sdk, guard)
}

/// Starts the same for all tests of this process.
pub(crate) async fn shared_services() -> Aws {
    crate::logs::listen();
    let aws = Aws::start(&Data::Ephemeral).await.expect("the services");
    let sdk = watched(aws.sdk_config(), None);
    aws.called_with(sdk, ())
}

/// The same configuration, with its calls watched and the functions' roles enforced on behalf of a
/// test, or of all.
pub(crate) fn watched(sdk: &SdkConfig, owner: Option<&Owner>) -> SdkConfig {
    let (secrets, roles) = (SecretWatch { owner: owner.cloned() }, Roles { owner: owner.cloned() });
    intercepted(&intercepted(sdk, &Arc::new(secrets)), &Arc::new(roles))
}

/// Reads every table, queue and file, so that secrets in them are seen. Deletes no message; those
/// that it receives stay hidden for the queue's visibility timeout.
///
/// # Panics
/// When a service does not answer.
pub async fn search(aws: &Aws) {
    let guard = TestGuard::of_this_test();
    let sdk = watched(aws.sdk_config(), Some(guard.owner()));
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
    let (s3, bucket) = (aws_sdk_s3::Client::from_conf(s3), &aws.variables["SALDO_BUCKET"]);
    let mut files = s3.list_objects_v2().bucket(bucket).into_paginator().send();
    while let Some(page) = files.next().await {
        for file in page.expect("S3").contents() {
            let file = s3.get_object().bucket(bucket).key(file.key().expect("a key")).send().await;
            let content = file.expect("S3").body.collect().await.expect("S3").into_bytes();
            if let Some(secret) = secret_in_file(&content) {
                report(None, &String::from_utf8_lossy(&content), &format!("a secret in a file: {secret}"));
            }
        }
    }
}

/// Watches what a process prints, and passes it on. The thread ends with the output.
pub(crate) fn watch_output(
    owner: &Owner,
    output: impl Read + Send + 'static,
    mut on: impl Write + Send + 'static,
) -> JoinHandle<()> {
    let owner = owner.clone();
    thread::spawn(move || {
        for line in BufReader::new(output).split(b'\n').map_while(Result::ok) {
            watch(Some(&owner), "a function's output", &String::from_utf8_lossy(&line));
            let _closed = on.write_all(&[&*line, b"\n"].concat());
        }
    })
}

/// Watches the calls of the SDK.
#[derive(Debug)]
struct SecretWatch {
    owner: Option<Owner>,
}

impl SecretWatch {
    /// Looks for secrets in a body that is sent to a service or comes from it.
    fn look(&self, service: Service, request: &str, body: &[u8]) {
        let text = String::from_utf8_lossy(body);
        let (place, secret) = match service {
            Service::S3 => ("a file".to_owned(), secret_in_file(body)),
            _ => (service.to_string(), secret_in(&serde_json::from_slice(body).unwrap_or_default())),
        };
        if let Some(secret) = secret {
            report(
                self.owner.as_ref(),
                &format!("{request} {text}"),
                &format!("a secret in {place}: {secret}"),
            );
        }
    }
}

impl Interceptor for SecretWatch {
    async fn intercept(&self, mut call: Call) -> CallResult {
        let service = call.service();
        // KMS encrypts secrets.
        if service == Service::Kms {
            return call.send().await;
        }
        let body = buffer(call.request.take_body()).await?;
        *call.request.body_mut() = SdkBody::from(body.clone());
        let request = format!("{} {}", call.request.uri(), String::from_utf8_lossy(&body));
        self.look(service, &request, &body);
        let mut response = call.send().await?;
        // What S3 returns was sent to it before.
        if service != Service::S3 {
            let body = read_body(&mut response).await?;
            self.look(service, &request, &body);
        }
        Ok(response)
    }
}

/// A secret in a file, if there is one. The numbers and positions in the file of a chunk are none, whatever their bytes look like.
fn secret_in_file(file: &[u8]) -> Option<String> {
    match chunk_file::decode(file) {
        Ok(chunk) => secret_in(&serde_json::to_value(chunk).unwrap_or_default()),
        Err(_) => leak(&String::from_utf8_lossy(file)).map(str::to_owned),
    }
}

/// A secret in some string or name of the JSON, or in a binary attribute of DynamoDB, if there is one.
fn secret_in(json: &Value) -> Option<String> {
    let owned = |text: &str| leak(text).map(str::to_owned);
    match json {
        Value::String(text) => owned(text),
        Value::Array(values) => values.iter().find_map(secret_in),
        Value::Object(members) => members.iter().find_map(|(name, value)| {
            let binary = value.as_str().filter(|_| name == "B");
            let binary = || BASE64.decode(binary?.as_bytes()).ok();
            owned(name).or_else(|| secret_in(value)).or_else(|| owned(&String::from_utf8_lossy(&binary()?)))
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}
