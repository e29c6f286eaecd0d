//! The PIN and the one-time password are in no table, file, queue, log line or response.

use std::path::Path;

use axum::http::Method;
use local::Data;
use serde_json::{Value, json};
use testing::{TestStack, leak, logged, search};

use crate::sync_client::{credentials, customer};
use crate::sync_fixture::SyncFixture;

fn files(path: &Path, found: &mut Vec<Vec<u8>>) {
    for entry in std::fs::read_dir(path).expect("a directory").filter_map(Result::ok) {
        match entry.path() {
            path if path.is_dir() => files(&path, found),
            path => found.push(std::fs::read(path).expect("a file")),
        }
    }
}

#[tokio::test]
async fn pin_and_otp_are_in_no_table_file_queue_log_or_response() {
    let dir = tempfile::tempdir().expect("a directory");
    let stack = TestStack::start(&Data::Directory(dir.path().to_owned())).await;
    let fixture = SyncFixture::at(stack, "sandbox").await;
    let mut answers = Vec::new();
    let path = format!("/rest/accesses/{}/syncs", fixture.access);
    for (script, save, otp) in [
        ("demo", true, "111111"),
        ("two-methods", false, "111111"),
        ("locked", false, ""),
        ("broken", true, "111111"),
    ] {
        let request = json!({ "credentials": credentials(&customer(script)), "save_secrets": save });
        let (status, begun) = fixture.stack.ask(&fixture.app, Method::POST, &path, request).await;
        assert_eq!(status, 201, "{begun}");
        let sync = begun["id"].as_str().and_then(|id| id.parse().ok()).expect("an id");
        answers.push(begun);
        for _ in 0..4 {
            assert!(fixture.deliver(&fixture.app, &sync).await);
            let job = fixture.job(&sync).await;
            match job["challenge"]["type"].as_str() {
                Some("METHOD_SELECT") => {
                    assert_eq!(fixture.respond(&sync, json!({ "method_id": "sms" })).await, 200);
                }
                Some("EMBEDDED") => {
                    assert_eq!(fixture.respond(&sync, json!({ "value": otp })).await, 200);
                    // While the OTP is in use, too.
                    look(&fixture, dir.path(), &mut answers).await;
                }
                _ => {}
            }
            answers.push(job);
        }
        look(&fixture, dir.path(), &mut answers).await;
        assert!(fixture.job(&sync).await["ended_at"].is_string(), "{script}");
    }
    // Errors don't quote rejected values.
    for body in
        [json!({ "credentials": "12345" }), json!({ "credentials": { "12345": "12345" } }), json!(["12345"])]
    {
        let (status, refused) = fixture.stack.ask(&fixture.app, Method::POST, &path, body).await;
        assert!(status.is_client_error(), "{refused}");
        answers.push(refused);
    }
    look(&fixture, dir.path(), &mut answers).await;
    assert!(answers.len() > 30);
    assert!(logged().contains("the synchronization has ended"), "nothing was logged");
    fixture.stack.stop().await;
}

/// Checks all responses, tables, queues, files and the log.
async fn look(fixture: &SyncFixture, dir: &Path, answers: &mut Vec<Value>) {
    for path in
        ["/rest/accesses", "/rest/accounts", "/rest/transactions?include_pending=true", "/v1/accounts"]
    {
        answers.push(fixture.stack.ask(&fixture.app, Method::GET, path, Value::Null).await.1);
    }
    for answer in answers.iter() {
        assert_eq!(leak(&answer.to_string()), None);
    }
    search(&fixture.stack.aws).await;
    let mut found = Vec::new();
    files(dir, &mut found);
    for file in found.iter().map(|file| String::from_utf8_lossy(file)) {
        assert_eq!(leak(&file), None);
        // A request's digest must not allow guessing its secrets: it includes the API key, which is
        // stored nowhere.
        assert!(!file.contains(&fixture.stack.key));
    }
    assert_eq!(leak(&logged()), None);
}
