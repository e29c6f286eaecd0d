//! Every account, client and transaction says who changed it last.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::types::AttributeValue;
use axum::http::Method;
use saldo_domain::changed_by::{ChangedBy, Changer};
use saldo_domain::key::KeySecret;
use serde_json::{Value, json};
use testing::TestStack;

use crate::dead_letters::ImportFixture;
use crate::sync_client::customer;
use crate::sync_fixture::SyncFixture;

type Item = std::collections::HashMap<String, AttributeValue>;

/// All items of a table.
async fn items(stack: &TestStack, table: &str) -> Vec<Item> {
    let dynamodb = aws_sdk_dynamodb::Client::new(stack.sdk());
    let scan = dynamodb.scan().table_name(&stack.aws.variables[table]).into_paginator().items().send();
    scan.collect::<Result<Vec<_>, _>>().await.expect("DynamoDB")
}

/// The item's `changed_by`.
fn changed_by(item: &Item) -> ChangedBy {
    let bytes = item.get("by").and_then(|by| by.as_b().ok()).unwrap_or_else(|| panic!("{item:?}"));
    assert!(bytes.as_ref().len() <= 60, "{item:?}");
    bytes.as_ref().try_into().unwrap_or_else(|_| panic!("{item:?}"))
}

/// The id of the key, import or synchronization that changed an item last.
fn changer(item: &Item) -> String {
    let by = changed_by(item);
    assert_eq!(by.request.is_some(), matches!(by.by, Changer::Key(_)), "{by:?}");
    match by.by {
        Changer::Key(id) => id.to_string(),
        Changer::Import(id) => id.to_string(),
        Changer::Sync(id) => id.to_string(),
    }
}

/// The values of an attribute, each with those who changed its items last.
fn changers(items: &[Item], attribute: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut changers: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for item in items {
        let value = item.get(attribute).and_then(|value| value.as_s().ok()).cloned().unwrap_or_default();
        changers.entry(value).or_default().insert(changer(item));
    }
    changers
}

async fn ok(stack: &TestStack, method: Method, path: &str, body: Value) -> Value {
    let (status, answer) = stack.ask(&stack.app, method, path, body).await;
    assert!(status.is_success(), "{path}: {answer}");
    answer
}

/// Imports the same debts each time, the first `rows` of them, and returns the import's id.
async fn imported(fixture: &ImportFixture, rows: usize) -> String {
    let row = |n| json!({ "external_id": format!("r-{n}"), "contact": { "name": "A" }, "total_amount": n });
    let body = json!({ "accounts": (0..rows).map(row).collect::<Vec<_>>() });
    let accepted = ok(&fixture.stack, Method::POST, "/api/v1/import", body).await;
    fixture.work().await;
    accepted["job_id"].as_str().expect("an id").to_owned()
}

/// The id of the stack's key.
async fn key_of(stack: &TestStack) -> String {
    let secret: KeySecret = stack.key.parse().expect("a key");
    stack.app.keys.find(&secret.hash()).await.expect("DynamoDB").expect("the key").id.to_string()
}

