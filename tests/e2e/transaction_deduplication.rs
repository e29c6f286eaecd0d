//! Transactions that are sent again, at once or with other fields are stored and counted once.

use futures::future::join_all;
use jiff::Timestamp;
use reqwest::Method;
use saldo_domain::changed_by::ChangedBy;
use saldo_domain::id::KeyId;
use saldo_domain::transaction::Batch;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use testing::saldo;
use uuid::Uuid;

use crate::transactions::{PATH, counts, errors, import, listed, row};

#[tokio::test]
async fn repeated_file_adds_no_transactions() {
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
async fn reused_id_with_other_fields_is_conflict() {
    let tenant = saldo().await.tenant().await;
    let account = tenant.external_id("iban");
    let with = |field: &str, value: &str| {
        let mut row = row(&account, 5);
        row[field] = json!(value);
        row
    };
    let first = row(&account, 5);
    // Within one request the first one counts.
    let answer =
        import(&tenant, json!([first, with("amount", "6"), with("amount", "5.5"), with("text", "again")]))
            .await;
    assert_eq!(counts(&answer), [2, 1, 1]);
    assert_eq!(errors(&answer), [(1, "amount".to_owned(), "conflict".to_owned())]);
    // A stored transaction counts before those of the request, in any order.
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
async fn transaction_id_of_another_month_is_conflict() {
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
    // Within one request, and against stored transactions, in any order.
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
async fn concurrent_overlapping_requests_count_each_transaction_as_new_once() {
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
async fn retried_request_counts_its_stored_transactions_as_new() {
    let saldo = saldo().await;
    let tenant = saldo.tenant().await;
    let (Some(app), Some(org)) = (saldo.app().await, tenant.org()) else { return };
    let account = tenant.external_id("iban");
    let element = serde_json::from_str(&row(&account, 1).to_string()).expect("JSON");
    let element: Box<RawValue> = element;
    let transaction = Batch::new(org, Timestamp::now()).read(&element).expect("a good row");
    let (died, other) = (Uuid::now_v7(), Uuid::now_v7());
    let by = ChangedBy::key(KeyId::of_seed(Uuid::now_v7()), Uuid::now_v7());
    let new = async |request| {
        let kept = app.transactions.keep(org, &[&transaction], request, &by).await.expect("DynamoDB");
        kept[&transaction.id].new
    };
    assert_eq!((new(died).await, new(died).await, new(other).await), (true, true, false));
}

#[tokio::test]
async fn repeated_import_gets_same_counts_with_long_response() {
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
