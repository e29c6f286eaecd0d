//! The worker that synchronizes accesses: what it stores, also when it dies and is called again.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use axum::http::Method;
use local::App;
use saldo_domain::id::{AccessId, SyncId};
use saldo_store::Limits;
use serde_json::{Value, json};
use testing::TestStack;
use testing::wire::{FaultPlan, intercepted};

use crate::sync_client::{credentials, customer};
use crate::sync_fixture::{SyncFixture, connect, without_delays};

/// More calls to AWS than one delivery makes for an account with few transactions.
const CALLS_MAX: i64 = 60;

#[tokio::test]
async fn synchronization_survives_worker_death_at_any_request() {
    let fixture = SyncFixture::start("sandbox").await;
    fixture.complete(&customer("no-ids")).await;
    let expected = fixture.records().await;
    assert_eq!(expected[1].as_array().map(Vec::len), Some(4));

    let faults = Arc::new(FaultPlan::default());
    let failing = without_delays(&fixture.stack.aws.app_over(&intercepted(fixture.stack.sdk(), &faults)));
    let (mut deaths, mut runs) = (0, 0);
    // The worker dies in one of the two deliveries, before or after the OTP.
    // Death before a call equals death after the previous one.
    for fatal_delivery in [1, 2] {
        for requests in 0..CALLS_MAX {
            let here = fixture.other_organization().await;
            let sync = here.begin(json!({ "credentials": credentials(&customer("no-ids")) })).await;
            runs += 1;
            let mut died = false;
            for delivery in 1..=2 {
                if delivery == fatal_delivery {
                    faults.kill_after(requests, true);
                    died = faults.run(here.deliver(&failing, &sync)).await.is_none();
                    faults.clear();
                    deaths += i32::from(died);
                }
                assert!(here.deliver(&here.app, &sync).await, "delivery {delivery} after {requests}");
                if delivery == 1 {
                    assert_eq!(here.respond(&sync, json!({ "value": "111111" })).await, 200);
                }
            }
            let job = here.job(&sync).await;
            assert_eq!((&job["status"], &job["new_transactions"]), (&json!("COMPLETED"), &json!(4)), "{job}");
            assert_eq!(
                here.records().await,
                expected,
                "killed at request {requests} of delivery {fatal_delivery}"
            );
            if !died {
                break;
            }
        }
    }
    println!("{deaths} deaths in {runs} synchronizations");
    assert!(deaths > 30, "{deaths}");
    fixture.stack.stop().await;
}

/// All items of a table.
async fn items(stack: &TestStack, table: &str) -> Vec<std::collections::HashMap<String, AttributeValue>> {
    let dynamodb = aws_sdk_dynamodb::Client::new(stack.sdk());
    let page = dynamodb.scan().table_name(table).send().await.expect("DynamoDB");
    assert!(page.last_evaluated_key.is_none(), "more than a page");
    page.items.unwrap_or_default()
}

#[tokio::test]
async fn synchronization_without_changes_writes_nothing() {
    let fixture = SyncFixture::start("sandbox").await;
    let psu_id = customer("demo");
    fixture.complete(&psu_id).await;
    let variables = &fixture.stack.aws.variables;
    let tables = ["SALDO_ACCOUNTS_TABLE", "SALDO_TRANSACTIONS_TABLE", "SALDO_CLIENTS_TABLE"];
    let tables = tables.map(|table| &variables[table]);
    let mut before = Vec::new();
    for table in tables {
        before.push(items(&fixture.stack, table).await);
    }
    let sync = fixture.begin(json!({ "credentials": credentials(&psu_id) })).await;
    assert!(fixture.deliver(&fixture.app, &sync).await);
    assert_eq!(fixture.respond(&sync, json!({ "value": "111111" })).await, 200);
    assert!(fixture.deliver(&fixture.app, &sync).await);
    for (table, before) in tables.into_iter().zip(before) {
        let after = items(&fixture.stack, table).await;
        // The items include the writer of a transaction and the state of an account.
        assert!(after.len() == before.len() && after.iter().all(|item| before.contains(item)), "{table}");
    }
    fixture.stack.stop().await;
}

