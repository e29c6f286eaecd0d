//! Exports of transactions, of one account or of all.

use reqwest::Method;
use serde_json::{Value, json};
use testing::{Tenant, saldo};

/// Ten transactions on each of three accounts, posted in no particular order.
async fn ledgers(tenant: &Tenant) {
    let transaction = |account: &str, day: usize| {
        json!({
            "accountIdentifier": account, "transactionId": format!("{day}"), "text": format!("=day {day}"),
            "creditDebit": if day.is_multiple_of(2) { "credit" } else { "debit" }, "amount": format!("{day}.5"), "currency": "EUR",
            "valutaAt": format!("2026-01-{day:02}")
        })
    };
    for (from, to) in [(5, 10), (0, 5)] {
        let rows: Vec<Value> = ["DE2", "DE1", "CH#9"]
            .iter()
            .flat_map(|account| (from..to).map(|day| transaction(account, day + 1)))
            .collect();
        let body = json!({ "transactions": rows });
        let stored = tenant.json(Method::POST, "/api/public/v1/transactions", body).await;
        assert_eq!(stored.json()["newTransactions"], 15, "{stored:?}");
    }
}

async fn days(tenant: &Tenant, filters: Value) -> Vec<String> {
    let request =
        json!({ "format": "csv", "columns": ["accountIdentifier", "valutaAt"], "filters": filters });
    let file = tenant.export("transactions", request).await;
    assert_eq!(file.status, 200, "{file:?}");
    file.text.lines().skip(1).map(str::to_owned).collect()
}

#[tokio::test]
async fn transactions_are_exported_by_account_oldest_first() {
    let tenant = saldo().await.tenant().await;
    ledgers(&tenant).await;
    let expected = |accounts: &[&str], from: usize, to: usize| -> Vec<String> {
        let of =
            |account: &&str| (from..=to).map(|day| format!("{account},2026-01-{day:02}")).collect::<Vec<_>>();
        accounts.iter().flat_map(of).collect()
    };
    assert_eq!(days(&tenant, json!({})).await, expected(&["CH#9", "DE1", "DE2"], 1, 10));
    assert_eq!(days(&tenant, json!({ "account_identifier": "DE1" })).await, expected(&["DE1"], 1, 10));
    let range = json!({ "from": "2026-01-03", "to": "2026-01-07" });
    assert_eq!(days(&tenant, range).await, expected(&["CH#9", "DE1", "DE2"], 3, 7));
    let day = json!({ "account_identifier": "DE2", "from": "2026-01-04", "to": "2026-01-04" });
    assert_eq!(days(&tenant, day).await, expected(&["DE2"], 4, 4));
    for none in [
        json!({ "account_identifier": "DE3" }),
        json!({ "from": "2026-01-11" }),
        json!({ "to": "2025-12-31" }),
    ] {
        assert_eq!(days(&tenant, none).await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn exported_transaction_has_fields_of_its_listing() {
    let tenant = saldo().await.tenant().await;
    ledgers(&tenant).await;
    let filters = json!({ "account_identifier": "DE1", "from": "2026-01-02", "to": "2026-01-02" });
    let exported = tenant.export("transactions", json!({ "format": "json", "filters": filters })).await;
    let listed =
        tenant.get("/api/public/v1/transactions?accountIdentifier=DE1&from=2026-01-02&to=2026-01-02").await;
    assert_eq!(exported.json(), listed.json()["data"]);
    let request = json!({
        "format": "csv", "filters": filters, "columns": ["text", "creditDebit", "amount", "currency", "valutaAt", "bookedAt"]
    });
    let csv = tenant.export("transactions", request).await;
    assert!(csv.header("content-disposition").contains("transactions-"), "{csv:?}");
    assert_eq!(
        csv.text,
        "text,creditDebit,amount,currency,valutaAt,bookedAt\n'=day 2,credit,2.50,EUR,2026-01-02,\n"
    );
}

#[tokio::test]
async fn transactions_of_many_accounts_are_exported_once() {
    let tenant = saldo().await.tenant().await;
    let row = |n: usize| json!({ "accountIdentifier": format!("acc-{:02}", n % 40), "transactionId": n.to_string(), "amount": "1", "currency": "EUR", "valutaAt": "2026-01-15" });
    let rows: Vec<Value> = (0..1_000).map(row).collect();
    let stored =
        tenant.json(Method::POST, "/api/public/v1/transactions", json!({ "transactions": rows })).await;
    assert_eq!(stored.json()["newTransactions"], 1_000);
    let accepted = tenant.export("transactions", json!({ "format": "ndjson", "delivery": "link" })).await;
    let job = tenant.ended(&accepted).await;
    assert_eq!(job["rows"], 1_000, "{job}");
    let file =
        reqwest::get(job["url"].as_str().expect("a link")).await.expect("a file").text().await.expect("text");
    let read: Vec<Value> = file.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let accounts: Vec<&str> = read.iter().filter_map(|row| row["accountIdentifier"].as_str()).collect();
    assert!(accounts.is_sorted());
    let mut ids: Vec<&str> = read.iter().filter_map(|row| row["transactionId"].as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 1_000);
}
