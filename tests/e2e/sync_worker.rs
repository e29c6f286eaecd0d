//! The worker that brings synchronizations forward: killed, delivered twice, given up; what it
//! says to the bank, what it leaves in the tables, and what it never leaves anywhere.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use axum::http::Method;
use local::{Data, sqs_event};
use saldo_domain::bank::CATALOG_FILE;
use saldo_domain::id::{AccessId, SyncId};
use saldo_domain::sync::Step;
use saldo_store::app::{App, Limits};
use saldo_store::queue::SyncMessage;
use serde_json::{Value, json};
use testing::TestStack;
use testing::wire::{FaultPlan, intercepted};

use crate::sync::{credentials, customer};

/// The requests to AWS that one delivery sends for an account with few transactions, and more.
const LIFE_MAX: i64 = 60;
/// No waiting: whoever comes next takes over, and polls come at once.
const HASTY: Duration = Duration::ZERO;

/// A stack with an app that does not wait, and an access to the sandbox bank.
pub(crate) struct Bench {
    pub(crate) stack: TestStack,
    pub(crate) app: App,
    pub(crate) access: AccessId,
}

impl Bench {
    pub(crate) async fn start(method: &str) -> Self {
        Self::at(TestStack::start(&Data::Ephemeral).await, method).await
    }

    pub(crate) async fn at(stack: TestStack, method: &str) -> Self {
        let app = hasty(&stack.app);
        let access = connect(&stack, &app, method).await;
        Self { stack, app, access }
    }

    /// Another organization's access, at the same bank and in the same services.
    pub(crate) async fn beside(&self) -> Self {
        let stack = TestStack::beside(&self.stack).await;
        let access = connect(&stack, &self.app, "sandbox").await;
        Self { stack, app: self.app.clone(), access }
    }

    pub(crate) async fn begin(&self, request: Value) -> SyncId {
        begin(&self.stack, &self.app, &self.access, request).await
    }

    pub(crate) async fn told(&self, sync: &SyncId) -> Value {
        let path = format!("/rest/accesses/{}/syncs/{sync}", self.access);
        self.stack.ask(&self.app, Method::GET, &path, Value::Null).await.1
    }

    pub(crate) async fn respond(&self, sync: &SyncId, answer: Value) -> u16 {
        let challenge = self.told(sync).await["challenge"]["id"].as_str().expect("a challenge").to_owned();
        let path = format!("/rest/accesses/{}/syncs/{sync}/challenges/{challenge}/response", self.access);
        self.stack.ask(&self.app, Method::POST, &path, answer).await.0.as_u16()
    }

    /// Delivers the synchronization's message once.
    pub(crate) async fn deliver(&self, app: &App, sync: &SyncId) -> bool {
        deliver(app, &self.stack, &self.access, sync).await
    }

    /// Synchronizes to the end, with an OTP on the way.
    async fn complete(&self, psu_id: &str) -> SyncId {
        let sync = self.begin(json!({ "credentials": credentials(psu_id) })).await;
        assert!(self.deliver(&self.app, &sync).await);
        assert_eq!(self.respond(&sync, json!({ "value": "111111" })).await, 200);
        assert!(self.deliver(&self.app, &sync).await);
        assert_eq!(self.told(&sync).await["status"], "COMPLETED");
        sync
    }

    /// What is there: accounts and transactions without what is of their run.
    async fn books(&self) -> Value {
        let (_, accounts) = self.stack.ask(&self.app, Method::GET, "/rest/accounts", Value::Null).await;
        let transactions = "/rest/transactions?include_pending=true";
        let (_, transactions) = self.stack.ask(&self.app, Method::GET, transactions, Value::Null).await;
        let strip = |list: &Value, names: &[&str]| -> Vec<Value> {
            let mut list = list.as_array().expect("a list").clone();
            for item in &mut list {
                for name in names {
                    item[name] = Value::Null;
                }
            }
            list
        };
        let mut transactions = strip(
            &transactions["transactions"],
            &["transaction_id", "account_id", "creation_timestamp", "modification_timestamp"],
        );
        transactions.sort_by_key(Value::to_string);
        json!([strip(&accounts["accounts"], &["account_id", "bank_id", "status"]), transactions])
    }
}

