//! The day of which a source has stated an account, where a complete file has it: in answers and exports, after raw exports that
//! are imported again, and after changes by hand.

use jiff::civil::Date;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::Method;
use serde_json::{Value, json};
use testing::{Tenant, another_day_than_midnight, saldo};

use crate::complete_files::{days_ago, ended, import, item, items, not_closed, open, still_open};

/// The account with an external id, in a list.
async fn listed(tenant: &Tenant, external_id: &str) -> Value {
    let page = tenant.get(&format!("/v1/accounts?external_id={external_id}")).await.json();
    page["data"][0].clone()
}

fn path(account: &Value) -> String {
    format!("/v1/accounts/{}", account["id"].as_str().expect("an id"))
}

/// The day of an account, which all answers and exports state.
async fn day(tenant: &Tenant, external_id: &str) -> Date {
    let account = listed(tenant, external_id).await;
    let read = tenant.get(&path(&account)).await.json();
    let owned = tenant.get("/v1/accounts?owner_id=o&limit=100").await.json();
    let mut owned = owned["data"].as_array().expect("a list").iter();
    let owned = owned.find(|owned| owned["id"] == account["id"]);
    assert_eq!((&read, owned.unwrap_or(&read)), (&account, &account));
    for filters in [json!({ "external_id": external_id }), json!({ "owner_id": "o" }), json!({})] {
        let request =
            json!({ "format": "ndjson", "filters": filters, "columns": ["id", "as_of"], "profile": "raw" });
        let file = tenant.export("accounts", request).await.text;
        let mut rows = file.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
        let exported = rows.find(|row| row["id"] == account["id"]);
        assert_eq!(exported.is_none(), owned.is_none() && filters.get("owner_id").is_some(), "{filters}");
        assert!(exported.is_none_or(|row| row["as_of"] == account["as_of"]), "{account}");
    }
    account["as_of"].as_str().expect("a day").parse().expect("a day")
}

/// Some items, and others that no test looks at: rows of very small files write their days.
fn list(some: impl IntoIterator<Item = Value>) -> Vec<Value> {
    some.into_iter().chain(items(11..=14)).collect()
}

/// SAP's list of the ninth day before today and, without a change of C-1 and C-2, that of the fourth, which omits C-3.
async fn two_lists() -> Tenant {
    another_day_than_midnight().await;
    let tenant = saldo().await.tenant().await;
    let mut first = list(items(1..=3));
    first[0]["owner_id"] = json!("o");
    import(&tenant, &first, 9, "").await;
    let job = import(&tenant, &list(items([1, 2])), 4, "").await;
    assert_eq!((&job["unchanged"], &job["closed"]), (&json!(6), &json!(1)), "{job}");
    tenant
}

#[tokio::test]
async fn answers_and_exports_state_the_day_of_the_latest_complete_file() {
    let tenant = two_lists().await;
    for (external_id, days) in [("C-1", 4), ("C-2", 4), ("C-3", 9)] {
        assert_eq!(day(&tenant, external_id).await, days_ago(days), "{external_id}");
    }
    // A file with refused rows states the days of its own rows alone.
    let bad = json!({ "external_id": "C-2", "contact": { "name": "A" }, "total_amount": "many" });
    let job = import(&tenant, &list([item(1, 100), item(4, 7), bad]), 3, "").await;
    assert_eq!((&job["unchanged"], &job["failed"]), (&json!(5), &json!(1)), "{job}");
    for (external_id, days) in [("C-1", 4), ("C-2", 4), ("C-4", 3)] {
        assert_eq!(day(&tenant, external_id).await, days_ago(days), "{external_id}");
    }
    let account = listed(&tenant, "C-1").await;
    let changed = tenant.json(Method::PUT, &path(&account), json!({ "notes": "call again" })).await;
    assert_eq!(changed.json()["as_of"], json!(days_ago(4)), "{changed:?}");
    let same = tenant.json(Method::PUT, &path(&listed(&tenant, "C-2").await), json!({})).await;
    assert_eq!(same.json()["as_of"], json!(days_ago(4)), "{same:?}");
}

#[tokio::test]
async fn raw_export_after_complete_files_changes_no_amount_weeks_later() {
    let tenant = two_lists().await;
    let export = async |format: &str| {
        let request = json!({ "format": format, "profile": "raw" });
        tenant.export("accounts", request).await.bytes
    };
    let xlsx = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    let formats = [("csv", "text/csv"), ("ndjson", "application/x-ndjson"), ("xlsx", xlsx)];
    let etags = async || {
        let page = tenant.get("/v1/accounts?limit=100").await.json();
        let mut etags = Vec::new();
        for account in page["data"].as_array().expect("a list") {
            etags.push(tenant.get(&path(account)).await.header("etag").to_owned());
        }
        etags
    };
    let (amounts, before, mut old) = (open(&tenant).await, etags().await, Vec::new());
    for (format, media_type) in formats {
        let exported = export(format).await;
        let job = tenant.ended(&tenant.import(media_type, exported.clone()).await).await;
        assert_eq!((&job["unchanged"], &job["failed"]), (&json!(7), &json!(0)), "{format}: {job}");
        assert_eq!((open(&tenant).await, etags().await), (amounts.clone(), before.clone()), "{format}");
        assert!(format == "xlsx" || export(format).await == exported, "{format}");
        old.push((media_type, exported));
    }
    assert_eq!(amounts["C-3"], "0", "it is closed");
    // The source goes on: C-1 is paid in part, C-2 is closed, and C-3 is open again.
    import(&tenant, &list([item(1, 60), item(3, 100)]), 2, "").await;
    let amounts = open(&tenant).await;
    assert_eq!(["C-1", "C-2", "C-3"].map(|id| amounts[id].as_str()), ["60", "0", "100"]);
    for (media_type, exported) in old {
        let job = tenant.ended(&tenant.import(media_type, exported).await).await;
        assert_eq!(job["failed"], 0, "{job}");
        assert_eq!(open(&tenant).await, amounts, "{media_type}");
        assert_eq!(day(&tenant, "C-1").await, days_ago(2), "{media_type}");
    }
}

