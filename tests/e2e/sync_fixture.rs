//! An access to the sandbox bank in a stack of its own, whose worker a test calls step by step.

use std::time::Duration;

use axum::http::Method;
use local::App;
use local::{Data, sqs_event};
use saldo_domain::id::{AccessId, SyncId};
use saldo_store::Limits;
use saldo_store::queue::SyncMessage;
use serde_json::{Value, json};
use testing::TestStack;

use crate::sync_client::credentials;

/// Leases expire at once, and polls have no delay.
const NO_DELAY: Duration = Duration::ZERO;

/// A stack with an app without delays, and an access to the sandbox bank.
pub(crate) struct SyncFixture {
    pub(crate) stack: TestStack,
    pub(crate) app: App,
    pub(crate) access: AccessId,
}

impl SyncFixture {
    pub(crate) async fn start(method: &str) -> Self {
        Self::at(TestStack::start(&Data::Ephemeral).await, method).await
    }

    pub(crate) async fn at(stack: TestStack, method: &str) -> Self {
        let app = without_delays(&stack.app);
        let access = connect(&stack, &app, method).await;
        Self { stack, app, access }
    }

    /// A fixture of another organization, with an access to the same bank in the same services.
    pub(crate) async fn other_organization(&self) -> Self {
        let stack = TestStack::beside(&self.stack).await;
        let access = connect(&stack, &self.app, "sandbox").await;
        Self { stack, app: self.app.clone(), access }
    }

    pub(crate) async fn begin(&self, request: Value) -> SyncId {
        begin(&self.stack, &self.app, &self.access, request).await
    }

    pub(crate) async fn job(&self, sync: &SyncId) -> Value {
        let path = format!("/rest/accesses/{}/syncs/{sync}", self.access);
        self.stack.ask(&self.app, Method::GET, &path, Value::Null).await.1
    }

    pub(crate) async fn respond(&self, sync: &SyncId, answer: Value) -> u16 {
        let challenge = self.job(sync).await["challenge"]["id"].as_str().expect("a challenge").to_owned();
        let path = format!("/rest/accesses/{}/syncs/{sync}/challenges/{challenge}/response", self.access);
        self.stack.ask(&self.app, Method::POST, &path, answer).await.0.as_u16()
    }

    /// Delivers the synchronization's message once.
    pub(crate) async fn deliver(&self, app: &App, sync: &SyncId) -> bool {
        deliver(app, &self.stack, &self.access, sync).await
    }

    /// Synchronizes to the end, with an OTP.
    pub(crate) async fn complete(&self, psu_id: &str) -> SyncId {
        let sync = self.begin(json!({ "credentials": credentials(psu_id) })).await;
        assert!(self.deliver(&self.app, &sync).await);
        assert_eq!(self.respond(&sync, json!({ "value": "111111" })).await, 200);
        assert!(self.deliver(&self.app, &sync).await);
        assert_eq!(self.job(&sync).await["status"], "COMPLETED");
        sync
    }

    /// The accounts and transactions, without ids and times.
    pub(crate) async fn records(&self) -> Value {
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

pub(crate) fn without_delays(app: &App) -> App {
    let limits = Limits { sync_lease: NO_DELAY, poll_interval: NO_DELAY, ..app.limits };
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
    saldo_jobs::sync::handle(app.into(), sqs_event(&[message])).await.batch_item_failures.is_empty()
}