pub(crate) fn hasty(app: &App) -> App {
    let limits = Limits { sync_lease: HASTY, poll_interval: HASTY, ..app.limits };
    App { limits, ..app.clone() }
}

pub(crate) async fn connect(stack: &TestStack, app: &App, method: &str) -> AccessId {
    let body = json!({ "access_method_id": method });
    let (status, made) = stack.ask(app, Method::POST, "/rest/accesses", body).await;
    assert_eq!(status, 201, "{made}");
    made["id"].as_str().and_then(|id| id.parse().ok()).expect("an id")
}

async fn begin(stack: &TestStack, app: &App, access: &AccessId, request: Value) -> SyncId {
    let (status, begun) =
        stack.ask(app, Method::POST, &format!("/rest/accesses/{access}/syncs"), request).await;
    assert_eq!(status, 201, "{begun}");
    begun["id"].as_str().and_then(|id| id.parse().ok()).expect("an id")
}

async fn deliver(app: &App, stack: &TestStack, access: &AccessId, sync: &SyncId) -> bool {
    let message = SyncMessage { org: stack.org.clone(), access: access.clone(), sync: sync.clone() };
    let body = serde_json::to_string(&message).expect("JSON");
    let message = aws_sdk_sqs::types::Message::builder().message_id("m").body(body).build();
    saldo_jobs::sync::handle(app.clone(), sqs_event(&[message])).await.batch_item_failures.is_empty()
}

#[tokio::test]
async fn a_worker_that_dies_between_any_two_requests_leaves_the_same_books() {
    let bench = Bench::start("sandbox").await;
    bench.complete(&customer("no-ids")).await;
    let expected = bench.books().await;
    assert_eq!(expected[1].as_array().map(Vec::len), Some(4));

    let faults = Arc::new(FaultPlan::default());
    let doomed = hasty(&App::new(&bench.stack.aws.settings, &intercepted(bench.stack.sdk(), &faults)));
    let (mut deaths, mut runs) = (0, 0);
    // Of the two deliveries, before and behind the OTP, one is doomed.
    // Dead before a request is as dead as after the one before it.
    for doomed_delivery in [1, 2] {
        for requests in 0..LIFE_MAX {
            let here = bench.beside().await;
            let sync = here.begin(json!({ "credentials": credentials(&customer("no-ids")) })).await;
            runs += 1;
            let mut died = false;
            for delivery in 1..=2 {
                if delivery == doomed_delivery {
                    faults.kill_after(requests, true);
                    died = faults.run(here.deliver(&doomed, &sync)).await.is_none();
                    faults.clear();
                    deaths += i32::from(died);
                }
                assert!(here.deliver(&here.app, &sync).await, "delivery {delivery} after {requests}");
                if delivery == 1 {
                    assert_eq!(here.respond(&sync, json!({ "value": "111111" })).await, 200);
                }
            }
            let job = here.told(&sync).await;
            assert_eq!((&job["status"], &job["new_transactions"]), (&json!("COMPLETED"), &json!(4)), "{job}");
            assert_eq!(
                here.books().await,
                expected,
                "killed at request {requests} of delivery {doomed_delivery}"
            );
            if !died {
                break;
            }
        }
    }
    println!("{deaths} deaths in {runs} synchronizations");
    assert!(deaths > 30, "{deaths}");
    bench.stack.stop().await;
}

/// Everything in a table.
async fn items(stack: &TestStack, table: &str) -> Vec<std::collections::HashMap<String, AttributeValue>> {
    let dynamodb = aws_sdk_dynamodb::Client::new(stack.sdk());
    let page = dynamodb.scan().table_name(table).send().await.expect("DynamoDB");
    assert!(page.last_evaluated_key.is_none(), "more than a page");
    page.items.unwrap_or_default()
}

