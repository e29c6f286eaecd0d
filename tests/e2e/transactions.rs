//! Transactions: each of them once.

use std::collections::BTreeSet;

use futures::future::join_all;
use insta::assert_snapshot;
use jiff::Timestamp;
use reqwest::Method;
use saldo_domain::transaction::Batch;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use testing::{Answer, Tenant, saldo};
use uuid::Uuid;

const PATH: &str = "/api/public/v1/transactions";
/// The currencies of the contract's page.
const CURRENCIES: &str = include_str!("../fixtures/transaction-currencies.txt");

async fn import(tenant: &Tenant, transactions: impl Into<Value>) -> Answer {
    tenant.json(Method::POST, PATH, json!({ "transactions": transactions.into() })).await
}

/// The counts of a receipt: existing, new, wrong.
fn counts(answer: &Answer) -> [u64; 3] {
    assert_eq!(answer.status, 201, "{answer:?}");
    let receipt = answer.json();
    ["existingTransactions", "newTransactions", "errorTransactions"]
        .map(|count| receipt[count].as_u64().expect("a count"))
}

fn row(account: &str, n: usize) -> Value {
    json!({
        "accountIdentifier": account, "transactionId": format!("t-{n}"), "text": format!("Payment {n}"),
        "creditDebit": if n.is_multiple_of(2) { "credit" } else { "debit" }, "amount": format!("{n}.50"), "currency": "EUR",
        "valutaAt": format!("2026-01-{:02}", n % 28 + 1)
    })
}

/// The codes of a receipt's errors, each with its index and field.
fn errors(answer: &Answer) -> Vec<(u64, String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let receipt = answer.json();
    let errors = receipt["errors"].as_array().expect("errors");
    errors
        .iter()
        .map(|e| (e["index"].as_u64().expect("an index"), text(&e["field"]), text(&e["code"])))
        .collect()
}

