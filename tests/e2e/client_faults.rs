//! Clients that several requests, imports and chunks create at the same time, late, or by workers that are killed: one client
//! for a number, with the same name in every order.

use std::sync::Arc;

use axum::http::Method;
use local::{App, sqs_event};
use saldo_domain::account::ExternalId;
use saldo_domain::changed_by::ChangedBy;
use saldo_domain::client::{Client, NewClient};
use saldo_domain::id::{AccountId, ClientId, ImportId, KeyId};
use saldo_domain::import::ImportStatus;
use serde_json::{Value, json};
use testing::wire::{FaultPlan, intercepted};
use uuid::Uuid;

use crate::aws_faults::quick;
use crate::client_numbers::row;
use crate::dead_letters::ImportFixture;

/// Accepts an import of these rows.
async fn begin(fixture: &ImportFixture, rows: Value) -> ImportId {
    let body = json!({ "accounts": rows });
    let (status, accepted) = fixture.stack.ask(&fixture.app, Method::POST, "/api/v1/import", body).await;
    assert_eq!(status, 202, "{accepted}");
    accepted["job_id"].as_str().and_then(|id| id.parse().ok()).expect("an id")
}

async fn stored(fixture: &ImportFixture, number: &str) -> Option<Client> {
    let number: ExternalId = number.parse().expect("a number");
    let id = ClientId::of_external(&fixture.stack.org, &number);
    fixture.app.clients.get(&fixture.stack.org, &id).await.expect("DynamoDB")
}

async fn handle(app: &App, messages: &[aws_sdk_sqs::types::Message]) {
    for message in messages {
        let event = sqs_event(std::slice::from_ref(message));
        let answer = saldo_jobs::import::handle(app.into(), event).await;
        assert_eq!(answer.batch_item_failures, []);
    }
}

#[tokio::test]
async fn repeated_request_knows_its_own_client() {
    let fixture = ImportFixture::start(5).await;
    let (clients, org) = (&fixture.app.clients, &fixture.stack.org);
    let by = ChangedBy::key(KeyId::of_seed(Uuid::now_v7()), Uuid::now_v7());
    let new = |seed: Uuid| {
        let external_id = Some("0042".parse().expect("a number"));
        let new = NewClient { name: "ACME".parse().expect("a name"), description: None, external_id };
        (new.create(org, seed, jiff::Timestamp::now()), seed)
    };
    let seeds = [Uuid::now_v7(), Uuid::now_v7()];
    let mut answers = Vec::new();
    for seed in [seeds[0], seeds[0], seeds[1]] {
        let (new, seed) = new(seed);
        answers.push(
            clients.create_numbered(org, new, seed, &by).await.expect("DynamoDB").map_err(|client| client.id),
        );
    }
    let created: &Client = answers[0].as_ref().expect("a client");
    assert_eq!(answers[1].as_ref().map(|client| &client.id), Ok(&created.id));
    assert_eq!(answers[2].as_ref().err(), Some(&created.id), "another request");
    fixture.stack.stop().await;
}

#[tokio::test]
async fn first_import_names_its_clients_in_every_order_of_chunks() {
    let fixture = ImportFixture::start(1).await;
    // Every order of the chunks of two imports of two rows each.
    let orders = (0..256_usize).map(|n| [n & 3, n >> 2 & 3, n >> 4 & 3, n >> 6]);
    for order in orders.filter(|order| (0..4).all(|chunk| order.contains(&chunk))) {
        let number = format!("{order:?}");
        let id = |n: usize| format!("{order:?}-{n}");
        for (first, names) in [(0, ["First", "Second"]), (2, ["Third", "Fourth"])] {
            let rows = json!([row(&id(first), names[0], &number), row(&id(first + 1), names[1], &number)]);
            begin(&fixture, rows).await;
            fixture.plan().await;
        }
        let chunks = fixture.chunks().await;
        assert_eq!(chunks.len(), 4);
        for _delivery in 0..2 {
            for chunk in order {
                handle(&fixture.app, &chunks[chunk..=chunk]).await;
            }
        }
        let client = stored(&fixture, &number).await.expect("a client");
        assert_eq!(client.name.as_str(), "First", "{order:?}");
    }
    assert_eq!(fixture.app.clients.all(&fixture.stack.org).await.expect("DynamoDB").len(), 24);
    fixture.stack.stop().await;
}

