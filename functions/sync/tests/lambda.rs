//! The binaries of synchronizations, invoked as Lambda invokes them: requests, the worker, the handler of dead letters
//! and the schedule.

use local::{Aws, Data};
use saldo_domain::id::{AccessId, OrgId, SyncId};
use serde_json::{Value, json};
use testing::lambda::{Function, http_event, leaves_one_open, sqs_event};
use testing::{search, services};

/// The second message of the event is nonsense; it alone is to come back.
fn only_the_nonsense_failed() -> Value {
    json!({ "batchItemFailures": [{ "itemIdentifier": "2e1424d4-f796-459a-8184-9c92662be6da" }] })
}

/// Where the users of this deployment reach the API.
const PUBLIC_URL: &str = "https://api.saldo.example/";

/// Services, an organization's key, and the binary that answers its requests.
struct Fixture {
    aws: Aws,
    org: OrgId,
    key: String,
    function: Function,
}

impl Fixture {
    async fn start() -> Self {
        let aws = services(&Data::Ephemeral).await;
        let org = OrgId::random().expect("randomness");
        let key = local::demo::create_organization(&aws.app(), org.clone(), "Test", "ARS").await;
        let key = key.expect("an organization").expose().to_owned();
        let mut environment = aws.environment_of("SyncFunction").expect("the function");
        environment.push(("SALDO_PUBLIC_URL".to_owned(), PUBLIC_URL.to_owned()));
        let function = Function::start(env!("CARGO_BIN_EXE_sync"), &environment).await;
        Self { aws, org, key, function }
    }

    async fn request(&mut self, method: &str, path: &str, body: Value) -> Value {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let answer = self.function.invoke(http_event(method, path, &self.key, &body)).await;
        let answer = answer.expect("an answer");
        let status = answer["statusCode"].as_u64().expect("a status");
        assert!((200..300).contains(&status), "{method} {path}: {answer}");
        serde_json::from_str(answer["body"].as_str().expect("a body")).expect("JSON")
    }

    /// An access by this way and a synchronization of it.
    async fn begin(&mut self, method: &str, request: Value) -> (AccessId, SyncId, Value) {
        let access = self.request("POST", "/rest/accesses", json!({ "access_method_id": method })).await;
        let access = access["id"].as_str().expect("an id").to_owned();
        let sync = self.request("POST", &format!("/rest/accesses/{access}/syncs"), request).await;
        let sync = sync["id"].as_str().expect("an id").to_owned();
        let message = json!({ "org": self.org, "access": access, "sync": sync });
        let event = sqs_event(&message.to_string());
        (access.parse().expect("an id"), sync.parse().expect("an id"), event)
    }

    async fn job(&mut self, access: &AccessId, sync: &SyncId) -> Value {
        self.request("GET", &format!("/rest/accesses/{access}/syncs/{sync}"), Value::Null).await
    }
}

#[tokio::test]
async fn functions_connect_and_read_a_bank() {
    let mut fixture = Fixture::start().await;
    let credentials = json!({ "credentials": { "psu_id": "conflict.lambda", "pin": "12345" } });
    let (access, sync, event) = fixture.begin("sandbox", credentials).await;
    let mut worker =
        Function::deployed(env!("CARGO_BIN_EXE_sync-worker"), &fixture.aws, "SyncWorkerFunction").await;
    assert_eq!(worker.invoke(event.clone()).await, Ok(only_the_nonsense_failed()));
    worker.say_response_time("sync-worker");
    let challenge =
        fixture.job(&access, &sync).await["challenge"]["id"].as_str().expect("a challenge").to_owned();
    let path = format!("/rest/accesses/{access}/syncs/{sync}/challenges/{challenge}/response");
    assert_eq!(fixture.request("POST", &path, json!({ "value": "111111" })).await, json!({}));
    for _delivery in 0..2 {
        assert_eq!(worker.invoke(event.clone()).await, Ok(only_the_nonsense_failed()));
        let job = fixture.job(&access, &sync).await;
        assert_eq!((&job["status"], &job["new_transactions"]), (&json!("COMPLETED"), &json!(2)), "{job}");
    }
    search(&fixture.aws).await;
    fixture.aws.stop().await;
}

