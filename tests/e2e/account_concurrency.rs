//! Accounts that several requests create or change at once, and requests that are repeated.

use futures::future::join_all;
use reqwest::Method;
use saldo_domain::account::Account;
use saldo_domain::changed_by::ChangedBy;
use saldo_domain::id::{AccountId, KeyId};
use serde_json::json;
use testing::saldo;
use uuid::Uuid;

use crate::accounts::{SEED, made};

#[tokio::test]
async fn concurrent_updates_with_one_etag_succeed_once() {
    let tenant = saldo().await.tenant().await;
    for _ in 0..20 {
        let path = made(&tenant, SEED).await;
        let etag = tenant.get(&path).await.header("etag").to_owned();
        let change = async |balance: u32| {
            let headers = [("if-match", etag.as_str()), ("content-type", "application/json")];
            tenant.send(Method::PUT, &path, &headers, json!({ "balance": balance }).to_string()).await
        };
        let answers = join_all([1, 2].map(change)).await;
        let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status.as_u16()).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 412]);
        let won = answers.iter().find(|answer| answer.status == 200).expect("one of them");
        let now = tenant.get(&path).await;
        assert_eq!((now.text.as_str(), now.header("etag")), (won.text.as_str(), won.header("etag")));
    }
}

#[tokio::test]
async fn concurrent_updates_of_different_fields_all_apply() {
    let tenant = saldo().await.tenant().await;
    for round in 0..10 {
        let path = made(&tenant, SEED).await;
        let changes = [
            json!({ "balance": round }),
            json!({ "type": "loan" }),
            json!({ "status": "closed" }),
            json!({ "notes": "n" }),
            json!({ "campaign_id": "c" }),
            json!({ "identifier": "i" }),
            json!({ "owner_id": "o" }),
        ];
        let answers = join_all(changes.map(|change| {
            let (tenant, path) = (&tenant, &path);
            async move { tenant.json(Method::PUT, path, change).await }
        }))
        .await;
        assert!(answers.iter().all(|answer| answer.status == 200), "{answers:?}");
        let account = tenant.get(&path).await;
        let account = account.json();
        for (field, value) in [
            ("type", "loan"),
            ("status", "closed"),
            ("notes", "n"),
            ("campaign_id", "c"),
            ("identifier", "i"),
            ("owner_id", "o"),
        ] {
            assert_eq!(account[field], value, "{account}");
        }
        assert_eq!(account["balance"], round);
    }
}

#[tokio::test]
async fn concurrent_balance_and_currency_updates_stay_consistent() {
    let tenant = saldo().await.tenant().await;
    for _ in 0..20 {
        let path = made(&tenant, "type=t&balance=10&currency=USD&owner_id=o").await;
        let changes = [json!({ "balance": "10.50" }), json!({ "currency": "JPY" })];
        let answers = join_all(changes.map(|change| {
            let (tenant, path) = (&tenant, &path);
            async move { tenant.json(Method::PUT, path, change).await.status.as_u16() }
        }))
        .await;
        assert!(answers == [200, 400] || answers == [400, 200], "{answers:?}");
        let account = tenant.get(&path).await.json();
        let fits = (account["balance"] == 10 && account["currency"] == "JPY")
            || (account["balance"] == json!(10.5) && account["currency"] == "USD");
        assert!(fits, "{account}");
    }
}

#[tokio::test]
async fn preconditions_follow_http() {
    let tenant = saldo().await.tenant().await;
    let path = made(&tenant, SEED).await;
    let etag = tenant.get(&path).await.header("etag").to_owned();
    let weak = format!("W/{etag}");
    let listed = format!("\"other\", {etag}");
    let put = async |if_match: &str| {
        let headers = [("if-match", if_match), ("content-type", "application/json")];
        tenant.send(Method::PUT, &path, &headers, "{}").await.status.as_u16()
    };
    assert_eq!((put(&etag).await, put("*").await, put(&listed).await), (200, 200, 200));
    assert_eq!((put("\"other\"").await, put(&weak).await, put("garbage").await), (412, 412, 412));
    assert_eq!(put("\"a b\"").await, 400);
    for none in ["*", &etag] {
        let headers = [("if-none-match", none), ("content-type", "application/json")];
        let refused = tenant.send(Method::PUT, &path, &headers, "{}").await;
        assert_eq!(refused.problem(), (412, "precondition_failed".to_owned()));
    }
    let other = tenant.send(Method::GET, &path, &[("if-match", "\"other\"")], "").await;
    assert_eq!(other.problem(), (412, "precondition_failed".to_owned()));

    let get = async |tag: &str| tenant.send(Method::GET, &path, &[("if-none-match", tag)], "").await;
    let same = get(&etag).await;
    assert_eq!((same.status.as_u16(), same.text.as_str(), same.header("etag")), (304, "", etag.as_str()));
    assert_eq!((get(&weak).await.status.as_u16(), get("\"other\"").await.status.as_u16()), (304, 200));

    let delete =
        async |if_match: &str| tenant.send(Method::DELETE, &path, &[("if-match", if_match)], "").await;
    assert_eq!(delete("\"other\"").await.problem(), (412, "precondition_failed".to_owned()));
    assert_eq!(delete(&etag).await.status, 204);
    assert_eq!(delete(&etag).await.problem(), (404, "not_found".to_owned()));
}

