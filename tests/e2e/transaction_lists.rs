//! Lists of transactions: their order, filters and pages.

use reqwest::Method;
use serde_json::{Value, json};
use testing::saldo;

use crate::transactions::{PATH, counts, import, listed, row};

#[tokio::test]
async fn transactions_are_listed_by_value_date_newest_first() {
    let tenant = saldo().await.tenant().await;
    let account = tenant.external_id("iban");
    let dates = [
        "2025-12-31",
        "2026-01-01",
        "2026-01-01",
        "2026-01-15",
        "2026-01-31",
        "2026-02-01",
        "1970-01-01",
        "2199-12-31",
    ];
    let rows: Vec<Value> = dates
        .iter()
        .enumerate()
        .map(|(n, date)| {
            let mut row = row(&account, n);
            row["valutaAt"] = json!(date);
            row
        })
        .collect();
    assert_eq!(counts(&import(&tenant, rows).await)[1], dates.len() as u64);
    let days = async |query: &str| -> Vec<String> {
        let all = listed(&tenant, &format!("accountIdentifier={account}&{query}")).await;
        all.iter().map(|one| one["valutaAt"].as_str().expect("a date").to_owned()).collect()
    };
    let mut newest_first = dates.map(str::to_owned).to_vec();
    newest_first.sort_by(|a, b| b.cmp(a));
    for limit in [1, 2, 3, 100] {
        assert_eq!(days(&format!("limit={limit}")).await, newest_first, "{limit}");
    }
    let january = ["2026-01-31", "2026-01-15", "2026-01-01", "2026-01-01"];
    assert_eq!(days("from=2026-01-01&to=2026-01-31&limit=1").await, january);
    assert_eq!(days("from=2026-01-31").await, ["2199-12-31", "2026-02-01", "2026-01-31"]);
    assert_eq!(days("to=2025-12-31").await, ["2025-12-31", "1970-01-01"]);
    assert_eq!(days("from=2026-01-15&to=2026-01-15").await, ["2026-01-15"]);
    assert!(days("from=2030-01-01&to=2031-01-01").await.is_empty());

    for query in [
        "",
        "accountIdentifier=",
        "accountIdentifier=a&from=2026-1-1",
        "accountIdentifier=a&to=2026-02-30",
        "accountIdentifier=a&from=2026-02-01&to=2026-01-01",
        "accountIdentifier=a&cursor=x",
        "accountIdentifier=a&limit=101",
        "accountIdentifier=a&iban=b",
    ] {
        let refused = tenant.get(&format!("{PATH}?{query}")).await;
        assert_eq!(refused.problem(), (400, "invalid_parameter".to_owned()), "{query}");
    }
}

#[tokio::test]
async fn later_import_is_newer_within_day_and_pages_are_full() {
    let tenant = saldo().await.tenant().await;
    let account = tenant.external_id("iban");
    let long = |n: usize| {
        let mut row = row(&account, n);
        row["valutaAt"] = json!("2026-01-15");
        row["text"] = json!(format!("{n} {}", "é".repeat(9_990)));
        row
    };
    for range in [0..80, 80..120] {
        assert_eq!(import(&tenant, range.map(long).collect::<Vec<_>>()).await.status, 201);
    }
    let page = tenant.get(&format!("{PATH}?accountIdentifier={account}&limit=100")).await.json();
    let ids: Vec<&str> = page["data"]
        .as_array()
        .expect("a page")
        .iter()
        .filter_map(|one| one["transactionId"].as_str())
        .collect();
    let newest_first: Vec<String> = (20..120).rev().map(|n| format!("t-{n}")).collect();
    assert_eq!(ids, newest_first);
    assert_eq!(page["has_more"], true);
}

#[tokio::test]
async fn account_transactions_use_identifier_or_else_id() {
    let tenant = saldo().await.tenant().await;
    let iban = tenant.external_id("iban");
    let body = json!({ "type": "giro", "balance": 0, "currency": "EUR", "owner_id": "o" });
    let made = tenant.json(Method::POST, "/v1/accounts", body).await;
    let (path, id) =
        (made.header("location").to_owned(), made.json()["id"].as_str().expect("an id").to_owned());
    assert_eq!(counts(&import(&tenant, json!([row(&id, 1), row(&iban, 2), row(&iban, 3)])).await)[1], 3);
    let ids = async |query: &str| -> Vec<String> {
        let page = tenant.get(&format!("{path}/transactions{query}")).await;
        assert_eq!(page.status, 200, "{page:?}");
        let page = page.json();
        page["data"]
            .as_array()
            .expect("a page")
            .iter()
            .map(|one| one["transactionId"].as_str().unwrap_or_default().to_owned())
            .collect()
    };
    assert_eq!(ids("").await, ["t-1"]);
    assert_eq!(tenant.json(Method::PUT, &path, json!({ "identifier": iban })).await.status, 200);
    assert_eq!(ids("").await, ["t-3", "t-2"]);
    assert_eq!(ids("?from=2026-01-01&to=2026-01-03").await, ["t-2"]);
    assert_eq!(
        tenant.get("/v1/accounts/acc_aaaaaaaaaaaaaaaa/transactions").await.problem(),
        (404, "not_found".to_owned())
    );
}