#[tokio::test]
async fn synchronizing_what_has_not_changed_writes_nothing() {
    let bench = Bench::start("sandbox").await;
    let psu_id = customer("demo");
    bench.complete(&psu_id).await;
    let tables = &bench.stack.aws.settings.tables;
    let mut before = Vec::new();
    for table in [&tables.accounts, &tables.transactions, &tables.clients] {
        before.push(items(&bench.stack, table).await);
    }
    let sync = bench.begin(json!({ "credentials": credentials(&psu_id) })).await;
    assert!(bench.deliver(&bench.app, &sync).await);
    assert_eq!(bench.respond(&sync, json!({ "value": "111111" })).await, 200);
    assert!(bench.deliver(&bench.app, &sync).await);
    for (table, before) in [&tables.accounts, &tables.transactions, &tables.clients].into_iter().zip(before) {
        let after = items(&bench.stack, table).await;
        // Who wrote a transaction, and in which state an account is, is part of it.
        assert!(after.len() == before.len() && after.iter().all(|item| before.contains(item)), "{table}");
    }
    bench.stack.stop().await;
}

#[tokio::test]
async fn a_challenge_nobody_answers_and_a_bank_that_never_does_end_the_synchronization() {
    let bench = Bench::start("sandbox").await;
    let impatient = |limits: Limits| App { limits, ..bench.app.clone() };
    let sync = bench.begin(json!({ "credentials": credentials(&customer("demo")) })).await;
    assert!(bench.deliver(&bench.app, &sync).await);
    assert_eq!(bench.told(&sync).await["status"], "AWAIT_AUTH");
    // A message before its time changes nothing.
    assert!(bench.deliver(&bench.app, &sync).await);
    assert_eq!(bench.told(&sync).await["status"], "AWAIT_AUTH");
    let late = impatient(Limits { challenge_valid: Duration::ZERO, ..bench.app.limits });
    let challenge = bench.told(&sync).await["challenge"]["id"].as_str().expect("a challenge").to_owned();
    let path = format!("/rest/accesses/{}/syncs/{sync}/challenges/{challenge}/response", bench.access);
    let (status, _) = bench.stack.ask(&late, Method::POST, &path, json!({ "value": "111111" })).await;
    assert_eq!(status, 409);
    assert!(bench.deliver(&late, &sync).await);
    let job = bench.told(&sync).await;
    assert_eq!((&job["status"], &job["error"]["code"]), (&json!("FAILED"), &json!(10005)), "{job}");

    let sync = bench.begin(json!({ "credentials": credentials(&customer("stuck")) })).await;
    assert!(bench.deliver(&bench.app, &sync).await);
    assert_eq!(bench.respond(&sync, json!({ "value": "111111" })).await, 200);
    let hurried = impatient(Limits { bank_timeout: Duration::from_millis(300), ..bench.app.limits });
    assert!(bench.deliver(&hurried, &sync).await);
    assert_eq!(bench.told(&sync).await["error"]["code"], 40001);

    // A bank that is not there.
    let catalog = serde_json::to_string(&bench.app.banks().await.expect("S3")).expect("JSON");
    let nowhere = catalog.replace(&bench.stack.aws.endpoints().bank, "http://127.0.0.1:9");
    bench.app.files.put(CATALOG_FILE, "application/json", nowhere.into()).await.expect("S3");
    let sync = bench.begin(json!({ "credentials": credentials("demo") })).await;
    assert!(bench.deliver(&bench.app, &sync).await);
    assert_eq!(bench.told(&sync).await["error"]["code"], 40000);
    // A bank that has left the catalog.
    bench.app.files.put(CATALOG_FILE, "application/json", "[]".into()).await.expect("S3");
    let path = format!("/rest/accesses/{}/syncs", bench.access);
    let (status, refused) = bench.stack.ask(&bench.app, Method::POST, &path, json!({})).await;
    assert_eq!((status.as_u16(), &refused["error"]["code"]), (422, &json!(1006)));
    bench.stack.stop().await;
}

