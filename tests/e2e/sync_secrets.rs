//! The PIN and the one-time password, which are nowhere but where they have to be: not in a
//! table, a file, a queue, a log line or an answer.

use std::path::Path;
use std::process::Command;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use axum::body::Bytes;
use axum::http::Method;
use local::Data;
use serde_json::{Value, json};
use testing::{LEAKED, Lab, leak, logged, search};

use crate::sync::{credentials, customer};
use crate::sync_worker::Bench;

fn files(path: &Path, found: &mut Vec<Vec<u8>>) {
    for entry in std::fs::read_dir(path).expect("a directory").filter_map(Result::ok) {
        match entry.path() {
            path if path.is_dir() => files(&path, found),
            path => found.push(std::fs::read(path).expect("a file")),
        }
    }
}

#[test]
fn a_leak_is_found_where_there_is_one() {
    assert_eq!(leak("id 9912345, 1111112 and 123456"), None);
    assert_eq!(leak(r#"{"pin":"12345"}"#), Some(r#"{"pin":"12345"}"#));
    assert_eq!(leak("otp=111111&x"), Some("otp=111111&x"));
    assert_eq!(leak("-12345.089, 7.12345 and 0.111111"), None);
    for told in ["the PIN is 12345.", "demo.12345", "12345.txt"] {
        assert_eq!(leak(told), Some(told));
    }
}

/// Where the test below, when it is run by itself, lets a secret leak.
const LEAK_INTO: &str = "LEAK_INTO";

#[test]
fn a_secret_that_leaks_anywhere_in_the_suite_ends_it() {
    for (place, told) in [
        ("table", "a secret in DynamoDB_20120810: 12345"),
        ("binary", "a secret in DynamoDB_20120810: pin 12345"),
        ("queue", r#"a secret in AmazonSQS: {"otp":"111111"}"#),
        ("file", "a secret in a file: pin,12345"),
        ("log", "a secret in a log line: "),
        ("answer", "a secret in an answer: "),
    ] {
        let program = std::env::current_exe().expect("this program");
        let run = Command::new(program)
            .args(["sync_secrets::a_secret_leaks", "--exact"])
            .env(LEAK_INTO, place)
            .output()
            .expect("this program runs");
        let output = String::from_utf8_lossy(&run.stderr);
        assert_eq!(run.status.code(), Some(LEAKED), "{place}: {output}");
        assert!(output.contains(told), "{place}: {output}");
    }
}

#[tokio::test]
async fn a_secret_leaks() {
    let Ok(place) = std::env::var(LEAK_INTO) else {
        return; // The test above runs this one.
    };
    let lab = Lab::start(&Data::Ephemeral).await;
    let settings = &lab.aws.settings;
    let dynamodb = aws_sdk_dynamodb::Client::new(lab.sdk());
    let put = dynamodb.put_item().table_name(&settings.tables.keys);
    match place.as_str() {
        "table" => drop(put.item("pin", AttributeValue::S("12345".to_owned())).send().await),
        "binary" => drop(put.item("pin", AttributeValue::B(Blob::new("pin 12345"))).send().await),
        "queue" => {
            let message = aws_sdk_sqs::Client::new(lab.sdk()).send_message();
            drop(message.queue_url("q").message_body(r#"{"otp":"111111"}"#).send().await);
        }
        "file" => drop(lab.app.files.put("file", "text/csv", Bytes::from("pin,12345")).await),
        "log" => tracing::info!(target: "saldo", otp = "111111"),
        _ => drop(lab.ask(&lab.app, Method::POST, "/v1/accounts", json!({ "12345": 1 })).await),
    }
}

#[tokio::test]
async fn neither_the_pin_nor_the_otp_is_in_any_table_file_queue_log_or_answer() {
    let dir = tempfile::tempdir().expect("a directory");
    let lab = Lab::start(&Data::Directory(dir.path().to_owned())).await;
    let bench = Bench::at(lab, "sandbox").await;
    let mut answers = Vec::new();
    let path = format!("/rest/accesses/{}/syncs", bench.access);
    for (script, save, otp) in [
        ("demo", true, "111111"),
        ("two-methods", false, "111111"),
        ("locked", false, ""),
        ("broken", true, "111111"),
    ] {
        let request = json!({ "credentials": credentials(&customer(script)), "save_secrets": save });
        let (status, begun) = bench.lab.ask(&bench.app, Method::POST, &path, request).await;
        assert_eq!(status, 201, "{begun}");
        let sync = begun["id"].as_str().and_then(|id| id.parse().ok()).expect("an id");
        answers.push(begun);
        for _ in 0..4 {
            assert!(bench.deliver(&bench.app, &sync).await);
            let told = bench.told(&sync).await;
            match told["challenge"]["type"].as_str() {
                Some("METHOD_SELECT") => {
                    assert_eq!(bench.respond(&sync, json!({ "method_id": "sms" })).await, 200);
                }
                Some("EMBEDDED") => {
                    assert_eq!(bench.respond(&sync, json!({ "value": otp })).await, 200);
                    // While it is on its way, too.
                    look(&bench, dir.path(), &mut answers).await;
                }
                _ => {}
            }
            answers.push(told);
        }
        look(&bench, dir.path(), &mut answers).await;
        assert!(bench.told(&sync).await["ended_at"].is_string(), "{script}");
    }
    // What is refused is not quoted, either.
    for body in
        [json!({ "credentials": "12345" }), json!({ "credentials": { "12345": "12345" } }), json!(["12345"])]
    {
        let (status, refused) = bench.lab.ask(&bench.app, Method::POST, &path, body).await;
        assert!(status.is_client_error(), "{refused}");
        answers.push(refused);
    }
    look(&bench, dir.path(), &mut answers).await;
    assert!(answers.len() > 30);
    assert!(logged().contains("the synchronization has ended"), "nothing was logged");
    bench.lab.stop().await;
}

/// Looks everywhere.
async fn look(bench: &Bench, dir: &Path, answers: &mut Vec<Value>) {
    for path in
        ["/rest/accesses", "/rest/accounts", "/rest/transactions?include_pending=true", "/v1/accounts"]
    {
        answers.push(bench.lab.ask(&bench.app, Method::GET, path, Value::Null).await.1);
    }
    for answer in answers.iter() {
        assert_eq!(leak(&answer.to_string()), None);
    }
    search(&bench.lab.aws).await;
    let mut found = Vec::new();
    files(dir, &mut found);
    for file in found.iter().map(|file| String::from_utf8_lossy(file)) {
        assert_eq!(leak(&file), None);
        // A fingerprint of a request must not be one that its secrets can be guessed by: it has
        // the API key in it, and that is kept nowhere.
        assert!(!file.contains(&bench.lab.key));
    }
    assert_eq!(leak(&logged()), None);
}
