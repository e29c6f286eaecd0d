//! Accounts, balances and transactions from banks, as the API lists them, and their changes from day
//! to day.

use insta::assert_snapshot;
use reqwest::Method;
use serde_json::{Value, json};

use crate::sync_client::{HIDDEN, completed, connect, customer, next_day, with_sandbox_bank};

#[tokio::test]
async fn synchronized_accounts_have_exact_amounts() {
    let Some((_, _, tenant)) = with_sandbox_bank().await else { return };
    let access = connect(&tenant, "sandbox").await;
    completed(&tenant, &access, &customer("demo"), json!({})).await;
    let accounts = tenant.get("/rest/accounts").await.json();
    assert_snapshot!(testing::shown(&accounts["accounts"][0], HIDDEN), @r#"
    {
      "account_id": "[account_id]",
      "account_number": "0000001001",
      "auto_sync": false,
      "balance": {
        "balance": 1336934.98,
        "balance_date": "[balance_date]",
        "credit_line": null
      },
      "bank_code": "99999999",
      "bank_id": "[bank_id]",
      "bank_name": "Sandbox Bank",
      "bic": "SALDDEFFXXX",
      "currency": "EUR",
      "iban": "DE59999999990000001001",
      "name": "Girokonto",
      "owner": "Käthe Öztürk-Müller",
      "status": {
        "code": 1,
        "message": null,
        "success_timestamp": "[success_timestamp]",
        "sync_timestamp": "[sync_timestamp]"
      },
      "type": "Giro account"
    }
    "#);
    let balances: Vec<String> = accounts["accounts"]
        .as_array()
        .expect("accounts")
        .iter()
        .map(|account| {
            format!("{} {} {}", account["type"], account["balance"]["balance"], account["currency"])
        })
        .collect();
    assert_eq!(
        balances,
        [
            r#""Giro account" 1336934.98 "EUR""#,
            r#""Giro account" 1975.25 "USD""#,
            r#""Savings account" 10012.5 "EUR""#,
            r#""Loan account" -1450000 "JPY""#
        ]
    );
    let cents = tenant.get("/rest/accounts?cents=true").await.json();
    assert_eq!(cents["accounts"][0]["balance"]["balance"], json!(133_693_498));
    assert_eq!(cents["accounts"][3]["balance"]["balance"], json!(-1_450_000));

    let account = accounts["accounts"][0]["account_id"].as_str().expect("an id");
    let one = tenant.get(&format!("/rest/accounts/{account}")).await.json();
    assert_eq!(one, accounts["accounts"][0]);
    let balance = tenant.get(&format!("/rest/accounts/{account}/balance")).await.json();
    assert_eq!(balance, accounts["accounts"][0]["balance"]);
}

#[tokio::test]
async fn synchronized_account_is_listed_among_all_accounts() {
    let Some((_, _, tenant)) = with_sandbox_bank().await else { return };
    let access = connect(&tenant, "sandbox").await;
    completed(&tenant, &access, &customer("demo"), json!({})).await;
    let accounts = tenant.get("/rest/accounts").await.json();
    let account = accounts["accounts"][0]["account_id"].as_str().expect("an id");
    let listed = tenant.get("/v1/accounts?limit=100").await.json();
    assert_eq!(listed["data"].as_array().map(Vec::len), Some(4));
    let same = tenant.get(&format!("/v1/accounts/{account}")).await.json();
    assert_snapshot!(testing::shown(&same, &["id", "owner_id", "access_id", "created_at", "updated_at", "balance_date"]), @r#"
    {
      "balance": 1336934.98,
      "bank": {
        "access_id": "[access_id]",
        "balance_date": "[balance_date]",
        "bic": "SALDDEFFXXX",
        "iban": "DE59999999990000001001",
        "missing_since": null,
        "name": "Girokonto",
        "owner_name": "Käthe Öztürk-Müller",
        "product": "Giro Plus"
      },
      "created_at": "[created_at]",
      "currency": "EUR",
      "id": "[id]",
      "identifier": "DE59999999990000001001",
      "owner_id": "[owner_id]",
      "status": "active",
      "type": "checking",
      "updated_at": "[updated_at]"
    }
    "#);
    // Its client is the bank.
    let clients = tenant.get("/api/clients?description=sandbox").await.json();
    assert_eq!(clients["data"][0]["type"], 0, "{clients}");
    assert_eq!(clients["data"][0]["accounts"].as_array().map(Vec::len), Some(4), "{clients}");
    assert_eq!(clients["data"][0]["id"], same["owner_id"]);
    assert!(clients["data"][0]["accounts"][0]["position"].is_string());
}

#[tokio::test]
async fn synchronized_transactions_are_in_both_lists() {
    let Some((_, _, tenant)) = with_sandbox_bank().await else { return };
    let access = connect(&tenant, "sandbox").await;
    let job = completed(&tenant, &access, &customer("demo"), json!({})).await;
    assert_eq!((&job["accounts"], &job["new_transactions"]), (&json!(4), &json!(20)), "{job}");
    let accounts = tenant.get("/rest/accounts").await.json();
    let account = accounts["accounts"][0]["account_id"].as_str().expect("an id").to_owned();
    let path = format!("/rest/accounts/{account}/transactions");
    let all = tenant.get(&path).await.json();
    let all = all["transactions"].as_array().expect("transactions").clone();
    let amounts: Vec<String> = all.iter().map(|each| each["amount"].to_string()).collect();
    assert_eq!(
        amounts,
        [
            "-0.01",
            "1234567.89",
            "-49.9",
            "-1200",
            "-84.13",
            "2750",
            "-13.37",
            "0.01",
            "-219",
            "-7.5",
            "-1056",
            "99999.99",
            "-3"
        ]
    );
    assert_snapshot!(testing::shown(&all[2], HIDDEN), @r#"
    {
      "account_id": "[account_id]",
      "account_number": null,
      "amount": -49.9,
      "bank_code": "37040044",
      "bank_name": null,
      "bic": "COBADEFFXXX",
      "booked": true,
      "booking_date": "[booking_date]",
      "booking_text": null,
      "creation_timestamp": "[creation_timestamp]",
      "creditor_id": "DE98ZZZ09999999999",
      "currency": "EUR",
      "end_to_end_reference": "SWM-778812",
      "iban": "DE89370400440532013000",
      "mandate_reference": "SWM-MANDAT-0042",
      "modification_timestamp": "[modification_timestamp]",
      "name": "Stadtwerke München",
      "purpose": "Abschlag Strom, Kundennr. 00815",
      "transaction_id": "[transaction_id]",
      "type": "Direct debit",
      "value_date": "[value_date]"
    }
    "#);
    assert!(all.iter().all(|each| each["booked"] == json!(true)));

    let pending = tenant.get(&format!("{path}?include_pending=true&count=2")).await.json();
    let pending: Vec<_> = pending["transactions"].as_array().expect("transactions").iter().collect();
    assert!(
        pending.iter().all(|each| each["booked"] == json!(false) && each["booking_date"].is_null()),
        "{pending:?}"
    );
    let id = pending[0]["transaction_id"].as_str().expect("an id");
    assert_eq!(tenant.get(&format!("{path}/{id}")).await.json(), *pending[0]);
    let id = all[1]["transaction_id"].as_str().expect("an id");
    assert_eq!(tenant.get(&format!("{path}/{id}")).await.json(), all[1]);

    // The public list has the booked transactions under the account's IBAN, and no pending ones.
    let iban = accounts["accounts"][0]["iban"].as_str().expect("an IBAN");
    let public =
        tenant.get(&format!("/api/public/v1/transactions?limit=100&accountIdentifier={iban}")).await.json();
    let public = public["data"].as_array().expect("transactions").clone();
    assert_eq!(public.len(), 16, "the account in dollars has the same IBAN");
    assert!(public.iter().any(|each| each["amount"] == "1234567.89" && each["creditDebit"] == "credit"));
    assert!(public.iter().any(|each| each["amount"] == "24.75" && each["currency"] == "USD"));
    assert_eq!(public.iter().filter(|each| each["amount"] == "0.01").count(), 2);
    let of_account = tenant.get(&format!("/v1/accounts/{account}/transactions?limit=100")).await.json();
    assert_eq!(of_account["data"].as_array(), Some(&public));
}

#[tokio::test]
async fn synchronized_transactions_can_be_filtered() {
    let Some((_, _, tenant)) = with_sandbox_bank().await else { return };
    let access = connect(&tenant, "sandbox").await;
    let job = completed(&tenant, &access, &customer("demo"), json!({})).await;
    let accounts = tenant.get("/rest/accounts").await.json();
    let account = accounts["accounts"][0]["account_id"].as_str().expect("an id").to_owned();
    let path = format!("/rest/accounts/{account}/transactions");
    let all = tenant.get(&path).await.json();
    let all = all["transactions"].as_array().expect("transactions").clone();

    // By count and offset, by date, by account and by synchronization, in both orders.
    let everything = tenant.get("/rest/transactions").await.json()["transactions"].clone();
    assert_eq!(everything.as_array().map(Vec::len), Some(20));
    let mut pages = Vec::new();
    for offset in (0..24).step_by(7) {
        let page = tenant.get(&format!("/rest/transactions?count=7&offset={offset}")).await.json();
        pages.extend(page["transactions"].as_array().expect("a page").clone());
    }
    assert_eq!(json!(pages), everything);
    let mut reversed = tenant.get("/rest/transactions?sort=asc").await.json()["transactions"].clone();
    reversed.as_array_mut().expect("transactions").reverse();
    assert_eq!(reversed, everything);
    let named = tenant.get(&format!("/rest/transactions?accounts={account}")).await.json();
    assert_eq!(named["transactions"].as_array(), Some(&all));
    let day = all[4]["booking_date"].as_str().expect("a day");
    let since = tenant.get(&format!("{path}?since={day}")).await.json();
    assert_eq!(since["transactions"].as_array().map(Vec::len), Some(5));
    let until = tenant.get(&format!("{path}?until={day}&since={day}")).await.json();
    assert_eq!(until["transactions"], json!([all[4]]));
    let sync = job["id"].as_str().expect("an id");
    let brought = tenant.get(&format!("/rest/transactions?sync_id={sync}")).await.json();
    assert_eq!(brought["transactions"], everything);
    for wrong in ["count=1001", "since=2026-02-01&until=2026-01-01", "accounts=x", "sort=up", "since_type=x"]
    {
        let refused = tenant.get(&format!("/rest/transactions?{wrong}")).await;
        assert_eq!(refused.problem(), (400, "invalid_parameter".to_owned()), "{wrong}");
    }
}

#[tokio::test]
async fn synchronization_updates_accounts() {
    let Some((_, bank, tenant)) = with_sandbox_bank().await else { return };
    let access = connect(&tenant, "sandbox").await;
    let psu_id = customer("moving");
    completed(&tenant, &access, &psu_id, json!({})).await;
    let before = tenant.get("/rest/accounts").await.json()["accounts"].clone();
    let giro = before[0]["account_id"].as_str().expect("an id").to_owned();
    let path = format!("/rest/accounts/{giro}/transactions?include_pending=true");
    let listed = async || {
        let all = tenant.get(&path).await.json();
        let each = |each: &Value| (each["amount"].to_string(), each["booked"] == json!(true));
        let mut listed: Vec<_> =
            all["transactions"].as_array().expect("transactions").iter().map(each).collect();
        listed.sort();
        listed
    };
    let of = |listed: &[(&str, bool)]| -> Vec<(String, bool)> {
        let mut listed: Vec<_> =
            listed.iter().map(|(amount, booked)| ((*amount).to_owned(), *booked)).collect();
        listed.sort();
        listed
    };
    let booked = [("-70", true), ("-100", true), ("1000", true)];
    let pending = [("-20", false), ("-15.3", false), ("-99", false)];
    assert_eq!(listed().await, of(&[booked, pending].concat()));

    next_day(&bank, &psu_id).await;
    let job = completed(&tenant, &access, &psu_id, json!({})).await;
    assert_eq!((&job["new_transactions"], &job["conflict_count"]), (&json!(3), &json!(0)), "{job}");
    assert_eq!(listed().await, of(&[&booked[..], &[("-23", true), ("-15.3", true)]].concat()));
    let after = tenant.get("/rest/accounts").await.json()["accounts"].clone();
    assert_eq!(after.as_array().map(Vec::len), Some(3), "{after}");
    assert_eq!(after[0]["account_id"], json!(giro), "renumbered, and the same");
    assert_eq!(after[0]["balance"]["balance"].to_string(), "791.7");
    assert_eq!(after[1]["status"]["code"], -10005, "the account no longer exists at the bank: {after}");
    assert_eq!(after[2]["status"]["code"], 1, "new: {after}");

    // Another synchronization without changes writes nothing.
    let accounts = tenant.get("/v1/accounts?limit=100").await.json();
    let job = completed(&tenant, &access, &psu_id, json!({})).await;
    assert_eq!(job["new_transactions"], 0);
    assert_eq!(tenant.get("/v1/accounts?limit=100").await.json(), accounts);
    assert_eq!(listed().await, of(&[&booked[..], &[("-23", true), ("-15.3", true)]].concat()));
}

#[tokio::test]
async fn same_bank_id_with_other_amount_is_recorded_as_conflict() {
    let Some((_, bank, tenant)) = with_sandbox_bank().await else { return };
    let access = connect(&tenant, "sandbox").await;
    let psu_id = customer("conflict");
    completed(&tenant, &access, &psu_id, json!({})).await;
    next_day(&bank, &psu_id).await;
    let job = completed(&tenant, &access, &psu_id, json!({})).await;
    assert_eq!(job["conflict_count"], 1);
    assert_snapshot!(testing::shown(&job["conflicts"], HIDDEN), @r#"
    [
      {
        "account_id": "[account_id]",
        "code": "conflict",
        "field": "amount",
        "reason": "a transaction with this id is stored with another value, which was kept",
        "transaction_id": "[transaction_id]"
      }
    ]
    "#);
    let all = tenant.get("/rest/transactions").await.json();
    let amounts: Vec<_> = all["transactions"]
        .as_array()
        .expect("transactions")
        .iter()
        .map(|each| each["amount"].to_string())
        .collect();
    assert_eq!(amounts, ["-10", "500"]);
    assert_eq!(tenant.get("/rest/accounts").await.json()["accounts"][0]["balance"]["balance"], 489);
}

#[tokio::test]
async fn transactions_without_ids_are_distinguished_and_stored_once() {
    let Some((_, _, tenant)) = with_sandbox_bank().await else { return };
    let access = connect(&tenant, "sandbox").await;
    let psu_id = customer("no-ids");
    assert_eq!(completed(&tenant, &access, &psu_id, json!({})).await["new_transactions"], 4);
    assert_eq!(completed(&tenant, &access, &psu_id, json!({})).await["new_transactions"], 0);
    assert_eq!(
        completed(&tenant, &access, &psu_id, json!({ "sync_period": 7 })).await["new_transactions"],
        0
    );
    let all = tenant.get("/rest/transactions").await.json();
    assert_eq!(all["transactions"].as_array().map(Vec::len), Some(4));
}

#[tokio::test]
async fn deleted_account_returns_only_on_account_request() {
    let Some((_, _, tenant)) = with_sandbox_bank().await else { return };
    let access = connect(&tenant, "sandbox").await;
    let psu_id = customer("moving");
    completed(&tenant, &access, &psu_id, json!({})).await;
    let accounts = tenant.get("/rest/accounts").await.json()["accounts"].clone();
    let id = accounts[1]["account_id"].as_str().expect("an id");
    assert_eq!(tenant.delete(&format!("/rest/accounts/{id}")).await.status, 200);
    assert_eq!(tenant.get(&format!("/rest/accounts/{id}")).await.status, 404);
    completed(&tenant, &access, &psu_id, json!({})).await;
    assert_eq!(tenant.get("/rest/accounts").await.json()["accounts"].as_array().map(Vec::len), Some(1));
    completed(&tenant, &access, &psu_id, json!({ "scope": ["ACCOUNTS"] })).await;
    assert_eq!(tenant.get("/rest/accounts").await.json()["accounts"].as_array().map(Vec::len), Some(2));
    // The account can be deleted by either path.
    assert_eq!(tenant.delete(&format!("/v1/accounts/{id}")).await.status, 204);
    assert_eq!(tenant.get("/rest/accounts").await.json()["accounts"].as_array().map(Vec::len), Some(1));
    completed(&tenant, &access, &psu_id, json!({ "scope": ["ACCOUNTS"] })).await;
    // Changes made in Saldo are kept.
    let giro = accounts[0]["account_id"].as_str().expect("an id");
    let mine =
        json!({ "notes": "ours", "status": "watched", "balance": 1, "currency": "USD", "identifier": "x" });
    assert_eq!(tenant.json(Method::PUT, &format!("/v1/accounts/{giro}"), mine).await.status, 200);
    completed(&tenant, &access, &psu_id, json!({})).await;
    let account = tenant.get(&format!("/v1/accounts/{giro}")).await.json();
    assert_eq!((&account["notes"], &account["status"]), (&json!("ours"), &json!("watched")));
    let bank = (&account["balance"], &account["currency"], &account["identifier"]);
    assert_eq!(bank, (&json!(830), &json!("EUR"), &account["bank"]["iban"]), "but for what the bank knows");
}