#[tokio::test]
async fn two_synchronizations_at_once_are_one() {
    let bench = Bench::start("sandbox").await;
    let path = format!("/rest/accesses/{}/syncs", bench.access);
    let request = json!({ "credentials": credentials(&customer("demo")) });
    let both = futures::future::join_all(
        (0..8).map(|_| bench.stack.ask(&bench.app, Method::POST, &path, request.clone())),
    );
    let mut statuses: Vec<_> = both.await.into_iter().map(|(status, body)| (status.as_u16(), body)).collect();
    statuses.sort_by_key(|(status, _)| *status);
    assert_eq!(statuses[0].0, 201);
    for (status, refused) in &statuses[1..] {
        assert_eq!((*status, &refused["error"]["code"]), (423, &json!(1008)), "{refused}");
    }
    // One that died without an end gives way when its lock has ended, and is told to have failed.
    let first: SyncId = statuses[0].1["id"].as_str().and_then(|id| id.parse().ok()).expect("an id");
    let mut access =
        bench.app.accesses.get(&bench.stack.org, &bench.access).await.expect("DynamoDB").expect("it");
    access.lock.as_mut().expect("a lock").until = jiff::Timestamp::now();
    assert!(bench.app.accesses.save(&mut access).await.expect("DynamoDB"));
    let second = bench.begin(request).await;
    assert!(bench.deliver(&bench.app, &first).await);
    let overtaken = bench.told(&first).await;
    assert_eq!((&overtaken["status"], &overtaken["error"]["code"]), (&json!("FAILED"), &json!(30000)));
    assert!(bench.deliver(&bench.app, &second).await);
    assert_eq!(bench.told(&second).await["status"], "AWAIT_AUTH", "and its credentials are there");
    bench.stack.stop().await;
}

#[tokio::test]
async fn what_is_given_up_ends_and_gives_its_access_back() {
    let bench = Bench::start("sandbox").await;
    let sync = bench.begin(json!({ "credentials": credentials(&customer("demo")) })).await;
    assert!(bench.deliver(&bench.app, &sync).await);
    let message =
        SyncMessage { org: bench.stack.org.clone(), access: bench.access.clone(), sync: sync.clone() };
    let body = serde_json::to_string(&message).expect("JSON");
    for _ in 0..2 {
        let message = aws_sdk_sqs::types::Message::builder().message_id("m").body(&body).build();
        let answer = saldo_jobs::sync::handle_dead_letters(
            bench.stack.aws.app_of("SyncDeadLettersFunction"),
            sqs_event(&[message]),
        )
        .await;
        assert_eq!(answer.batch_item_failures, []);
    }
    let job = bench.told(&sync).await;
    assert_eq!(
        (&job["status"], &job["error"]["code"], &job["error"]["group"]),
        (&json!("FAILED"), &json!(30000), &json!("general"))
    );
    let now = jiff::Timestamp::now();
    let kept = bench.app.accesses.credentials(&bench.stack.org, &bench.access, now).await.expect("DynamoDB");
    assert!(kept.sealed.is_empty());
    bench.complete(&customer("demo")).await;
    bench.stack.stop().await;
}

#[tokio::test]
async fn what_is_given_up_at_its_very_end_ends_as_it_would_have() {
    let bench = Bench::start("sandbox").await;
    let (stack, app) = (&bench.stack, &bench.app);
    // The access has an account that the bank does not list.
    let account = json!({ "type": "savings", "balance": 1, "currency": "EUR", "owner_id": "o" });
    let (_, account) = stack.ask(app, Method::POST, "/v1/accounts", account).await;
    let account = account["id"].as_str().and_then(|id| id.parse().ok()).expect("an id");
    let mut access = app.accesses.get(&stack.org, &bench.access).await.expect("DynamoDB").expect("it");
    access.accounts.push(account);
    assert!(app.accesses.save(&mut access).await.expect("DynamoDB"));
    let sync = bench.begin(json!({ "credentials": credentials(&customer("no-sca")) })).await;
    let mut job = app.syncs.get(&stack.org, &sync).await.expect("DynamoDB").expect("the job");
    job.step = Step::End;
    assert!(app.syncs.save(&mut job).await.expect("DynamoDB"));

    let message = SyncMessage { org: stack.org.clone(), access: bench.access.clone(), sync: sync.clone() };
    let body = serde_json::to_string(&message).expect("JSON");
    let message = aws_sdk_sqs::types::Message::builder().message_id("m").body(body).build();
    let closing = stack.aws.app_of("SyncDeadLettersFunction");
    assert_eq!(
        saldo_jobs::sync::handle_dead_letters(closing, sqs_event(&[message])).await.batch_item_failures,
        []
    );
    assert_eq!(bench.told(&sync).await["status"], "COMPLETED");
    let access = app.accesses.get(&stack.org, &bench.access).await.expect("DynamoDB").expect("it");
    assert!(!access.is_held_by(&sync), "the access is free");
    bench.stack.stop().await;
}

