//! The real binaries, fed as Lambda feeds them: the import's, its worker's, and the one
//! for dead letters.

use local::{Aws, Data};
use saldo_domain::id::{ImportId, OrgId};
use saldo_domain::import::{Import, ImportStatus};
use serde_json::{Value, json};
use testing::lambda::{Function, http_event, leaves_one_open, sqs_event};
use testing::services;

const BODY: &str = r#"{"accounts":[{"contact":{"name":"Ana"},"total_amount":12.50,"external_id":"A"}]}"#;

/// An import accepted by the real binary: its answer, its job, and the services it is in.
async fn accept() -> (Aws, Value, OrgId, ImportId) {
    let aws = services(&Data::Ephemeral).await;
    let org = OrgId::random().expect("randomness");
    let created = local::demo::create_organization(&aws.app(), org.clone(), "Test", "ARS").await;
    let key = created.expect("an organization");
    let mut function = Function::deployed(env!("CARGO_BIN_EXE_import"), &aws, "ImportFunction").await;
    let answer =
        function.invoke(http_event("POST", "/api/v1/import", key.expose(), BODY)).await.expect("an answer");
    function.say_response_time("import");
    let body: Value = serde_json::from_str(answer["body"].as_str().expect("a body")).expect("JSON");
    let id = body["job_id"].as_str().and_then(|id| id.parse().ok()).expect("an id");
    (aws, answer, org, id)
}

async fn find(aws: &Aws, org: &OrgId, id: &ImportId) -> Import {
    aws.app().imports.find(org, id).await.expect("DynamoDB").expect("the job")
}

fn message(org: &OrgId, id: &ImportId) -> Value {
    sqs_event(&json!({ "org": org, "import": id, "task": "plan" }).to_string())
}

/// The second message of the event is nonsense; it alone is to come back.
fn only_the_nonsense_failed() -> Value {
    json!({ "batchItemFailures": [{ "itemIdentifier": "2e1424d4-f796-459a-8184-9c92662be6da" }] })
}

#[tokio::test]
async fn the_import_answers_api_gateway_and_its_worker_answers_sqs() {
    let (aws, answer, org, id) = accept().await;
    assert_eq!(answer["statusCode"], 202, "{answer}");
    assert_eq!(answer["headers"]["location"], format!("/api/v1/import/{id}"));
    assert_eq!(answer["headers"]["content-type"], "application/json");

    let mut worker =
        Function::deployed(env!("CARGO_BIN_EXE_import-worker"), &aws, "ImportPlannerFunction").await;
    for delivery in 1..=2 {
        assert_eq!(worker.invoke(message(&org, &id)).await, Ok(only_the_nonsense_failed()));
        let import = find(&aws, &org, &id).await;
        assert_eq!((import.job.status, import.counts().imported), (ImportStatus::Completed, 1));
        if delivery == 1 {
            worker.say_response_time("import-worker");
        }
    }
    aws.stop().await;
}

#[tokio::test]
async fn dead_letters_end_their_import() {
    let (aws, _, org, id) = accept().await;
    let mut dead_letters =
        Function::deployed(env!("CARGO_BIN_EXE_import-dead-letters"), &aws, "ImportDeadLettersFunction")
            .await;
    assert!(leaves_one_open(&dead_letters.invoke(message(&org, &id)).await));
    dead_letters.say_response_time("import-dead-letters");
    let import = find(&aws, &org, &id).await;
    assert_eq!((import.job.status, import.failed(), import.unprocessed()), (ImportStatus::Failed, 1, 1));
    aws.stop().await;
}

#[tokio::test]
async fn a_body_in_base64_is_the_same_body() {
    let aws = services(&Data::Ephemeral).await;
    let org = OrgId::random().expect("randomness");
    let key =
        local::demo::create_organization(&aws.app(), org, "Test", "ARS").await.expect("an organization");
    let mut function = Function::deployed(env!("CARGO_BIN_EXE_import"), &aws, "ImportFunction").await;
    let mut event = http_event("POST", "/api/v1/import", key.expose(), "");
    event["headers"]["content-type"] = json!("text/csv");
    // contact.name,total_amount\nMaría,1\n
    event["body"] = json!("Y29udGFjdC5uYW1lLHRvdGFsX2Ftb3VudApNYXLDrWEsMQo=");
    event["headers"]["content-length"] = json!("35");
    event["isBase64Encoded"] = json!(true);
    let answer = function.invoke(event).await.expect("an answer");
    assert_eq!(answer["statusCode"], 202, "{answer}");
    let refused =
        function.invoke(http_event("POST", "/api/v1/import", "wrong", BODY)).await.expect("an answer");
    assert_eq!(
        (&refused["statusCode"], &refused["headers"]["content-type"]),
        (&json!(401), &json!("application/problem+json"))
    );
    aws.stop().await;
}

#[tokio::test]
async fn upload_link_needs_no_trace_header() {
    let aws = services(&Data::Ephemeral).await;
    let org = OrgId::random().expect("randomness");
    let key =
        local::demo::create_organization(&aws.app(), org, "Test", "ARS").await.expect("an organization");
    let mut function = Function::deployed(env!("CARGO_BIN_EXE_import"), &aws, "ImportFunction").await;
    let event = http_event("POST", "/api/v1/import/uploads", key.expose(), r#"{"format":"csv"}"#);
    let answer = function.invoke(event).await.expect("an answer");
    let created: Value = serde_json::from_str(answer["body"].as_str().expect("a body")).expect("JSON");
    assert_eq!(created["headers"], json!({}), "{created}");
    let url = created["url"].as_str().expect("a link");
    assert!(url.contains("X-Amz-SignedHeaders=host&"), "{url}");
    aws.stop().await;
}
