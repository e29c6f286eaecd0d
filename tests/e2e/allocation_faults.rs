//! Allocations where DynamoDB shows a transaction in parts, or a deletion is interrupted.

use std::collections::HashMap;
use std::sync::Arc;

use aws_sdk_dynamodb::types::AttributeValue;
use axum::http::{Method, StatusCode};
use local::{App, Data, sqs_event};
use serde_json::{Value, json};
use testing::TestStack;
use testing::wire::{FaultPlan, LateItems, intercepted};

use crate::open_amounts::days_ago;

/// An account of a stack whose workers the test calls.
struct Fixture {
    stack: TestStack,
    external_id: String,
    path: String,
}

impl Fixture {
    /// An invoice of 1,000 as of the fifth day before today.
    async fn of(stack: TestStack, external_id: String) -> Self {
        let mut fixture = Self { stack, external_id, path: String::new() };
        fixture.import(&fixture.stack.app, 5).await;
        let listed = format!("/v1/accounts?external_id={}", fixture.external_id);
        let listed = fixture.ask(&fixture.stack.app, Method::GET, &listed, Value::Null).await;
        fixture.path = format!("/v1/accounts/{}", listed["data"][0]["id"].as_str().expect("an id"));
        fixture
    }

    /// Imports the invoice as of a day, with workers over this app.
    async fn import(&self, app: &App, days: i64) {
        let row = json!({ "external_id": self.external_id, "contact": { "name": "A" }, "total_amount": 1_000, "as_of": days_ago(days) });
        let accepted =
            self.ask(&self.stack.app, Method::POST, "/api/v1/import", json!({ "accounts": [row] })).await;
        let messages = self.stack.messages(&self.stack.aws.variables["SALDO_PLAN_QUEUE"]).await;
        let answer = saldo_jobs::import::handle(app.into(), sqs_event(&messages)).await;
        assert_eq!(answer.batch_item_failures, [], "{accepted}");
    }

    async fn ask(&self, app: &App, method: Method, path: &str, body: Value) -> Value {
        let (status, answer) = self.stack.ask(app, method, path, body).await;
        assert!(status.is_success(), "{path}: {status} {answer}");
        answer
    }

    async fn set_balance(&self, app: &App, balance: i64) {
        let account = self.ask(app, Method::PUT, &self.path, json!({ "balance": balance })).await;
        assert_eq!(account["balance"], balance, "{account}");
    }

    /// Its balance, and the amounts of its allocations.
    async fn state(&self) -> (Value, Vec<Value>) {
        let app = &self.stack.app;
        let account = self.ask(app, Method::GET, &self.path, Value::Null).await;
        let made = format!("{}/allocations?limit=100", self.path);
        let made = self.ask(app, Method::GET, &made, Value::Null).await;
        let made = made["data"].as_array().expect("a list").iter();
        (account["balance"].clone(), made.map(|made| made["amount"].clone()).collect())
    }

    /// The items of a table that are about the account.
    async fn items(&self, table: &str) -> Vec<HashMap<String, AttributeValue>> {
        let client = aws_sdk_dynamodb::Client::new(self.stack.sdk());
        let scan = client.scan().table_name(&self.stack.aws.variables[table]).send().await;
        let id = self.path.rsplit('/').next().expect("an id");
        let mut items = scan.expect("DynamoDB").items.unwrap_or_default();
        let is_about = |value: &AttributeValue| value.as_s().is_ok_and(|text| text.contains(id));
        items.retain(|item| item.values().any(is_about));
        items
    }

    /// The number of stored allocations, also of accounts that were deleted.
    async fn stored(&self) -> usize {
        self.items("SALDO_ALLOCATIONS_TABLE").await.len()
    }

    /// Deletes the account's tombstone, as DynamoDB does when it has expired.
    async fn expire_tombstone(&self) {
        let items = self.items("SALDO_ACCOUNTS_TABLE").await;
        let [tombstone] = &items[..] else { panic!("{items:?}") };
        assert!(tombstone.contains_key("deleted_at"), "{tombstone:?}");
        let client = aws_sdk_dynamodb::Client::new(self.stack.sdk());
        let deletion = client.delete_item().table_name(&self.stack.aws.variables["SALDO_ACCOUNTS_TABLE"]);
        let deletion = deletion.key("shard", tombstone["shard"].clone()).key("id", tombstone["id"].clone());
        deletion.send().await.expect("DynamoDB");
    }
}