#[tokio::test]
async fn the_schedule_reads_what_needs_no_user_and_asks_nobody() {
    let bench = Bench::start("sandbox").await;
    let (stack, app) = (&bench.stack, &bench.app);
    let schedule = stack.aws.app_of("SyncScheduleFunction");
    let at = jiff::Timestamp::now();
    // Nothing is saved and nothing was agreed to: nothing to do.
    assert_eq!(saldo_jobs::sync::schedule::run(&schedule, at).await.expect("AWS"), 0);
    let recurring = json!({ "access_method_id": "sandbox", "consent": { "recurring": true } });
    let (_, made) = stack.ask(app, Method::POST, "/rest/accesses", recurring).await;
    let access: AccessId = made["id"].as_str().and_then(|id| id.parse().ok()).expect("an id");
    let agreed = Bench { stack: stack.clone(), app: app.clone(), access };
    agreed.complete(&customer("demo")).await;
    // Its secrets are saved, and have sufficed.
    let saved =
        Bench { access: connect(stack, app, "sandbox").await, stack: stack.clone(), app: app.clone() };
    let request = json!({ "credentials": credentials(&customer("no-sca")), "save_secrets": true });
    let first = saved.begin(request).await;
    assert!(saved.deliver(app, &first).await);
    assert_eq!(saved.told(&first).await["status"], "COMPLETED");
    // Its secrets are saved, and its bank asked for more: to begin would ask again.
    let asked =
        Bench { access: connect(stack, app, "sandbox").await, stack: stack.clone(), app: app.clone() };
    let request = json!({ "credentials": credentials(&customer("demo")), "save_secrets": true });
    let first = asked.begin(request).await;
    assert!(asked.deliver(app, &first).await);
    assert_eq!(asked.respond(&first, json!({ "value": "111111" })).await, 200);
    assert!(asked.deliver(app, &first).await);
    assert_eq!(asked.told(&first).await["status"], "COMPLETED");

    // Asked for twice, it is done once.
    assert_eq!(saldo_jobs::sync::schedule::run(&schedule, at).await.expect("AWS"), 2);
    assert_eq!(saldo_jobs::sync::schedule::run(&schedule, at).await.expect("AWS"), 0);
    for which in [&agreed, &saved] {
        let sync = SyncId::of_schedule(&which.access, at);
        assert!(which.deliver(app, &sync).await);
        assert_eq!(which.told(&sync).await["status"], "COMPLETED");
    }
    // The bank has ended one consent: without its user there is no other, and nobody is asked.
    let org = &stack.org;
    let mut access = app.accesses.get(org, &agreed.access).await.expect("DynamoDB").expect("it");
    access.consent.as_mut().expect("a consent").id = "gone".to_owned();
    assert!(app.accesses.save(&mut access).await.expect("DynamoDB"));
    let tomorrow = at + jiff::SignedDuration::from_hours(24);
    assert_eq!(saldo_jobs::sync::schedule::run(&schedule, tomorrow).await.expect("AWS"), 2);
    let next = SyncId::of_schedule(&agreed.access, tomorrow);
    assert!(agreed.deliver(app, &next).await);
    assert_eq!(agreed.told(&next).await["error"]["code"], 10005);
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
    // What only its user can put right is not tried day after day.
    assert!(saved.deliver(app, &SyncId::of_schedule(&saved.access, tomorrow)).await);
    let later = tomorrow + jiff::SignedDuration::from_hours(24);
    assert_eq!(saldo_jobs::sync::schedule::run(&schedule, later).await.expect("AWS"), 1);
    bench.stack.stop().await;
}

#[tokio::test]
async fn a_bank_that_always_asks_to_wait_is_given_up() {
    let bench = Bench::start("sandbox").await;
    let sync = bench.begin(json!({ "credentials": credentials(&customer("jammed")) })).await;
    assert!(bench.deliver(&bench.app, &sync).await);
    assert_eq!(bench.respond(&sync, json!({ "value": "111111" })).await, 200);
    let mut deliveries = 0;
    while bench.told(&sync).await["ended_at"].is_null() {
        assert!(bench.deliver(&bench.app, &sync).await);
        deliveries += 1;
        assert!(deliveries < 10);
    }
    assert_eq!(bench.told(&sync).await["error"]["code"], 20002);
    bench.stack.stop().await;
}

