//! Attacks on bank transactions and bank accounts with keys that can write transactions, accounts or
//! imports.

use reqwest::Method;
use serde_json::{Value, json};
use testing::{Tenant, saldo};

use crate::sync_client::{completed, connect, customer, with_sandbox_bank};

const POSTS: &str = "/api/public/v1/transactions";
/// The IBAN of two of the sandbox customer's accounts, in EUR and USD.
const IBAN: &str = "DE59999999990000001001";

/// The bank's accounts and transactions, without ids and times.
async fn reported(tenant: &Tenant) -> Value {
    let strip = |list: &Value| {
        let mut list = list.clone();
        for item in list.as_array_mut().expect("a list") {
            for name in ["account_id", "bank_id", "transaction_id", "status"] {
                item[name] = Value::Null;
            }
            for name in ["creation_timestamp", "modification_timestamp"] {
                item[name] = Value::Null;
            }
        }
        list
    };
    let transactions = tenant.get("/rest/transactions?include_pending=true").await.json();
    let accounts = tenant.get("/rest/accounts").await.json();
    json!([strip(&accounts["accounts"]), strip(&transactions["transactions"])])
}

/// A tenant that has synchronized the sandbox customer.
async fn synchronized() -> Option<(Tenant, String)> {
    let (_, _, tenant) = with_sandbox_bank().await?;
    let access = connect(&tenant, "sandbox").await;
    completed(&tenant, &access, &customer("demo"), json!({})).await;
    Some((tenant, access))
}

async fn listed(tenant: &Tenant, query: &str) -> Vec<Value> {
    let (mut all, mut cursor) = (Vec::new(), String::new());
    loop {
        let path = format!("{POSTS}?accountIdentifier={IBAN}{query}{cursor}");
        let page = tenant.get(&path).await.json();
        all.extend(page["data"].as_array().expect("a page").clone());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return all,
        }
    }
}

/// The bank's booked transactions as an attacker posts them: with the same ids, and other amounts and
/// dates.
async fn forged(tenant: &Tenant) -> Vec<Value> {
    let rows = listed(tenant, "&limit=100").await.into_iter();
    rows.map(|row| {
        json!({
            "accountIdentifier": IBAN, "transactionId": row["transactionId"], "text": "forged", "amount": "666",
            "creditDebit": "credit", "currency": "EUR", "valutaAt": "2026-01-01"
        })
    })
    .collect()
}

#[tokio::test]
async fn posted_ids_do_not_affect_bank_transactions() {
    let Some((honest, _)) = synchronized().await else { return };
    let expected = reported(&honest).await;
    let forged = forged(&honest).await;
    assert_eq!(forged.len(), 16);

    // Before the first synchronization.
    let tenant = saldo().await.tenant().await;
    let posted = tenant.json(Method::POST, POSTS, json!({ "transactions": forged })).await.json();
    assert_eq!(posted["newTransactions"], 16, "{posted}");
    let access = connect(&tenant, "sandbox").await;
    let psu_id = customer("demo");
    let job = completed(&tenant, &access, &psu_id, json!({})).await;
    assert_eq!((&job["new_transactions"], &job["conflict_count"]), (&json!(20), &json!(0)), "{job}");
    assert_eq!(reported(&tenant).await, expected);

    // After it.
    let posted = honest.json(Method::POST, POSTS, json!({ "transactions": forged })).await.json();
    assert_eq!(posted["newTransactions"], 16, "{posted}");
    assert_eq!(reported(&honest).await, expected);
    let job = completed(&tenant, &access, &psu_id, json!({})).await;
    assert_eq!((&job["new_transactions"], &job["conflict_count"]), (&json!(0), &json!(0)), "{job}");
    assert_eq!(reported(&tenant).await, expected);
}

#[tokio::test]
async fn posted_rows_are_not_listed_with_bank_transactions() {
    let Some((tenant, _)) = synchronized().await else { return };
    let expected = reported(&tenant).await;
    let page = async |tenant: &Tenant| tenant.get("/rest/transactions?count=7&offset=5").await.json();
    let before = page(&tenant).await;
    let all = tenant.get("/rest/transactions").await.json();
    let day = all["transactions"][0]["value_date"].as_str().expect("a day").to_owned();
    let rows: Vec<Value> = (0..1_000)
        .map(|n| {
            json!({
                "accountIdentifier": IBAN, "transactionId": format!("fake-{n}"), "amount": "1", "currency": "EUR",
                "valutaAt": day
            })
        })
        .collect();
    let posted = tenant.json(Method::POST, POSTS, json!({ "transactions": rows })).await.json();
    assert_eq!(posted["newTransactions"], 1_000);
    assert_eq!(page(&tenant).await, before);
    assert_eq!(reported(&tenant).await, expected);

    let fake = listed(&tenant, &format!("&limit=100&from={day}&to={day}")).await;
    let fake = fake.iter().find(|row| row["source"] == "api").expect("a posted row");
    let accounts = tenant.get("/rest/accounts").await.json();
    let account = accounts["accounts"][0]["account_id"].as_str().expect("an id");
    let fake = fake["id"].as_str().expect("an id");
    let path = format!("/rest/accounts/{account}/transactions/{fake}");
    assert_eq!(tenant.get(&path).await.problem(), (404, "not_found".to_owned()));
}