#[tokio::test]
async fn items_of_a_transaction_are_counted_while_they_become_visible() {
    let fixture = Fixture::of(TestStack::start(&Data::Ephemeral).await, "A".to_owned()).await;
    let late = LateItems::of("Allocations");
    let app = &fixture.stack.aws.app_over(&intercepted(fixture.stack.sdk(), &late));
    for balance in [-900, -800, -700] {
        fixture.set_balance(app, balance).await;
    }
    // Another currency copies the three with one transaction.
    fixture.ask(app, Method::PUT, &fixture.path, json!({ "currency": "USD" })).await;
    fixture.set_balance(app, -650).await;
    let amounts = [100, 100, 100, 100, 100, 100, 50].map(Value::from);
    assert_eq!(fixture.state().await, (json!(-650), amounts.to_vec()));
    // One transaction acknowledges those that count. The original amount has what was posted until its day.
    let made = format!("{}/allocations?limit=100", fixture.path);
    let made = fixture.ask(&fixture.stack.app, Method::GET, &made, Value::Null).await;
    let made = made["data"].as_array().expect("a list").iter();
    let lines = made.filter(|made| made["currency"] == "USD").map(|made| {
        json!({ "account_id": made["account_id"], "allocation_id": made["id"], "posted_at": days_ago(5) })
    });
    let lines = json!({ "lines": lines.collect::<Vec<_>>() });
    let answer = fixture.ask(app, Method::POST, "/v1/postings/acknowledge", lines).await;
    assert_eq!(answer["acknowledged"], 4, "{answer}");
    fixture.set_balance(app, -600).await;
    fixture.import(app, 4).await;
    let (balance, amounts) = fixture.state().await;
    assert_eq!((balance, amounts.last()), (json!(-600), Some(&json!(400))), "{amounts:?}");
    // What the balance follows from is complete: nothing is left to be adjusted.
    fixture.set_balance(&fixture.stack.app, -600).await;
    assert_eq!(fixture.state().await.1, amounts);
    assert!(late.missed() > 15, "items were hidden {} times", late.missed());
    fixture.stack.stop().await;
}

#[tokio::test]
async fn account_that_is_created_again_has_no_allocations_after_an_interrupted_deletion() {
    let (stack, mut was_left) = (TestStack::start(&Data::Ephemeral).await, false);
    for calls in 0.. {
        let fixture = Fixture::of(stack.clone(), format!("A-{calls}")).await;
        for balance in [-900, -800, -700] {
            fixture.set_balance(&fixture.stack.app, balance).await;
        }
        let faults = Arc::new(FaultPlan::default());
        let app = fixture.stack.aws.app_over(&intercepted(fixture.stack.sdk(), &faults));
        faults.kill_after(calls, false);
        let deletion = fixture.stack.ask(&app, Method::DELETE, &fixture.path, Value::Null);
        let is_done = faults.run(deletion).await.is_some();
        let found = fixture.stack.ask(&fixture.stack.app, Method::GET, &fixture.path, Value::Null).await.0;
        if found == StatusCode::OK {
            continue;
        }
        let left = fixture.stored().await;
        was_left |= left == 3;
        // DynamoDB deletes the tombstone after 30 days, whatever is left.
        if calls % 2 == 0 {
            fixture.expire_tombstone().await;
        }
        fixture.import(&fixture.stack.app, 3).await;
        assert_eq!(fixture.state().await, (json!(-1_000), Vec::new()), "{calls}");
        fixture.set_balance(&fixture.stack.app, -950).await;
        assert_eq!(fixture.state().await, (json!(-950), vec![json!(50)]), "{calls}");
        // If the tombstone names what is left, the next deletion ends the former one.
        fixture.ask(&fixture.stack.app, Method::DELETE, &fixture.path, Value::Null).await;
        assert_eq!(fixture.stored().await, if calls % 2 == 0 { left } else { 0 }, "{calls}");
        if is_done {
            break;
        }
    }
    assert!(was_left, "a deletion was interrupted before it deleted allocations");
    stack.stop().await;
}