#[tokio::test]
async fn bank_sends_its_user_back_to_the_public_url() {
    let mut fixture = Fixture::start().await;
    let (_, sync, _) =
        fixture.begin("sandbox-redirect", json!({ "redirect_uri": "https://app.example/" })).await;
    let job = fixture.aws.app().syncs.get(&fixture.org, &sync).await.expect("DynamoDB").expect("the job");
    let callback = job.request.callback.expect("a callback").to_string();
    assert!(callback.starts_with(&format!("{PUBLIC_URL}rest/")), "{callback}");
    search(&fixture.aws).await;
    fixture.aws.stop().await;
}

#[tokio::test]
async fn dead_letters_end_their_synchronization() {
    let mut fixture = Fixture::start().await;
    let (access, sync, event) = fixture.begin("sandbox-redirect", Value::Null).await;
    let mut dead_letters =
        Function::deployed(env!("CARGO_BIN_EXE_sync-dead-letters"), &fixture.aws, "SyncDeadLettersFunction")
            .await;
    assert!(leaves_one_open(&dead_letters.invoke(event).await));
    dead_letters.say_response_time("sync-dead-letters");
    assert_eq!(fixture.job(&access, &sync).await["error"]["code"], 30000);
    search(&fixture.aws).await;
    fixture.aws.stop().await;
}

#[tokio::test]
async fn schedule_queues_unattended_synchronizations_once_a_day() {
    let mut fixture = Fixture::start().await;
    let credentials = json!({ "psu_id": "no-sca.lambda", "pin": "12345" });
    let request = json!({ "credentials": credentials, "save_secrets": true });
    let (access, sync, event) = fixture.begin("sandbox", request).await;
    let mut worker =
        Function::deployed(env!("CARGO_BIN_EXE_sync-worker"), &fixture.aws, "SyncWorkerFunction").await;
    assert_eq!(worker.invoke(event).await, Ok(only_the_nonsense_failed()));
    assert_eq!(fixture.job(&access, &sync).await["status"], "COMPLETED");
    let mut schedule =
        Function::deployed(env!("CARGO_BIN_EXE_sync-schedule"), &fixture.aws, "SyncScheduleFunction").await;
    // <https://docs.aws.amazon.com/eventbridge/latest/ref/events-structure.html>
    let event = json!({
        "version": "0",
        "id": "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa",
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "123456789012",
        "time": "2026-11-21T04:00:00Z",
        "region": "us-east-1",
        "resources": ["arn:aws:events:us-east-1:123456789012:rule/daily"],
        "detail": {},
    });
    for _retry in 0..2 {
        assert_eq!(schedule.invoke(event.clone()).await, Ok(Value::Null));
    }
    schedule.say_response_time("sync-schedule");
    let syncs = fixture.request("GET", &format!("/rest/accesses/{access}/syncs"), Value::Null).await;
    assert_eq!(syncs.as_array().map(Vec::len), Some(2), "{syncs}");
    search(&fixture.aws).await;
    fixture.aws.stop().await;
}

#[tokio::test]
async fn binary_serves_notifications() {
    let mut fixture = Fixture::start().await;
    let body = json!({ "observe_key": "saldo:import.completed", "notify_uri": "https://1.1.1.1/notified" });
    let endpoint = fixture.request("POST", "/rest/notifications", body).await;
    let id = endpoint["notification_id"].as_str().expect("an id");
    let read = fixture.request("GET", &format!("/rest/notifications/{id}"), Value::Null).await;
    assert_eq!(read["observe_key"], "saldo:import.completed");
    fixture.aws.stop().await;
}