#[tokio::test]
async fn simultaneous_chunks_create_a_client_once() {
    let fixture = ImportFixture::start(1).await;
    for round in 0..3 {
        let number = format!("c-{round}");
        let rows: Vec<Value> =
            (0..8).map(|n| row(&format!("{round}-{n}"), &format!("Name {n}"), &number)).collect();
        begin(&fixture, json!(rows)).await;
        fixture.plan().await;
        let chunks = fixture.chunks().await;
        let work = chunks.iter().map(|chunk| handle(&fixture.app, std::slice::from_ref(chunk)));
        futures::future::join_all(work).await;
        let client = stored(&fixture, &number).await.expect("a client");
        assert_eq!(client.name.as_str(), "Name 0");
    }
    fixture.stack.stop().await;
}

/// An app over services in which the worker of a fixture dies at one of its calls.
fn dying(fixture: &ImportFixture) -> (App, Arc<FaultPlan>) {
    let faults = Arc::new(FaultPlan::default());
    let sdk = fixture.stack.aws.sdk_of("ImportPlannerFunction");
    let app = fixture.stack.aws.app_over(&intercepted(&sdk, &faults));
    (App { limits: fixture.app.limits, ..app }, faults)
}

/// Deletes the account and the client, as far as they exist. Returns whether each existed.
async fn delete(fixture: &ImportFixture, external_id: &str, number: &str) -> (bool, bool) {
    let account = AccountId::of_external(&fixture.stack.org, &external_id.parse().expect("an id"));
    let client = stored(fixture, number).await.map(|client| client.id);
    let (account, _) = fixture
        .stack
        .ask(&fixture.app, Method::DELETE, &format!("/v1/accounts/{account}"), Value::Null)
        .await;
    let Some(client) = client else { return (account == 204, false) };
    let path = format!("/api/clients/{client}");
    let (status, _) = fixture.stack.ask(&fixture.app, Method::DELETE, &path, Value::Null).await;
    (account == 204, status == 204)
}

#[tokio::test]
async fn killed_worker_leaves_no_account_without_its_client_and_brings_none_back() {
    let fixture = ImportFixture::start(5).await;
    let (app, faults) = dying(&fixture);
    let (mut states, mut is_done) = (Vec::new(), false);
    for (calls, after_effect) in (0..40).flat_map(|calls| [(calls, false), (calls, true)]) {
        let (id, number) = (format!("a-{calls}-{after_effect}"), format!("c-{calls}-{after_effect}"));
        for is_deleted in [false, true] {
            let (id, number) = (format!("{id}-{is_deleted}"), format!("{number}-{is_deleted}"));
            let import = begin(&fixture, json!([row(&id, "Ana", &number)])).await;
            let plan = fixture.plans().await;
            faults.kill_after(calls, after_effect);
            is_done = faults.run(saldo_jobs::import::handle((&app).into(), sqs_event(&plan))).await.is_some();
            faults.clear();
            let mut expected = (true, true);
            if is_deleted {
                let (account, client) = delete(&fixture, &id, &number).await;
                assert!(client || !account, "{calls} {after_effect}: an account without its client");
                states.push((account, client));
                // If the row was written, account and client stay deleted.
                expected = (!account, !account);
            }
            handle(&fixture.app, &plan).await;
            fixture.work().await;
            assert_eq!(fixture.import(&import).await.job.status, ImportStatus::Completed);
            assert_eq!(delete(&fixture, &id, &number).await, expected, "{calls} {after_effect} {is_deleted}");
        }
        if is_done {
            break;
        }
    }
    assert!(is_done);
    for state in [(false, false), (false, true), (true, true)] {
        assert!(states.contains(&state), "{state:?}: {states:?}");
    }
    fixture.stack.stop().await;
}

#[tokio::test]
async fn statements_of_clients_that_fail_are_sent_again_and_then_alone() {
    let fixture = ImportFixture::start(5).await;
    for (n, (code, times)) in [
        ("ThrottlingError", 2),
        ("ThrottlingError", i64::MAX),
        ("TransactionConflict", i64::MAX),
        ("InternalServerError", i64::MAX),
        ("ValidationError", i64::MAX),
    ]
    .into_iter()
    .enumerate()
    {
        let number = format!("c-{n}");
        let client = ClientId::of_external(&fixture.stack.org, &number.parse().expect("a number"));
        let faults = FaultPlan::fail_statements(&client.to_string(), code);
        faults.fail_next(times);
        let sdk = intercepted(&quick(&fixture.stack.aws.sdk_of("ImportPlannerFunction")), &faults);
        let app = App { limits: fixture.app.limits, ..fixture.stack.aws.app_over(&sdk) };
        let import = begin(&fixture, json!([row(&format!("a-{n}"), "Ana", &number)])).await;
        handle(&app, &fixture.plans().await).await;
        assert_eq!(fixture.import(&import).await.job.status, ImportStatus::Completed, "{code}");
        assert!(stored(&fixture, &number).await.is_some(), "{code}");
    }
    fixture.stack.stop().await;
}