#[tokio::test]
async fn accounts_of_many_pages_are_read_by_several_deliveries() {
    let bench = Bench::start("sandbox").await;
    let hurried =
        App { limits: Limits { sync_time: Duration::ZERO, ..bench.app.limits }, ..bench.app.clone() };
    for (script, transactions) in [("demo", 20), ("no-ids", 4)] {
        let at_once = bench.beside().await;
        at_once.complete(&customer(script)).await;
        let bench = bench.beside().await;
        let sync = bench.begin(json!({ "credentials": credentials(&customer(script)) })).await;
        assert!(bench.deliver(&hurried, &sync).await);
        assert_eq!(bench.respond(&sync, json!({ "value": "111111" })).await, 200);
        let mut deliveries = 0;
        while bench.told(&sync).await["ended_at"].is_null() {
            assert!(bench.deliver(&hurried, &sync).await);
            deliveries += 1;
            assert!(deliveries < 20);
        }
        let job = bench.told(&sync).await;
        assert_eq!(
            (&job["status"], &job["new_transactions"]),
            (&json!("COMPLETED"), &json!(transactions)),
            "{job}"
        );
        assert!(script != "demo" || deliveries > 4, "{deliveries}");
        assert_eq!(bench.books().await, at_once.books().await);
    }
    bench.stack.stop().await;
}

#[tokio::test]
async fn who_holds_a_synchronization_is_left_alone_with_it() {
    let bench = Bench::start("sandbox").await;
    let limits = Limits { sync_lease: Duration::from_mins(1), ..bench.app.limits };
    let patient = App { limits, ..bench.app.clone() };
    let closing = App { limits, ..bench.stack.aws.app_of("SyncDeadLettersFunction") };
    let sync = bench.begin(json!({ "credentials": credentials(&customer("demo")) })).await;
    let faults = Arc::new(FaultPlan::default());
    let doomed = App::new(&bench.stack.aws.settings, &intercepted(bench.stack.sdk(), &faults));
    let doomed = App { limits: patient.limits, ..doomed };
    faults.kill_after(8, true);
    assert!(faults.run(bench.deliver(&doomed, &sync)).await.is_none(), "it did not die");
    faults.clear();
    // Another delivery does nothing but come back, and its dead letter does not end it.
    let before = bench.app.syncs.get(&bench.stack.org, &sync).await.expect("DynamoDB");
    assert!(bench.deliver(&patient, &sync).await);
    assert_eq!(bench.app.syncs.get(&bench.stack.org, &sync).await.expect("DynamoDB"), before);
    let message =
        SyncMessage { org: bench.stack.org.clone(), access: bench.access.clone(), sync: sync.clone() };
    let body = serde_json::to_string(&message).expect("JSON");
    let message = aws_sdk_sqs::types::Message::builder().message_id("m").body(body).build();
    assert_eq!(
        saldo_jobs::sync::handle_dead_letters(closing, sqs_event(&[message])).await.batch_item_failures,
        []
    );
    assert_eq!(bench.app.syncs.get(&bench.stack.org, &sync).await.expect("DynamoDB"), before);
    bench.stack.stop().await;
}

#[tokio::test]
async fn an_account_that_is_connected_again_has_its_whole_history_and_nothing_twice() {
    let bench = Bench::start("sandbox").await;
    for script in ["conflict", "no-ids"] {
        let psu_id = customer(script);
        let first = bench.beside().await;
        first.complete(&psu_id).await;
        let expected = first.books().await;
        let path = format!("/rest/accesses/{}", first.access);
        assert_eq!(first.stack.ask(&first.app, Method::DELETE, &path, Value::Null).await.0, 200);
        let access = connect(&first.stack, &first.app, "sandbox").await;
        let second = Bench { access, stack: first.stack.clone(), app: first.app.clone() };
        let sync = second.complete(&psu_id).await;
        assert_eq!(second.told(&sync).await["new_transactions"], 0, "{script}");
        assert_eq!(second.books().await, expected, "{script}");
    }
    bench.stack.stop().await;
}
