//! The import of transactions: what it stores, counts and refuses.

use std::collections::BTreeSet;

use insta::assert_snapshot;
use reqwest::Method;
use serde_json::{Value, json};
use testing::{Answer, Tenant, saldo};

pub(crate) const PATH: &str = "/api/public/v1/transactions";

/// The currencies that the contract lists.
const CURRENCIES: &str = include_str!("../fixtures/transaction-currencies.txt");

pub(crate) async fn import(tenant: &Tenant, transactions: impl Into<Value>) -> Answer {
    tenant.json(Method::POST, PATH, json!({ "transactions": transactions.into() })).await
}

/// The counts of a receipt: existing, new and invalid transactions.
pub(crate) fn counts(answer: &Answer) -> [u64; 3] {
    assert_eq!(answer.status, 201, "{answer:?}");
    let receipt = answer.json();
    ["existingTransactions", "newTransactions", "errorTransactions"]
        .map(|count| receipt[count].as_u64().expect("a count"))
}

pub(crate) fn row(account: &str, n: usize) -> Value {
    json!({
        "accountIdentifier": account, "transactionId": format!("t-{n}"), "text": format!("Payment {n}"),
        "creditDebit": if n.is_multiple_of(2) { "credit" } else { "debit" }, "amount": format!("{n}.50"), "currency": "EUR",
        "valutaAt": format!("2026-01-{:02}", n % 28 + 1)
    })
}

/// The codes of a receipt's errors, each with its index and field.
pub(crate) fn errors(answer: &Answer) -> Vec<(u64, String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let receipt = answer.json();
    let errors = receipt["errors"].as_array().expect("errors");
    errors
        .iter()
        .map(|e| (e["index"].as_u64().expect("an index"), text(&e["field"]), text(&e["code"])))
        .collect()
}

pub(crate) async fn listed(tenant: &Tenant, query: &str) -> Vec<Value> {
    let mut found = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = tenant.get(&format!("{PATH}?{query}&cursor={cursor}")).await;
        assert_eq!(page.status, 200, "{page:?}");
        let page = page.json();
        found.extend(page["data"].as_array().expect("a page").iter().cloned());
        match (&page["has_more"], page.get("next_cursor")) {
            (Value::Bool(true), Some(next)) => cursor = next.as_str().expect("a cursor").to_owned(),
            (Value::Bool(false), Some(Value::Null)) => return found,
            _ => panic!("has_more and next_cursor disagree: {page}"),
        }
    }
}

