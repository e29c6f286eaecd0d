//! Synchronizations that compete, stall or fail: each ends, and gives its access back.

use std::sync::Arc;
use std::time::Duration;

use axum::http::Method;
use local::App;
use local::sqs_event;
use saldo_domain::bank::CATALOG_FILE;
use saldo_domain::id::SyncId;
use saldo_domain::sync::Step;
use saldo_store::Limits;
use saldo_store::queue::SyncMessage;
use serde_json::json;
use testing::wire::{FaultPlan, intercepted};

use crate::sync_client::{credentials, customer};
use crate::sync_fixture::SyncFixture;

#[tokio::test]
async fn unanswered_challenge_or_unreachable_bank_ends_synchronization() {
    let fixture = SyncFixture::start("sandbox").await;
    let impatient = |limits: Limits| App { limits, ..fixture.app.clone() };
    let sync = fixture.begin(json!({ "credentials": credentials(&customer("demo")) })).await;
    assert!(fixture.deliver(&fixture.app, &sync).await);
    assert_eq!(fixture.job(&sync).await["status"], "AWAIT_AUTH");
    // An early message changes nothing.
    assert!(fixture.deliver(&fixture.app, &sync).await);
    assert_eq!(fixture.job(&sync).await["status"], "AWAIT_AUTH");
    let late = impatient(Limits { challenge_valid: Duration::ZERO, ..fixture.app.limits });
    let challenge = fixture.job(&sync).await["challenge"]["id"].as_str().expect("a challenge").to_owned();
    let path = format!("/rest/accesses/{}/syncs/{sync}/challenges/{challenge}/response", fixture.access);
    let (status, _) = fixture.stack.ask(&late, Method::POST, &path, json!({ "value": "111111" })).await;
    assert_eq!(status, 409);
    assert!(fixture.deliver(&late, &sync).await);
    let job = fixture.job(&sync).await;
    assert_eq!((&job["status"], &job["error"]["code"]), (&json!("FAILED"), &json!(10005)), "{job}");

    let sync = fixture.begin(json!({ "credentials": credentials(&customer("stuck")) })).await;
    assert!(fixture.deliver(&fixture.app, &sync).await);
    assert_eq!(fixture.respond(&sync, json!({ "value": "111111" })).await, 200);
    let hurried = impatient(Limits { bank_timeout: Duration::from_millis(300), ..fixture.app.limits });
    assert!(fixture.deliver(&hurried, &sync).await);
    assert_eq!(fixture.job(&sync).await["error"]["code"], 40001);

    // A bank that is unreachable.
    let catalog = serde_json::to_string(&fixture.app.bank_catalog().read().await.expect("S3")).expect("JSON");
    let nowhere = catalog.replace(&fixture.stack.aws.endpoints().bank, "http://127.0.0.1:9");
    fixture.app.files.put(CATALOG_FILE, "application/json", nowhere.into()).await.expect("S3");
    let sync = fixture.begin(json!({ "credentials": credentials("demo") })).await;
    assert!(fixture.deliver(&fixture.app, &sync).await);
    assert_eq!(fixture.job(&sync).await["error"]["code"], 40000);
    // A bank that was removed from the catalog.
    fixture.app.files.put(CATALOG_FILE, "application/json", "[]".into()).await.expect("S3");
    let path = format!("/rest/accesses/{}/syncs", fixture.access);
    let (status, refused) = fixture.stack.ask(&fixture.app, Method::POST, &path, json!({})).await;
    assert_eq!((status.as_u16(), &refused["error"]["code"]), (422, &json!(1006)));
    fixture.stack.stop().await;
}

#[tokio::test]
async fn dead_lettered_synchronization_fails_and_releases_its_access() {
    let fixture = SyncFixture::start("sandbox").await;
    let sync = fixture.begin(json!({ "credentials": credentials(&customer("demo")) })).await;
    assert!(fixture.deliver(&fixture.app, &sync).await);
    let message =
        SyncMessage { org: fixture.stack.org.clone(), access: fixture.access.clone(), sync: sync.clone() };
    let body = serde_json::to_string(&message).expect("JSON");
    for _ in 0..2 {
        let message = aws_sdk_sqs::types::Message::builder().message_id("m").body(&body).build();
        let answer = saldo_jobs::sync::handle_dead_letters(
            (&fixture.stack.aws.app_of("SyncDeadLettersFunction")).into(),
            sqs_event(&[message]),
        )
        .await;
        assert_eq!(answer.batch_item_failures, []);
    }
    let job = fixture.job(&sync).await;
    assert_eq!(
        (&job["status"], &job["error"]["code"], &job["error"]["group"]),
        (&json!("FAILED"), &json!(30000), &json!("general"))
    );
    let now = jiff::Timestamp::now();
    let kept =
        fixture.app.accesses.credentials(&fixture.stack.org, &fixture.access, now).await.expect("DynamoDB");
    assert!(kept.sealed.is_empty());
    fixture.complete(&customer("demo")).await;
    fixture.stack.stop().await;
}