#[tokio::test]
async fn account_that_leaves_a_scope_keeps_its_day() {
    for (scope, change) in [
        (json!({ "source_system": "SAP", "campaign_id": "K" }), json!({ "campaign_id": "L" })),
        (json!({ "source_system": "SAP", "currency": "EUR" }), json!({ "currency": "USD" })),
    ] {
        another_day_than_midnight().await;
        let tenant = saldo().await.tenant().await;
        let file = async |days: i64, amount: u32, complete: bool| {
            let mut row = item(1, amount);
            if let Some(currency) = change.get("currency").filter(|_| !complete) {
                row["currency"] = currency.clone();
            }
            let scope = utf8_percent_encode(&scope.to_string(), NON_ALPHANUMERIC).to_string();
            let scope = if complete { format!("&complete=true&scope={scope}") } else { String::new() };
            let path = format!("/api/v1/import?as_of={}{scope}", days_ago(days));
            let headers = [("content-type", "application/x-ndjson")];
            let rows = if complete { list([row]) } else { vec![row] };
            let body = rows.iter().map(Value::to_string).collect::<Vec<_>>().join("\n");
            tenant.ended(&tenant.send(Method::POST, &path, &headers, body).await).await
        };
        file(9, 100, true).await;
        let job = file(4, 100, true).await;
        assert_eq!(job["unchanged"], 5, "{job}");
        let account = listed(&tenant, "C-1").await;
        let changed = tenant.json(Method::PUT, &path(&account), change.clone()).await;
        assert_eq!((changed.status.as_u16(), &changed.json()["as_of"]), (200, &json!(days_ago(4))));
        assert_eq!(day(&tenant, "C-1").await, days_ago(4), "{change}");
        let job = file(6, 70, false).await;
        assert_eq!(job["warnings"][0]["code"], "stale_as_of", "{job}");
        assert_eq!(open(&tenant).await["C-1"], "100", "{change}");
    }
}

#[tokio::test]
async fn adjustment_counts_from_the_day_of_the_latest_complete_file() {
    let tenant = two_lists().await;
    let account = path(&listed(&tenant, "C-1").await);
    let changed = tenant.json(Method::PUT, &account, json!({ "balance": -60 })).await;
    assert_eq!(changed.json()["open_amount"], 60, "{changed:?}");
    let made = tenant.get(&format!("{account}/allocations")).await.json()["data"][0].clone();
    assert_eq!(made["as_of"], json!(days_ago(4)), "{made}");
    let acknowledge = async |days: i64| {
        let line = json!({
            "account_id": made["account_id"], "allocation_id": made["id"], "posted_at": days_ago(days)
        });
        let answer = tenant.json(Method::POST, "/v1/postings/acknowledge", json!({ "lines": [line] })).await;
        assert_eq!(answer.json()["acknowledged"], 1, "{answer:?}");
        open(&tenant).await["C-1"].clone()
    };
    // The figure of the fourth day before today has what was posted until then.
    assert_eq!((acknowledge(5).await, acknowledge(3).await), ("100".to_owned(), "60".to_owned()));
    import(&tenant, &list(items([1, 2])), 3, "").await;
    assert_eq!(open(&tenant).await["C-1"], "100");
}

#[tokio::test]
async fn list_that_waits_keeps_older_files_from_changing_what_it_names() {
    let tenant = saldo().await.tenant().await;
    import(&tenant, &items(1..=40), 9, "").await;
    let waiting = import(&tenant, &list(items([1, 2])), 3, "").await;
    assert_eq!(waiting["status"], "awaiting_confirmation", "{waiting}");
    // An ordinary file and a complete one of a day between the two.
    let row = |number| {
        let mut row = item(number, 60);
        row["as_of"] = json!(days_ago(5));
        row
    };
    let job = tenant.import_rows(json!([row(1), row(3)])).await;
    let warnings = job["warnings"].as_array().expect("warnings");
    assert_eq!((warnings.len(), &warnings[0]["code"]), (1, &json!("stale_as_of")), "{job}");
    let older = import(&tenant, &list([item(2, 60), item(4, 60)]), 4, "").await;
    assert_eq!((not_closed(&older), &older["closed"]), ("superseded", &json!(0)), "{older}");
    let amounts = open(&tenant).await;
    assert_eq!(["C-1", "C-2", "C-3", "C-4"].map(|id| amounts[id].as_str()), ["100", "100", "60", "60"]);
    // What was changed since the list was made stays open.
    let id = waiting["job_id"].as_str().expect("an id");
    assert_eq!(tenant.json(Method::POST, &format!("/v1/imports/{id}/confirm"), json!({})).await.status, 202);
    let job = ended(&tenant, id).await;
    assert_eq!((not_closed(&job), &job["closed"]), ("items_changed", &json!(32)), "{job}");
    assert_eq!(still_open(&tenant).await, [1, 2, 3, 4, 11, 12, 13, 14]);
}