#[tokio::test]
async fn repeated_creation_makes_one_account() {
    let tenant = saldo().await.tenant().await;
    let key = Uuid::now_v7().to_string();
    let headers = [("idempotency-key", key.as_str()), ("content-type", "application/x-www-form-urlencoded")];
    let first = tenant.send(Method::POST, "/v1/accounts", &headers, SEED).await;
    let again = tenant.send(Method::POST, "/v1/accounts", &headers, SEED).await;
    assert_eq!((first.status.as_u16(), again.header("idempotency-replayed")), (201, "true"));
    for header in ["etag", "location"] {
        assert!(!first.header(header).is_empty());
        assert_eq!(first.header(header), again.header(header));
    }
    assert_eq!(first.text, again.text);
}

#[tokio::test]
async fn retry_with_same_seed_finishes_interrupted_creation() {
    let saldo = saldo().await;
    let tenant = saldo.tenant().await;
    let (Some(app), Some(org)) = (saldo.app().await, tenant.org()) else { return };
    let path = made(&tenant, SEED).await;
    let id: AccountId = path.rsplit('/').next().expect("an id").parse().expect("an id");
    let stored = app.accounts.get(org, &id).await.expect("DynamoDB").expect("the account");
    let other = Account { balance: 7.into(), ..stored.clone() };
    let by = ChangedBy::key(KeyId::of_seed(Uuid::now_v7()), Uuid::now_v7());
    assert_eq!(app.accounts.create(org, other, &by).await.expect("DynamoDB"), stored);
}

/// Balances are set and an import runs at the same time: each balance is recorded, and the account has the last one, less what
/// the import has changed.
#[tokio::test]
async fn concurrent_balances_of_an_open_item_are_all_recorded() {
    let tenant = saldo().await.tenant().await;
    let list = |amount: u32| {
        let contact = json!({ "name": "A" });
        json!({ "accounts": [{ "external_id": "CB-1", "contact": contact, "total_amount": amount }] })
    };
    tenant.ended(&tenant.json(Method::POST, "/api/v1/import", list(1_000)).await).await;
    let listed = tenant.get("/v1/accounts?external_id=CB-1").await.json();
    let path = format!("/v1/accounts/{}", listed["data"][0]["id"].as_str().expect("an id"));
    let change = async |balance: i32| tenant.json(Method::PUT, &path, json!({ "balance": balance })).await;
    for (round, amount) in [1_000, 900].into_iter().enumerate() {
        let before = tenant.get(&format!("{path}/allocations?limit=100")).await.json()["data"]
            .as_array()
            .map_or(0, Vec::len);
        let imported =
            async { tenant.ended(&tenant.json(Method::POST, "/api/v1/import", list(amount)).await).await };
        let balances = (1..=8).map(|n| 10 * n + i32::try_from(round).unwrap_or_default());
        let (job, answers) = futures::future::join(imported, join_all(balances.map(change))).await;
        assert_eq!(job["failed"], 0, "{job}");
        assert!(answers.iter().all(|answer| answer.status == 200), "{answers:?}");
        let allocations = tenant.get(&format!("{path}/allocations?limit=100")).await.json();
        let adjustments = allocations["data"].as_array().expect("a list");
        let adjustments = adjustments.iter().skip(before).filter(|made| made["kind"] == "adjustment").count();
        assert_eq!(adjustments, 8, "{allocations}");
        let account = tenant.get(&path).await;
        // Revisions sort by time.
        let last = answers.iter().max_by_key(|answer| answer.header("etag").to_owned()).expect("answers");
        if account.header("etag") == last.header("etag") {
            assert_eq!(account.json()["balance"], last.json()["balance"]);
        }
        let settled = change(-5).await;
        assert_eq!(
            (&settled.json()["balance"], &settled.json()["total_amount"]),
            (&json!(-5), &json!(amount))
        );
    }
}