async fn listed(tenant: &Tenant, query: &str) -> Vec<Value> {
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
async fn a_transaction_with_every_field_comes_back_as_it_was_sent() {
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
async fn the_same_file_again_adds_nothing_however_often() {
    let tenant = saldo().await.tenant().await;
    let account = tenant.external_id("iban");
    let coffee = json!({ "accountIdentifier": account, "text": "Coffee", "amount": "3.50", "currency": "EUR", "valutaAt": "2026-01-15" });
    let mut rows: Vec<Value> = (0..400).map(|n| row(&account, n)).collect();
    rows.extend([coffee.clone(), coffee.clone(), row(&account, 7)]);
    assert_eq!(counts(&import(&tenant, rows.clone()).await), [1, 402, 0]);
    assert_eq!(counts(&import(&tenant, rows.clone()).await), [403, 0, 0]);
    assert_eq!(counts(&import(&tenant, rows).await), [403, 0, 0]);
    assert_eq!(listed(&tenant, &format!("accountIdentifier={account}&limit=100")).await.len(), 402);
    assert_eq!(counts(&import(&tenant, json!([coffee])).await), [1, 0, 0]);
    assert_eq!(counts(&import(&tenant, json!([coffee, coffee, coffee])).await), [2, 1, 0]);
}

#[tokio::test]
async fn of_a_thousand_transactions_the_good_ones_are_stored_and_the_counts_add_up() {
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
async fn amounts_and_currencies_are_those_of_the_contract() {
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
async fn the_same_id_with_another_amount_direction_currency_or_value_date_is_a_conflict() {
    let tenant = saldo().await.tenant().await;
    let account = tenant.external_id("iban");
    let with = |field: &str, value: &str| {
        let mut row = row(&account, 5);
        row[field] = json!(value);
        row
    };
    let first = row(&account, 5);
    // In one request: the first of them counts.
    let answer =
        import(&tenant, json!([first, with("amount", "6"), with("amount", "5.5"), with("text", "again")]))
            .await;
    assert_eq!(counts(&answer), [2, 1, 1]);
    assert_eq!(errors(&answer), [(1, "amount".to_owned(), "conflict".to_owned())]);
    // Against what was stored before: whatever comes first in the request.
    let answer = import(
        &tenant,
        json!([
            with("creditDebit", "credit"),
            with("currency", "USD"),
            first,
            with("valutaAt", "2027-01-01")
        ]),
    )
    .await;
    assert_eq!(counts(&answer), [1, 0, 3]);
    let codes = [(0, "creditDebit"), (1, "currency"), (3, "valutaAt")];
    assert_eq!(errors(&answer), codes.map(|(n, field)| (n, field.to_owned(), "conflict".to_owned())));
    let all = listed(&tenant, &format!("accountIdentifier={account}")).await;
    assert_eq!(all.len(), 1);
    assert_eq!((&all[0]["amount"], &all[0]["text"]), (&json!("5.50"), &json!("Payment 5")));
    // The same id in another account is another transaction.
    let elsewhere = tenant.external_id("other");
    assert_eq!(counts(&import(&tenant, json!([row(&elsewhere, 5)])).await), [0, 1, 0]);
}

#[tokio::test]
async fn transaction_id_of_another_month_is_a_conflict() {
    let tenant = saldo().await.tenant().await;
    let account = tenant.external_id("rent");
    let rent = |valued: &str, text: &str| {
        json!({
            "accountIdentifier": account, "transactionId": "000123", "text": text, "amount": "15.00", "currency": "EUR",
            "valutaAt": valued, "bookedAt": valued
        })
    };
    let (july, august) = (rent("2026-07-03", "Rent"), rent("2026-08-02", "Rent"));
    let conflict = [(1, "valutaAt".to_owned(), "conflict".to_owned())];
    // In one request, and against what is stored, in whatever order.
    let answer = import(&tenant, json!([july, august])).await;
    assert_eq!((counts(&answer), errors(&answer)), ([0, 1, 1], conflict.to_vec()));
    let answer = import(&tenant, json!([rent("2026-07-03", "Rent, July"), august])).await;
    assert_eq!((counts(&answer), errors(&answer)), ([1, 0, 1], conflict.to_vec()));
    assert_eq!(counts(&import(&tenant, json!([august])).await), [0, 0, 1]);
    let all = listed(&tenant, &format!("accountIdentifier={account}")).await;
    assert_eq!(all.len(), 1);
    assert_eq!((&all[0]["valutaAt"], &all[0]["text"]), (&json!("2026-07-03"), &json!("Rent")));
}

#[tokio::test]
async fn overlapping_requests_at_once_count_each_transaction_as_new_once() {
    let tenant = saldo().await.tenant().await;
    for round in 0..5 {
        let account = tenant.external_id(&format!("iban-{round}"));
        let batches = [0..200, 100..300, 0..300, 150..200];
        let sizes: Vec<u64> = batches.iter().map(|batch| batch.len() as u64).collect();
        let answers = join_all(batches.map(|batch| {
            let (tenant, account) = (&tenant, &account);
            async move { import(tenant, batch.map(|n| row(account, n)).collect::<Vec<_>>()).await }
        }))
        .await;
        let counts: Vec<[u64; 3]> = answers.iter().map(counts).collect();
        assert_eq!(counts.iter().map(|[_, new, _]| new).sum::<u64>(), 300, "{counts:?}");
        assert_eq!(counts.iter().map(|counts| counts.iter().sum::<u64>()).collect::<Vec<_>>(), sizes);
        assert!(counts.iter().all(|[.., wrong]| *wrong == 0), "{counts:?}");
    }
}

#[tokio::test]
async fn a_request_that_died_half_way_counts_what_it_stored_as_new_when_it_is_sent_again() {
    let saldo = saldo().await;
    let tenant = saldo.tenant().await;
    let (Some(app), Some(org)) = (saldo.app().await, tenant.org()) else { return };
    let account = tenant.external_id("iban");
    let element = serde_json::from_str(&row(&account, 1).to_string()).expect("JSON");
    let element: Box<RawValue> = element;
    let transaction = Batch::new(org, Timestamp::now()).read(&element).expect("a good row");
    let (died, other) = (Uuid::now_v7(), Uuid::now_v7());
    let new = async |request| app.transactions.put(org, &transaction, request).await.expect("DynamoDB").new;
    assert_eq!((new(died).await, new(died).await, new(other).await), (true, true, false));
}

#[tokio::test]
async fn transactions_are_listed_by_valuta_date_newest_first() {
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
        "9999-12-31",
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
    assert_eq!(days("from=2026-01-31").await, ["9999-12-31", "2026-02-01", "2026-01-31"]);
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
async fn within_a_day_what_was_imported_later_is_newer_and_pages_are_full_however_long_the_texts() {
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
async fn a_repeated_import_of_transactions_gets_the_same_counts_however_long_its_answer() {
    let tenant = saldo().await.tenant().await;
    let account = tenant.external_id("iban");
    let mut rows: Vec<Value> = (0..100).map(|n| row(&account, n)).collect();
    let wrong = json!({ "account": "a", "id": "b", "sum": 1, "money": "EUR", "day": "x", "who": "y" });
    rows.extend(vec![wrong; 900]);
    let body = json!({ "transactions": rows }).to_string();
    let key = Uuid::now_v7().to_string();
    let headers = [("content-type", "application/json"), ("idempotency-key", key.as_str())];
    let first = tenant.send(Method::POST, PATH, &headers, body.clone()).await;
    assert_eq!(counts(&first), [0, 100, 900]);
    assert!(first.text.len() > 8_000, "{} bytes fit a record", first.text.len());
    let again = tenant.send(Method::POST, PATH, &headers, body.clone()).await;
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!((again.status, again.text), (first.status, first.text));
    let other = tenant.send(Method::POST, PATH, &headers, r#"{"transactions":[{}]}"#).await;
    assert_eq!(other.problem(), (422, "idempotency_key_reused".to_owned()));
}

#[tokio::test]
async fn the_longest_list_of_errors_fits_lambda() {
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
async fn an_accounts_transactions_are_those_under_its_identifier_or_else_its_id() {
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

#[tokio::test]
async fn an_envelope_that_is_wrong_stores_nothing() {
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
