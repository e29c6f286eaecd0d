//! The real binaries, fed as Lambda feeds them: the exports', their worker's, and the one for
//! dead letters.

use local::{Aws, Data};
use saldo_domain::export::ExportStatus;
use saldo_domain::id::{ExportId, OrgId};
use serde_json::{Value, json};
use testing::lambda::{Function, http_event, leaves_one_open, sqs_event};
use testing::services;

const ACCOUNTS: &str = "/api/v1/export/accounts";

/// An organization with an account, an export of it that the real binary has accepted, and
/// that binary.
async fn accept() -> (Aws, Function, String, OrgId, ExportId) {
    let aws = services(&Data::Ephemeral).await;
    let org = OrgId::random().expect("randomness");
    let key = local::demo::create_organization(&aws.app(), org.clone(), "Test", "ARS").await;
    let key = key.expect("an organization").expose().to_owned();
    let mut function = Function::deployed(env!("CARGO_BIN_EXE_export"), &aws, "ExportFunction").await;
    let body = json!({ "format": "csv", "delivery": "link" }).to_string();
    let answer = function.invoke(http_event("POST", ACCOUNTS, &key, &body)).await.expect("an answer");
    function.say_response_time("export");
    assert_eq!(answer["statusCode"], 202, "{answer}");
    let location = answer["headers"]["location"].as_str().expect("a place");
    let id = location.rsplit('/').next().and_then(|id| id.parse().ok()).expect("an id");
    (aws, function, key, org, id)
}

fn message(org: &OrgId, id: &ExportId) -> Value {
    sqs_event(&json!({ "org": org, "export": id }).to_string())
}

/// The second message of the event is nonsense; it alone is to come back.
fn only_the_nonsense_failed() -> Value {
    json!({ "batchItemFailures": [{ "itemIdentifier": "2e1424d4-f796-459a-8184-9c92662be6da" }] })
}

#[tokio::test]
async fn exports_answer_api_gateway_and_their_worker_answers_sqs() {
    let (aws, mut function, key, org, id) = accept().await;
    let answer =
        function.invoke(http_event("POST", ACCOUNTS, &key, r#"{"format":"csv","columns":["id"]}"#)).await;
    let answer = answer.expect("an answer");
    assert_eq!((&answer["statusCode"], &answer["body"]), (&json!(200), &json!("id\n")), "{answer}");
    assert_eq!(answer["headers"]["content-type"], "text/csv; charset=utf-8");
    assert_eq!(answer["isBase64Encoded"], false);

    let mut worker =
        Function::deployed(env!("CARGO_BIN_EXE_export-worker"), &aws, "ExportWorkerFunction").await;
    for delivery in 1..=2 {
        assert_eq!(worker.invoke(message(&org, &id)).await, Ok(only_the_nonsense_failed()));
        if delivery == 1 {
            worker.say_response_time("export-worker");
        }
        let path = format!("/api/v1/export/{id}");
        let job = function.invoke(http_event("GET", &path, &key, "")).await.expect("an answer");
        let job: Value = serde_json::from_str(job["body"].as_str().expect("a body")).expect("JSON");
        assert_eq!((&job["status"], &job["rows"]), (&json!("completed"), &json!(0)), "{job}");
    }
    aws.stop().await;
}

#[tokio::test]
async fn dead_letters_end_their_export() {
    let (aws, _, _, org, id) = accept().await;
    let mut dead_letters =
        Function::deployed(env!("CARGO_BIN_EXE_export-dead-letters"), &aws, "ExportDeadLettersFunction")
            .await;
    assert!(leaves_one_open(&dead_letters.invoke(message(&org, &id)).await));
    dead_letters.say_response_time("export-dead-letters");
    let job = aws.app().exports.get(&org, &id).await.expect("DynamoDB").expect("the job");
    assert_eq!((job.status, job.file()), (ExportStatus::Failed, None));
    aws.stop().await;
}
