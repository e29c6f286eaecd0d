//! The watch over all tests: a secret that leaks, or a call that a role denies, fails the test that
//! caused it and no other.
//!
//! The last test by name fails for what was seen after its test had ended. Tests start in the order
//! of their names, so no module may come after this one.

use std::process::{Command, Output};
use std::thread;
use std::time::Duration;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use axum::body::Bytes;
use axum::http::Method;
use local::Data;
use serde_json::json;
use testing::{TestStack, leak, saldo, unclaimed_violations};

#[test]
fn secret_is_found_as_a_word_of_its_own() {
    assert_eq!(leak("id 9912345, 1111112 and 123456"), None);
    assert_eq!(leak(r#"{"pin":"12345"}"#), Some(r#"{"pin":"12345"}"#));
    assert_eq!(leak("otp=111111&x"), Some("otp=111111&x"));
    assert_eq!(leak("-12345.089, 7.12345 and 0.111111"), None);
    for leaked in ["the PIN is 12345.", "demo.12345", "12345.txt"] {
        assert_eq!(leak(leaked), Some(leaked));
    }
}

/// The variable that tells `cause_violation`, in a process of its own, what to cause.
const VIOLATION: &str = "VIOLATION";
const CAUSE: &str = "watch::cause_violation";
const BYSTANDER: &str = "watch::bystander";
const LAST: &str = "watch::violations_after_the_end_of_their_test";

/// Runs two tests of this program in a process of its own.
fn run(violation: &str, tests: [&str; 2]) -> Output {
    let mut program = Command::new(std::env::current_exe().expect("this program"));
    // The functions are to run in the tests' process.
    program.env_remove("SALDO_URL").env(VIOLATION, violation);
    program.args(tests).args(["--exact", "--test-threads=2"]).output().expect("this program runs")
}

/// Checks that one of two tests failed with a message, and the other passed.
fn check(violation: &str, run: &Output, failed: &str, passed: &str, message: &str) {
    let output = String::from_utf8_lossy(&run.stdout);
    assert_eq!(run.status.code(), Some(101), "{violation}: {output}");
    for line in [&format!("test {failed} ... FAILED"), &format!("test {passed} ... ok"), message] {
        assert!(output.contains(line), "{violation}: {output}");
    }
}

#[test]
fn leaked_secret_or_denied_call_fails_the_test_that_caused_it() {
    let violations = [
        ("table", "a secret in DynamoDB: 12345"),
        ("binary attribute", "a secret in DynamoDB: pin 12345"),
        ("queue", r#"a secret in SQS: {"otp":"111111"}"#),
        ("file", "a secret in a file: pin,12345"),
        ("log", "a secret in a log line: "),
        ("response", "a secret in a response: "),
        ("shared stack", "a secret in "),
        ("role", "the role of DocsFunction does not allow Permission { action: \"s3:PutObject\""),
    ];
    thread::scope(|threads| {
        for (violation, message) in violations {
            threads.spawn(move || {
                check(violation, &run(violation, [CAUSE, BYSTANDER]), CAUSE, BYSTANDER, message);
            });
        }
    });
}

#[test]
fn violation_after_the_end_of_its_test_fails_the_last_test() {
    check("late", &run("late", [CAUSE, LAST]), LAST, CAUSE, "a secret in a log line: ");
}

#[tokio::test]
async fn cause_violation() {
    let Ok(violation) = std::env::var(VIOLATION) else {
        return; // The tests above run this one.
    };
    let stack = TestStack::start(&Data::Ephemeral).await;
    let variables = &stack.aws.variables;
    let dynamodb = aws_sdk_dynamodb::Client::new(stack.sdk());
    let put = dynamodb.put_item().table_name(&variables["SALDO_KEYS_TABLE"]);
    let log_otp = || tracing::info!(target: "saldo", otp = "111111");
    match violation.as_str() {
        "table" => drop(put.item("pin", AttributeValue::S("12345".to_owned())).send().await),
        "binary attribute" => drop(put.item("pin", AttributeValue::B(Blob::new("pin 12345"))).send().await),
        "queue" => {
            let message = aws_sdk_sqs::Client::new(stack.sdk()).send_message();
            drop(message.queue_url("q").message_body(r#"{"otp":"111111"}"#).send().await);
        }
        "file" => drop(stack.app.files.put("file", "text/csv", Bytes::from("pin,12345")).await),
        "log" => log_otp(),
        "shared stack" => {
            let tenant = saldo().await.tenant().await;
            let row = json!({ "contact": { "name": "A" }, "total_amount": 1, "notes": "12345" });
            assert_eq!(tenant.import_rows(json!([row])).await["imported"], 1);
        }
        "role" => {
            let docs = stack.aws.app_of("DocsFunction");
            docs.files.put("file", "text/csv", Bytes::new()).await.expect_err("the role denies it");
        }
        "late" => drop(thread::spawn(move || {
            thread::sleep(Duration::from_millis(500));
            log_otp();
        })),
        _ => drop(stack.ask(&stack.app, Method::POST, "/v1/accounts", json!({ "12345": 1 })).await),
    }
}

/// A test that runs at the same time and uses the shared stack.
#[tokio::test]
async fn bystander() {
    if std::env::var(VIOLATION).is_err() {
        return; // A test above runs this one.
    }
    let tenant = saldo().await.tenant().await;
    for _ in 0..20 {
        assert_eq!(tenant.get("/api/v1/import").await.status, 200);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test]
async fn violations_after_the_end_of_their_test() {
    let violations = unclaimed_violations().await;
    assert!(violations.is_empty(), "{violations:#?}");
}