#[tokio::test]
async fn accounts_and_clients_say_who_changed_them() {
    let fixture = ImportFixture::start(10).await;
    let stack = &fixture.stack;
    let key = key_of(stack).await;
    let first = imported(&fixture, 4).await;
    let id = |n: usize| {
        let external_id = format!("r-{n}").parse().expect("an external id");
        saldo_domain::id::AccountId::of_external(&stack.org, &external_id)
    };
    ok(stack, Method::PUT, &format!("/v1/accounts/{}", id(0)), json!({ "balance": 7 })).await;
    ok(stack, Method::DELETE, &format!("/v1/accounts/{}", id(1)), Value::Null).await;
    // The same rows again: the second account is made again, and the others do not change, not even the balance that was set.
    let second = imported(&fixture, 4).await;
    let account = json!({ "type": "savings", "balance": 1, "currency": "USD", "owner_id": "owner" });
    let created = ok(stack, Method::POST, "/v1/accounts", account).await;
    let other = imported(&fixture, 5).await;
    ok(stack, Method::DELETE, &format!("/v1/accounts/{}", id(4)), Value::Null).await;

    let accounts = items(stack, "SALDO_ACCOUNTS_TABLE").await;
    assert_eq!(accounts.len(), 6);
    let by = changers(&accounts, "id");
    let of = |id: &str| by[id].first().expect("one").clone();
    for (n, expected) in [(0, &key), (1, &second), (2, &first), (3, &first)] {
        assert_eq!(of(&id(n).to_string()), *expected, "row {n}");
    }
    let allocations = items(stack, "SALDO_ALLOCATIONS_TABLE").await;
    assert_eq!(changers(&allocations, "id").values().collect::<Vec<_>>(), [&BTreeSet::from([key.clone()])]);
    assert_eq!(of(created["id"].as_str().expect("an id")), key);
    assert_eq!(of(&id(4).to_string()), key, "the tombstone of an account of {other}");

    for name in ["A", "B"] {
        let client = ok(stack, Method::POST, "/api/clients", json!({ "name": name })).await;
        let path = format!("/api/clients/{}", client["id"].as_str().expect("an id"));
        let before = items(stack, "SALDO_CLIENTS_TABLE").await;
        ok(stack, Method::PUT, &path, json!({ "name": format!("{name}{name}") })).await;
        let after = items(stack, "SALDO_CLIENTS_TABLE").await;
        assert_eq!(changers(&after, "shard").values().next(), Some(&BTreeSet::from([key.clone()])));
        let requests =
            |items: &[Item]| items.iter().map(|item| changed_by(item).request).collect::<BTreeSet<_>>();
        assert_ne!(requests(&before), requests(&after), "each request has its id");
    }
    let row = json!({
        "external_id": "r-9", "contact": { "name": "C" }, "total_amount": 1, "client_external_id": "0042"
    });
    let accepted = ok(stack, Method::POST, "/api/v1/import", json!({ "accounts": [row] })).await;
    fixture.work().await;
    let clients = items(stack, "SALDO_CLIENTS_TABLE").await;
    let import = BTreeSet::from([accepted["job_id"].as_str().expect("an id").to_owned()]);
    assert_eq!(changers(&clients, "external_id").get("0042"), Some(&import));
    fixture.stack.stop().await;
}

#[tokio::test]
async fn transactions_and_what_banks_report_say_who_changed_them() {
    let fixture = SyncFixture::start("sandbox").await;
    let stack = &fixture.stack;
    let key = key_of(stack).await;
    let psu = customer("demo");
    let first = fixture.complete(&psu).await;
    let accounts = items(stack, "SALDO_ACCOUNTS_TABLE").await;
    assert!(!accounts.is_empty());
    assert!(accounts.iter().all(|account| changer(account) == first.to_string()));
    // The access created the client.
    assert!(items(stack, "SALDO_CLIENTS_TABLE").await.iter().all(|client| changer(client) == key));
    let row =
        json!({ "accountIdentifier": "iban", "amount": "1", "currency": "EUR", "valutaAt": "2026-01-15" });
    ok(stack, Method::POST, "/api/public/v1/transactions", json!({ "transactions": [row] })).await;

    let transactions = items(stack, "SALDO_TRANSACTIONS_TABLE").await;
    // The list of accounts is in the partition of the organization.
    let (listed, transactions): (Vec<Item>, Vec<Item>) = transactions
        .into_iter()
        .partition(|item| item["account"].as_s().is_ok_and(|account| *account == stack.org.to_string()));
    assert!(!listed.is_empty());
    let of = |kind: &str| {
        let items = transactions
            .iter()
            .filter(|item| item["account"].as_s().is_ok_and(|text| text.starts_with(kind)));
        items.map(changer).collect::<BTreeSet<_>>()
    };
    assert_eq!(of("bank#"), BTreeSet::from([first.to_string()]));
    assert_eq!(of("pending#"), BTreeSet::from([first.to_string()]));
    assert_eq!(of("org_"), BTreeSet::from([key]));
    fixture.stack.stop().await;
}
