//! The PIN and the one-time password, which are nowhere but where they have to be: not in a
//! table, a file, a queue, a log line or an answer.

use std::path::Path;

use axum::http::Method;
use local::Data;
use serde_json::{Value, json};
use testing::{TestStack, leak, logged, search};

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

#[tokio::test]
async fn neither_the_pin_nor_the_otp_is_in_any_table_file_queue_log_or_answer() {
    let dir = tempfile::tempdir().expect("a directory");
    let stack = TestStack::start(&Data::Directory(dir.path().to_owned())).await;
    let bench = Bench::at(stack, "sandbox").await;
    let mut answers = Vec::new();
    let path = format!("/rest/accesses/{}/syncs", bench.access);
    for (script, save, otp) in [
        ("demo", true, "111111"),
        ("two-methods", false, "111111"),
        ("locked", false, ""),
        ("broken", true, "111111"),
    ] {
        let request = json!({ "credentials": credentials(&customer(script)), "save_secrets": save });
        let (status, begun) = bench.stack.ask(&bench.app, Method::POST, &path, request).await;
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
        let (status, refused) = bench.stack.ask(&bench.app, Method::POST, &path, body).await;
        assert!(status.is_client_error(), "{refused}");
        answers.push(refused);
    }
    look(&bench, dir.path(), &mut answers).await;
    assert!(answers.len() > 30);
    assert!(logged().contains("the synchronization has ended"), "nothing was logged");
    bench.stack.stop().await;
}

/// Looks everywhere.
async fn look(bench: &Bench, dir: &Path, answers: &mut Vec<Value>) {
    for path in
        ["/rest/accesses", "/rest/accounts", "/rest/transactions?include_pending=true", "/v1/accounts"]
    {
        answers.push(bench.stack.ask(&bench.app, Method::GET, path, Value::Null).await.1);
    }
    for answer in answers.iter() {
        assert_eq!(leak(&answer.to_string()), None);
    }
    search(&bench.stack.aws).await;
    let mut found = Vec::new();
    files(dir, &mut found);
    for file in found.iter().map(|file| String::from_utf8_lossy(file)) {
        assert_eq!(leak(&file), None);
        // A fingerprint of a request must not be one that its secrets can be guessed by: it has
        // the API key in it, and that is kept nowhere.
        assert!(!file.contains(&bench.stack.key));
    }
    assert_eq!(leak(&logged()), None);
}