#[tokio::test]
async fn lists_and_exports_name_transaction_source() {
    let Some((tenant, _)) = synchronized().await else { return };
    let posted = json!({ "transactions": forged(&tenant).await });
    assert_eq!(tenant.json(Method::POST, POSTS, posted).await.status, 201);
    let count = |rows: &[Value], source: &str| rows.iter().filter(|row| row["source"] == source).count();
    let all = listed(&tenant, "&limit=100").await;
    assert_eq!((all.len(), count(&all, "api"), count(&all, "sync")), (32, 16, 16));
    // Pages with both sources have one order, for every page size.
    let place = |row: &Value| (row["valutaAt"].to_string(), row["createdAt"].to_string());
    assert!(all.iter().rev().map(place).is_sorted_by_key(|(day, _)| day));
    for limit in [1, 3, 31] {
        assert_eq!(listed(&tenant, &format!("&limit={limit}")).await, all, "{limit}");
    }
    let accounts = tenant.get("/rest/accounts").await.json();
    let account = accounts["accounts"][0]["account_id"].as_str().expect("an id");
    let of_account = tenant.get(&format!("/v1/accounts/{account}/transactions?limit=100")).await.json();
    assert_eq!(of_account["data"], json!(all));

    let filters = json!({ "account_identifier": IBAN });
    let request = json!({ "format": "json", "filters": filters });
    let exported = tenant.export("transactions", request.clone()).await.json();
    let oldest_first: Vec<_> = all.into_iter().rev().collect();
    assert_eq!(exported, json!(oldest_first));
    assert_eq!(tenant.export("transactions", request).await.json(), exported);
    let csv = json!({ "format": "csv", "filters": filters });
    let csv = tenant.export("transactions", csv).await.text;
    assert!(csv.lines().next().is_some_and(|header| header.ends_with(",createdAt,source")), "{csv}");
}

#[tokio::test]
async fn account_changes_do_not_affect_bank_transactions() {
    let Some((tenant, _)) = synchronized().await else { return };
    let expected = reported(&tenant).await;
    let accounts = tenant.get("/rest/accounts").await.json()["accounts"].clone();
    let account = accounts[0]["account_id"].as_str().expect("an id").to_owned();
    // An account that the attacker creates with the bank's IBAN.
    let own = json!({
        "type": "checking", "balance": 1, "currency": "EUR", "owner_id": "me", "identifier": IBAN
    });
    assert_eq!(tenant.json(Method::POST, "/v1/accounts", own).await.status, 201);
    // The bank's account with another identifier and another balance.
    let change = json!({ "balance": 666, "currency": "USD", "identifier": "DE02120300000000202051" });
    let path = format!("/v1/accounts/{account}");
    assert_eq!(tenant.json(Method::PUT, &path, change).await.status, 200);
    assert_eq!(reported(&tenant).await, expected);
    let balance = tenant.get(&format!("/rest/accounts/{account}/balance")).await.json();
    assert_eq!(balance, accounts[0]["balance"]);
    let transactions = tenant.get(&format!("/rest/accounts/{account}/transactions")).await.json();
    assert_eq!(transactions["transactions"].as_array().map(Vec::len), Some(13));
}

#[tokio::test]
async fn imports_can_not_take_over_bank_accounts() {
    let Some((tenant, _)) = synchronized().await else { return };
    let expected = reported(&tenant).await;
    let account = tenant.get("/rest/accounts").await.json()["accounts"][0]["account_id"].clone();
    let row = |id: &str| {
        let mut row = json!({ "contact": { "name": "Mallory" }, "total_amount": 666, "currency": "EUR" });
        row[id] = account.clone();
        row
    };
    let rows = json!({ "accounts": [row("id"), row("external_id")] });
    let accepted = tenant.json(Method::POST, "/api/v1/import", rows).await;
    let job = tenant.ended(&accepted).await;
    assert_eq!((&job["imported"], &job["failed"]), (&json!(1), &json!(1)), "{job}");
    assert_eq!(job["errors"][0]["code"], "unknown_account", "{job}");
    assert_eq!(reported(&tenant).await, expected);
}