#[tokio::test]
async fn transaction_with_every_field_is_returned_as_sent() {
    let tenant = saldo().await.tenant().await;
    let account = tenant.external_id("iban");
    let sent = json!({
        "accountIdentifier": account, "transactionId": "2026/01/15-7", "text": "Café \"Zoë\"\n=SUM(A1)",
        "creditDebit": "credit", "amount": "1234567890.10", "currency": "EUR", "originalAmount": "1500",
        "originalCurrency": "JPY", "purchasedAt": "2025-12-31", "valutaAt": "2026-01-01", "bookedAt": "2026-01-02"
    });
    let least =
        json!({ "accountIdentifier": account, "amount": "3.5", "currency": "EUR", "valutaAt": "2026-01-01" });
    let imported = import(&tenant, json!([sent, least])).await;
    assert_snapshot!(imported.shown(&[]), @r#"
    {
      "errorTransactions": 0,
      "errors": [],
      "existingTransactions": 0,
      "newTransactions": 2
    }
    "#);
    let all = listed(&tenant, &format!("accountIdentifier={account}")).await;
    let mut all = all
        .iter()
        .map(|one| testing::shown(one, &["id", "accountIdentifier", "createdAt"]))
        .collect::<Vec<_>>();
    all.sort();
    assert_snapshot!(all.join("\n"), @r#"
    {
      "accountIdentifier": "[accountIdentifier]",
      "amount": "1234567890.10",
      "bookedAt": "2026-01-02",
      "createdAt": "[createdAt]",
      "creditDebit": "credit",
      "currency": "EUR",
      "id": "[id]",
      "originalAmount": "1500",
      "originalCurrency": "JPY",
      "purchasedAt": "2025-12-31",
      "source": "api",
      "text": "Café \"Zoë\"\n=SUM(A1)",
      "transactionId": "2026/01/15-7",
      "valutaAt": "2026-01-01"
    }
    {
      "accountIdentifier": "[accountIdentifier]",
      "amount": "3.50",
      "bookedAt": null,
      "createdAt": "[createdAt]",
      "creditDebit": "debit",
      "currency": "EUR",
      "id": "[id]",
      "originalAmount": null,
      "originalCurrency": null,
      "purchasedAt": null,
      "source": "api",
      "text": null,
      "transactionId": null,
      "valutaAt": "2026-01-01"
    }
    "#);
}

#[tokio::test]
async fn valid_ones_of_1000_transactions_are_stored_and_counts_add_up() {
    let tenant = saldo().await.tenant().await;
    let account = tenant.external_id("iban");
    let mut rows: Vec<Value> = (0..1_000).map(|n| row(&account, n)).collect();
    for n in (0..1_000).step_by(10) {
        match n % 70 {
            0 => rows[n]["amount"] = json!("0"),
            10 => rows[n]["currency"] = json!("ZZZ"),
            20 => rows[n]["valutaAt"] = json!("2026-02-30"),
            30 => rows[n] = json!(["no", "object"]),
            40 => rows[n]["accountIdentifier"] = Value::Null,
            50 => rows[n]["valutaat"] = json!("2026-01-01"),
            _ => rows[n]["amount"] = json!(12.5),
        }
    }
    let answer = import(&tenant, rows).await;
    assert_eq!(counts(&answer), [0, 900, 100]);
    let wrong: BTreeSet<u64> = errors(&answer).into_iter().map(|(index, ..)| index).collect();
    assert_eq!(wrong, (0..1_000).step_by(10).collect());
    let kinds: BTreeSet<(String, String)> =
        errors(&answer).into_iter().map(|(_, field, code)| (field, code)).collect();
    assert_snapshot!(format!("{kinds:#?}"), @r#"
    {
        (
            "",
            "invalid_row",
        ),
        (
            "accountIdentifier",
            "required",
        ),
        (
            "amount",
            "invalid_type",
        ),
        (
            "amount",
            "not_positive",
        ),
        (
            "currency",
            "unknown_currency",
        ),
        (
            "valutaAt",
            "invalid_date",
        ),
        (
            "valutaat",
            "unknown_field",
        ),
    }
    "#);
    assert_eq!(listed(&tenant, &format!("accountIdentifier={account}&limit=100")).await.len(), 900);
}

#[tokio::test]
async fn amounts_and_currencies_follow_the_contract() {
    let tenant = saldo().await.tenant().await;
    let account = tenant.external_id("iban");
    let of = |n: usize, amount: Value, currency: &str| json!({ "accountIdentifier": account, "transactionId": format!("{n}"), "amount": amount, "currency": currency, "valutaAt": "2026-01-15" });
    let codes: Vec<&str> = CURRENCIES.split_whitespace().collect();
    assert_eq!(codes.len(), 178);
    let rows: Vec<Value> = codes.iter().enumerate().map(|(n, code)| of(n, json!("7"), code)).collect();
    assert_eq!(counts(&import(&tenant, rows).await), [0, 178, 0]);
    let all = listed(&tenant, &format!("accountIdentifier={account}&limit=100")).await;
    let kept: BTreeSet<&str> = all.iter().filter_map(|one| one["currency"].as_str()).collect();
    assert_eq!(kept, codes.into_iter().collect());

    let wrong = [
        (json!("0"), "EUR", "amount", "not_positive"),
        (json!("-1"), "EUR", "amount", "not_positive"),
        (json!("1e3"), "EUR", "amount", "invalid_amount"),
        (json!("1.2345"), "EUR", "amount", "too_many_digits"),
        (json!(""), "EUR", "amount", "invalid_amount"),
        (json!(12.5), "EUR", "amount", "invalid_type"),
        (json!(null), "EUR", "amount", "required"),
        (json!("1"), "ZZZ", "currency", "unknown_currency"),
        (json!("1"), "eur", "currency", "unknown_currency"),
        (json!("0.5"), "JPY", "amount", "too_many_digits"),
        (json!("12345678901234567890123456789"), "JPY", "amount", "too_many_digits"),
    ];
    let rows: Vec<Value> = wrong
        .iter()
        .enumerate()
        .map(|(n, (amount, currency, ..))| of(1_000 + n, amount.clone(), currency))
        .collect();
    let answer = import(&tenant, rows).await;
    assert_eq!(counts(&answer), [0, 0, wrong.len() as u64]);
    let expected: Vec<_> = wrong
        .iter()
        .zip(0..)
        .map(|((_, _, field, code), n)| (n, (*field).to_owned(), (*code).to_owned()))
        .collect();
    assert_eq!(errors(&answer), expected);
}

#[tokio::test]
async fn longest_error_list_fits_lambda_response() {
    let tenant = saldo().await.tenant().await;
    let mut wrong = json!({
        "accountIdentifier": 1, "transactionId": 1, "text": 1, "creditDebit": "x", "amount": 1, "currency": "ZZZ",
        "originalAmount": 1, "originalCurrency": "ZZZ", "purchasedAt": "x", "valutaAt": "x", "bookedAt": "x"
    });
    for n in 0..11 {
        wrong[format!("{}{n:02}", "\"".repeat(40))] = json!(1);
    }
    let answer = import(&tenant, vec![wrong; 1_000]).await;
    assert_eq!(counts(&answer), [0, 0, 1_000]);
    let escaped = Value::String(answer.text).to_string();
    assert!(escaped.len() <= 6 * 1024 * 1024 - 16 * 1024, "{} bytes", escaped.len());
}

#[tokio::test]
async fn invalid_envelope_stores_nothing() {
    let tenant = saldo().await.tenant().await;
    let account = tenant.external_id("iban");
    let too_many: Vec<Value> = (0..1_001).map(|n| row(&account, n)).collect();
    let cases = [
        (json!({ "transactions": too_many }), "/transactions", "too_many"),
        (json!({ "transactions": [] }), "/transactions", "required"),
        (json!({ "transactions": { "0": row(&account, 1) } }), "/transactions", "invalid_type"),
        (json!({ "transactions": null }), "/transactions", "invalid_type"),
        (json!({}), "/transactions", "required"),
        (json!([row(&account, 1)]), "", "invalid_type"),
        (json!({ "transactions": [row(&account, 1)], "account": "a" }), "/account", "unknown_field"),
    ];
    for (body, pointer, code) in cases {
        let refused = tenant.json(Method::POST, PATH, body).await;
        assert_eq!(refused.problem(), (400, "invalid_request".to_owned()));
        let error = &refused.json()["errors"][0];
        assert_eq!((&error["pointer"], &error["code"]), (&json!(pointer), &json!(code)), "{refused:?}");
    }
    let broken = tenant
        .send(Method::POST, PATH, &[("content-type", "application/json")], "{\"transactions\":[{},\n}")
        .await;
    assert_eq!(broken.problem(), (400, "invalid_json".to_owned()));
    let csv = tenant.send(Method::POST, PATH, &[("content-type", "text/csv")], "a,b").await;
    assert_eq!(csv.problem(), (415, "unsupported_media_type".to_owned()));
    assert!(listed(&tenant, &format!("accountIdentifier={account}")).await.is_empty());
}