#[tokio::test]
async fn synchronization_dead_lettered_at_its_end_keeps_its_result() {
    let fixture = SyncFixture::start("sandbox").await;
    let (stack, app) = (&fixture.stack, &fixture.app);
    // The access has an account that the bank does not list.
    let account = json!({ "type": "savings", "balance": 1, "currency": "EUR", "owner_id": "o" });
    let (_, account) = stack.ask(app, Method::POST, "/v1/accounts", account).await;
    let account = account["id"].as_str().and_then(|id| id.parse().ok()).expect("an id");
    let mut access = app.accesses.get(&stack.org, &fixture.access).await.expect("DynamoDB").expect("it");
    access.accounts.push(account);
    assert!(app.accesses.save(&mut access).await.expect("DynamoDB"));
    let sync = fixture.begin(json!({ "credentials": credentials(&customer("no-sca")) })).await;
    let mut job = app.syncs.get(&stack.org, &sync).await.expect("DynamoDB").expect("the job");
    job.step = Step::End;
    assert!(app.syncs.save(&mut job).await.expect("DynamoDB"));

    let message = SyncMessage { org: stack.org.clone(), access: fixture.access.clone(), sync: sync.clone() };
    let body = serde_json::to_string(&message).expect("JSON");
    let message = aws_sdk_sqs::types::Message::builder().message_id("m").body(body).build();
    let dlq_app = stack.aws.app_of("SyncDeadLettersFunction");
    assert_eq!(
        saldo_jobs::sync::handle_dead_letters((&dlq_app).into(), sqs_event(&[message]))
            .await
            .batch_item_failures,
        []
    );
    assert_eq!(fixture.job(&sync).await["status"], "COMPLETED");
    let access = app.accesses.get(&stack.org, &fixture.access).await.expect("DynamoDB").expect("it");
    assert!(!access.is_held_by(&sync), "the access is free");
    fixture.stack.stop().await;
}

#[tokio::test]
async fn synchronization_fails_if_bank_stays_rate_limited() {
    let fixture = SyncFixture::start("sandbox").await;
    let sync = fixture.begin(json!({ "credentials": credentials(&customer("jammed")) })).await;
    assert!(fixture.deliver(&fixture.app, &sync).await);
    assert_eq!(fixture.respond(&sync, json!({ "value": "111111" })).await, 200);
    let mut deliveries = 0;
    while fixture.job(&sync).await["ended_at"].is_null() {
        assert!(fixture.deliver(&fixture.app, &sync).await);
        deliveries += 1;
        assert!(deliveries < 10);
    }
    assert_eq!(fixture.job(&sync).await["error"]["code"], 20002);
    fixture.stack.stop().await;
}

#[tokio::test]
async fn concurrent_synchronizations_of_access_run_once() {
    let fixture = SyncFixture::start("sandbox").await;
    let path = format!("/rest/accesses/{}/syncs", fixture.access);
    let request = json!({ "credentials": credentials(&customer("demo")) });
    let both = futures::future::join_all(
        (0..8).map(|_| fixture.stack.ask(&fixture.app, Method::POST, &path, request.clone())),
    );
    let mut statuses: Vec<_> = both.await.into_iter().map(|(status, body)| (status.as_u16(), body)).collect();
    statuses.sort_by_key(|(status, _)| *status);
    assert_eq!(statuses[0].0, 201);
    for (status, refused) in &statuses[1..] {
        assert_eq!((*status, &refused["error"]["code"]), (423, &json!(1008)), "{refused}");
    }
    // A synchronization that died gives way when its lock expires, and fails.
    let first: SyncId = statuses[0].1["id"].as_str().and_then(|id| id.parse().ok()).expect("an id");
    let mut access =
        fixture.app.accesses.get(&fixture.stack.org, &fixture.access).await.expect("DynamoDB").expect("it");
    access.lock.as_mut().expect("a lock").until = jiff::Timestamp::now();
    assert!(fixture.app.accesses.save(&mut access).await.expect("DynamoDB"));
    let second = fixture.begin(request).await;
    assert!(fixture.deliver(&fixture.app, &first).await);
    let overtaken = fixture.job(&first).await;
    assert_eq!((&overtaken["status"], &overtaken["error"]["code"]), (&json!("FAILED"), &json!(30000)));
    assert!(fixture.deliver(&fixture.app, &second).await);
    assert_eq!(fixture.job(&second).await["status"], "AWAIT_AUTH", "the second one has its credentials");
    fixture.stack.stop().await;
}

#[tokio::test]
async fn leased_synchronization_is_not_taken_over() {
    let fixture = SyncFixture::start("sandbox").await;
    let limits = Limits { sync_lease: Duration::from_mins(1), ..fixture.app.limits };
    let patient = App { limits, ..fixture.app.clone() };
    let dlq_app = App { limits, ..fixture.stack.aws.app_of("SyncDeadLettersFunction") };
    let sync = fixture.begin(json!({ "credentials": credentials(&customer("demo")) })).await;
    let faults = Arc::new(FaultPlan::default());
    let failing = fixture.stack.aws.app_over(&intercepted(fixture.stack.sdk(), &faults));
    let failing = App { limits: patient.limits, ..failing };
    faults.kill_after(8, true);
    assert!(faults.run(fixture.deliver(&failing, &sync)).await.is_none(), "the worker dies");
    faults.clear();
    // Another delivery only becomes visible again, and the DLQ handler does not end the job.
    let before = fixture.app.syncs.get(&fixture.stack.org, &sync).await.expect("DynamoDB");
    assert!(fixture.deliver(&patient, &sync).await);
    assert_eq!(fixture.app.syncs.get(&fixture.stack.org, &sync).await.expect("DynamoDB"), before);
    let message =
        SyncMessage { org: fixture.stack.org.clone(), access: fixture.access.clone(), sync: sync.clone() };
    let body = serde_json::to_string(&message).expect("JSON");
    let message = aws_sdk_sqs::types::Message::builder().message_id("m").body(body).build();
    assert_eq!(
        saldo_jobs::sync::handle_dead_letters((&dlq_app).into(), sqs_event(&[message]))
            .await
            .batch_item_failures,
        []
    );
    assert_eq!(fixture.app.syncs.get(&fixture.stack.org, &sync).await.expect("DynamoDB"), before);
    fixture.stack.stop().await;
}