#[tokio::test]
async fn scheduled_synchronization_never_requires_user() {
    let fixture = SyncFixture::start("sandbox").await;
    let (stack, app) = (&fixture.stack, &fixture.app);
    let schedule = stack.aws.app_of("SyncScheduleFunction");
    let at = jiff::Timestamp::now();
    // Without saved secrets and consent, nothing is scheduled.
    assert_eq!(saldo_jobs::sync::schedule::run(&(&schedule).into(), at).await.expect("AWS"), 0);
    let recurring = json!({ "access_method_id": "sandbox", "consent": { "recurring": true } });
    let (_, made) = stack.ask(app, Method::POST, "/rest/accesses", recurring).await;
    let access: AccessId = made["id"].as_str().and_then(|id| id.parse().ok()).expect("an id");
    let agreed = SyncFixture { stack: stack.clone(), app: app.clone(), access };
    agreed.complete(&customer("demo")).await;
    // The saved secrets have sufficed.
    let saved =
        SyncFixture { access: connect(stack, app, "sandbox").await, stack: stack.clone(), app: app.clone() };
    let request = json!({ "credentials": credentials(&customer("no-sca")), "save_secrets": true });
    let first = saved.begin(request).await;
    assert!(saved.deliver(app, &first).await);
    assert_eq!(saved.job(&first).await["status"], "COMPLETED");
    // The secrets are saved, but the bank required an OTP: a synchronization would require it again.
    let asked =
        SyncFixture { access: connect(stack, app, "sandbox").await, stack: stack.clone(), app: app.clone() };
    let request = json!({ "credentials": credentials(&customer("demo")), "save_secrets": true });
    let first = asked.begin(request).await;
    assert!(asked.deliver(app, &first).await);
    assert_eq!(asked.respond(&first, json!({ "value": "111111" })).await, 200);
    assert!(asked.deliver(app, &first).await);
    assert_eq!(asked.job(&first).await["status"], "COMPLETED");

    // Two schedules start one synchronization.
    assert_eq!(saldo_jobs::sync::schedule::run(&(&schedule).into(), at).await.expect("AWS"), 2);
    assert_eq!(saldo_jobs::sync::schedule::run(&(&schedule).into(), at).await.expect("AWS"), 0);
    for which in [&agreed, &saved] {
        let sync = SyncId::of_schedule(&which.access, at);
        assert!(which.deliver(app, &sync).await);
        assert_eq!(which.job(&sync).await["status"], "COMPLETED");
    }
    // The bank has ended one consent. A new one requires the user, so no challenge is created.
    let org = &stack.org;
    let mut access = app.accesses.get(org, &agreed.access).await.expect("DynamoDB").expect("it");
    access.consent.as_mut().expect("a consent").id = "gone".to_owned();
    assert!(app.accesses.save(&mut access).await.expect("DynamoDB"));
    let tomorrow = at + jiff::SignedDuration::from_hours(24);
    assert_eq!(saldo_jobs::sync::schedule::run(&(&schedule).into(), tomorrow).await.expect("AWS"), 2);
    let next = SyncId::of_schedule(&agreed.access, tomorrow);
    assert!(agreed.deliver(app, &next).await);
    assert_eq!(agreed.job(&next).await["error"]["code"], 10005);
    assert_eq!(
        agreed
            .stack
            .ask(
                app,
                Method::GET,
                &format!("/rest/accesses/{}/syncs/{next}/challenges", agreed.access),
                Value::Null
            )
            .await
            .1,
        json!([])
    );
    // An error that only the user can fix is not retried every day.
    assert!(saved.deliver(app, &SyncId::of_schedule(&saved.access, tomorrow)).await);
    let later = tomorrow + jiff::SignedDuration::from_hours(24);
    assert_eq!(saldo_jobs::sync::schedule::run(&(&schedule).into(), later).await.expect("AWS"), 1);
    fixture.stack.stop().await;
}

#[tokio::test]
async fn many_pages_are_read_over_several_deliveries() {
    let fixture = SyncFixture::start("sandbox").await;
    let hurried =
        App { limits: Limits { sync_time: Duration::ZERO, ..fixture.app.limits }, ..fixture.app.clone() };
    for (script, transactions) in [("demo", 20), ("no-ids", 4)] {
        let at_once = fixture.other_organization().await;
        at_once.complete(&customer(script)).await;
        let fixture = fixture.other_organization().await;
        let sync = fixture.begin(json!({ "credentials": credentials(&customer(script)) })).await;
        assert!(fixture.deliver(&hurried, &sync).await);
        assert_eq!(fixture.respond(&sync, json!({ "value": "111111" })).await, 200);
        let mut deliveries = 0;
        while fixture.job(&sync).await["ended_at"].is_null() {
            assert!(fixture.deliver(&hurried, &sync).await);
            deliveries += 1;
            assert!(deliveries < 20);
        }
        let job = fixture.job(&sync).await;
        assert_eq!(
            (&job["status"], &job["new_transactions"]),
            (&json!("COMPLETED"), &json!(transactions)),
            "{job}"
        );
        assert!(script != "demo" || deliveries > 4, "{deliveries}");
        assert_eq!(fixture.records().await, at_once.records().await);
    }
    fixture.stack.stop().await;
}

#[tokio::test]
async fn reconnected_account_has_whole_history_once() {
    let fixture = SyncFixture::start("sandbox").await;
    for script in ["conflict", "no-ids"] {
        let psu_id = customer(script);
        let first = fixture.other_organization().await;
        first.complete(&psu_id).await;
        let expected = first.records().await;
        let path = format!("/rest/accesses/{}", first.access);
        assert_eq!(first.stack.ask(&first.app, Method::DELETE, &path, Value::Null).await.0, 200);
        let access = connect(&first.stack, &first.app, "sandbox").await;
        let second = SyncFixture { access, stack: first.stack.clone(), app: first.app.clone() };
        let sync = second.complete(&psu_id).await;
        assert_eq!(second.job(&sync).await["new_transactions"], 0, "{script}");
        assert_eq!(second.records().await, expected, "{script}");
    }
    fixture.stack.stop().await;
}
