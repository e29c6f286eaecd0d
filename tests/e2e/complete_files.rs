//! Complete files: what they close and reopen, what they leave alone, and when they ask.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use reqwest::Method;
use saldo_domain::id::ImportId;
use saldo_domain::import::{SCOPES_MAX, ScopeFiles};
use saldo_domain::receivable::SourceFile;
use serde_json::{Value, json};
use testing::{Answer, Tenant, saldo};
use uuid::Uuid;

const NDJSON: &str = "application/x-ndjson";

/// A day before today, in UTC.
pub(crate) fn days_ago(days: i64) -> Date {
    let today = Timestamp::now().to_zoned(TimeZone::UTC).date();
    today.checked_sub(days.days()).expect("a day")
}

/// An open item of SAP's list.
pub(crate) fn item(number: usize, amount: u32) -> Value {
    json!({ "external_id": format!("C-{number}"), "contact": { "name": "A" }, "total_amount": amount, "currency": "EUR" })
}

pub(crate) fn items(numbers: impl IntoIterator<Item = usize>) -> Vec<Value> {
    numbers.into_iter().map(|number| item(number, 100)).collect()
}

/// Sends a complete file of SAP as of a day, with more options.
pub(crate) async fn send(tenant: &Tenant, rows: &[Value], day: i64, options: &str) -> Answer {
    let body = rows.iter().map(Value::to_string).collect::<Vec<_>>().join("\n");
    let scope = "%7B%22source_system%22:%22SAP%22%7D";
    let as_of = days_ago(day);
    let path = format!("/api/v1/import?complete=true&scope={scope}&as_of={as_of}{options}");
    let accepted = tenant.send(Method::POST, &path, &[("content-type", NDJSON)], body).await;
    assert_eq!(accepted.status, 202, "{accepted:?}");
    accepted
}

pub(crate) async fn import(tenant: &Tenant, rows: &[Value], day: i64, options: &str) -> Value {
    tenant.ended(&send(tenant, rows, day, options).await).await
}

/// The open amounts, by external id.
pub(crate) async fn open(tenant: &Tenant) -> BTreeMap<String, String> {
    let columns = ["external_id", "open_amount", "status"];
    let request = json!({ "format": "ndjson", "columns": columns });
    let file = tenant.export("accounts", request).await.text;
    let rows = file.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    rows.map(|row| {
        assert_eq!(row["status"] == "resolved", row["open_amount"] == 0, "{row}");
        (row["external_id"].as_str().unwrap_or("C-0").to_owned(), row["open_amount"].to_string())
    })
    .collect()
}

/// The numbers of the items that are open.
pub(crate) async fn still_open(tenant: &Tenant) -> Vec<usize> {
    let open = open(tenant).await.into_iter().filter(|(_, amount)| amount != "0");
    let mut numbers: Vec<usize> = open.map(|(id, _)| id[2..].parse().expect("a number")).collect();
    numbers.sort_unstable();
    numbers
}

/// The external ids on the list of a job, read page by page.
async fn listed(tenant: &Tenant, job: &Value) -> Vec<String> {
    let (mut ids, mut after) = (Vec::new(), String::new());
    loop {
        let path = format!("/v1/imports/{}/closings?limit=7{after}", job["job_id"].as_str().expect("an id"));
        let page = tenant.get(&path).await.json();
        let data = page["data"].as_array().expect("entries");
        ids.extend(data.iter().map(|entry| entry["external_id"].as_str().expect("an id").to_owned()));
        match page["next_starting_after"].as_str() {
            Some(next) => after = format!("&starting_after={next}"),
            None => break,
        }
        assert_eq!(page["has_more"], true);
    }
    ids.sort();
    ids
}

pub(crate) fn not_closed(job: &Value) -> &str {
    job["not_closed"]["code"].as_str().unwrap_or_default()
}

#[tokio::test]
async fn next_file_closes_what_it_omits_and_reopens_what_it_contains_again() {
    let tenant = saldo().await.tenant().await;
    let first = import(&tenant, &items(1..=5), 5, "").await;
    assert_eq!((&first["status"], &first["closed"]), (&json!("completed"), &json!(0)), "{first}");
    // Of another source, and without one.
    let others = json!([
        { "external_id": "C-90", "contact": { "name": "A" }, "total_amount": 1, "source_system": "Lexware" },
        { "external_id": "C-91", "contact": { "name": "A" }, "total_amount": 1 }
    ]);
    tenant.import_rows(others).await;

    let file = [item(1, 100), item(2, 60), item(6, 100)];
    let dry = import(&tenant, &file, 4, "&dry_run=true").await;
    assert_eq!((&dry["status"], &dry["closed"]), (&json!("completed"), &json!(3)), "{dry}");
    assert_eq!(still_open(&tenant).await, [1, 2, 3, 4, 5, 90, 91]);
    let job = import(&tenant, &file, 4, "").await;
    assert_eq!(listed(&tenant, &job).await, listed(&tenant, &dry).await);
    assert_eq!(listed(&tenant, &job).await, ["C-3", "C-4", "C-5"]);
    assert_eq!(
        (&job["imported"], &job["updated"], &job["closed"]),
        (&json!(1), &json!(2), &json!(3)),
        "{job}"
    );
    let closed = json!({ "rows": 3, "amounts": { "EUR": "300.00" } });
    assert_eq!(job["control_totals"]["closed"], closed, "{job}");
    // What the file has created does not count. C-2 counts as its row has left it, also in the dry run.
    assert_eq!((&job["closings"], &job["closings"]["of_items"]), (&dry["closings"], &json!(5)), "{dry}");
    assert_eq!(job["closings"]["of_amounts"], json!({ "EUR": "460.00" }), "{job}");
    assert_eq!(still_open(&tenant).await, [1, 2, 6, 90, 91]);
    let shown = tenant.get("/v1/accounts?external_id=C-3").await.json();
    let omitted = json!({ "as_of": days_ago(4) });
    assert_eq!(shown["data"][0]["omitted_by_source"], omitted, "{shown}");

    // The same file again changes nothing.
    let again = import(&tenant, &file, 4, "").await;
    assert_eq!((&again["unchanged"], &again["closed"]), (&json!(3), &json!(0)), "{again}");
    let file = [item(1, 100), item(3, 100), item(4, 30)];
    let dry = import(&tenant, &file, 3, "&dry_run=true").await;
    let reopening = import(&tenant, &file, 3, "").await;
    assert_eq!(dry["closings"], reopening["closings"], "{dry} {reopening}");
    assert_eq!((&reopening["unchanged"], &reopening["closed"]), (&json!(1), &json!(2)), "{reopening}");
    let open = open(&tenant).await;
    let amounts = ["C-1", "C-2", "C-3", "C-4", "C-5", "C-6"].map(|id| open[id].as_str());
    assert_eq!(amounts, ["100", "0", "100", "30", "0", "0"]);
    let shown = tenant.get("/v1/accounts?external_id=C-3").await.json();
    assert!(shown["data"][0].get("omitted_by_source").is_none(), "{shown}");
}

#[tokio::test]
async fn old_file_changes_nothing_after_a_newer_complete_one() {
    let tenant = saldo().await.tenant().await;
    import(&tenant, &items(1..=4), 5, "").await;
    import(&tenant, &items([1, 2]), 2, "").await;
    let before = open(&tenant).await;
    // C-1 was unchanged in the newer file, which wrote no day for it; C-3 is closed; C-2 is omitted; C-7 was never seen.
    let old = [item(1, 90), item(3, 70), item(7, 50)];
    let job = import(&tenant, &old, 3, "").await;
    assert_eq!(not_closed(&job), "superseded", "{job}");
    let codes: Vec<_> =
        job["warnings"].as_array().expect("warnings").iter().map(|found| &found["code"]).collect();
    assert_eq!(codes, ["stale_as_of"], "{job}");
    // The newer file states no figure of what it omits.
    let shown = tenant.get("/v1/accounts?external_id=C-3").await.json();
    assert_eq!(
        (&shown["data"][0]["total_amount"], &shown["data"][0]["open_amount"]),
        (&json!(70), &json!(0))
    );
    let (path, headers) = (format!("/api/v1/import?as_of={}", days_ago(4)), [("content-type", NDJSON)]);
    let partial = tenant.send(Method::POST, &path, &headers, item(1, 95).to_string()).await;
    let job = tenant.ended(&partial).await;
    assert_eq!(job["warnings"][0]["code"], "stale_as_of", "{job}");
    let mut after = open(&tenant).await;
    assert_eq!(after.remove("C-7").as_deref(), Some("0"), "an item of which the newer file knows nothing");
    assert_eq!(after, before);
    // A file of a later day may say so again.
    import(&tenant, &[item(1, 90), item(7, 50)], 1, "").await;
    assert_eq!(still_open(&tenant).await, [1, 7]);
}

#[tokio::test]
async fn item_that_a_file_could_not_know_stays_open() {
    let tenant = saldo().await.tenant().await;
    import(&tenant, &items(1..=3), 6, "").await;
    let newer = json!({ "external_id": "C-4", "contact": { "name": "A" }, "total_amount": 1, "source_system": "SAP", "as_of": days_ago(1) });
    tenant.import_rows(json!([newer])).await;
    let job = import(&tenant, &items([1]), 3, "").await;
    assert_eq!(listed(&tenant, &job).await, ["C-2", "C-3"], "{job}");
    assert_eq!(still_open(&tenant).await, [1, 4]);
}

#[tokio::test]
async fn nothing_is_closed_by_a_file_that_is_unfit() {
    let tenant = saldo().await.tenant().await;
    import(&tenant, &items(1..=4), 5, "").await;
    let nameless = json!({ "contact": { "name": "A" }, "total_amount": 5 });
    let mangled = json!({ "external_id": "1.23E+12", "contact": { "name": "A" }, "total_amount": 5 });
    for (rows, options, code) in [
        (vec![item(1, 100), nameless], "", "unreadable_id"),
        (vec![item(1, 100), mangled], "", "unreadable_id"),
        (items([1]), "&expected_rows=2", "control_totals_differ"),
        (items([1]), "&expected_total=99.99", "control_totals_differ"),
    ] {
        let job = import(&tenant, &rows, 4, options).await;
        assert_eq!((not_closed(&job), &job["closed"]), (code, &json!(0)), "{job}");
        let warns = job["warnings"].as_array().expect("warnings").iter();
        let differs = warns.filter(|found| found["code"] == "control_totals_differ").count();
        assert_eq!(differs, usize::from(code == "control_totals_differ"), "{job}");
    }
    let unreadable = tenant.send(
        Method::POST,
        "/api/v1/import?complete=true&scope=%7B%22source_system%22:%22SAP%22%7D",
        &[("content-type", "text/csv")],
        "external_id,contact.name,total_amount\n".to_owned(),
    );
    assert_eq!(unreadable.await.status, 400);
    assert_eq!(still_open(&tenant).await, [0, 1, 2, 3, 4], "C-0 has no external id");
    let job = import(&tenant, &items([1]), 3, "&expected_rows=1&expected_total=100").await;
    assert_eq!((not_closed(&job), still_open(&tenant).await), ("", vec![1]), "{job}");
    // A refused row counts as contained.
    let bad = json!({ "external_id": "C-1", "contact": { "name": "A" }, "total_amount": "many" });
    let job = import(&tenant, &[bad, item(2, 100)], 2, "").await;
    assert_eq!((&job["status"], &job["failed"]), (&json!("completed_with_errors"), &json!(1)), "{job}");
    assert_eq!(still_open(&tenant).await, [1, 2]);
}

#[tokio::test]
async fn rows_are_of_the_scope() {
    let tenant = saldo().await.tenant().await;
    let rows = [
        json!({ "external_id": "C-1", "contact": { "name": "A" }, "total_amount": 1, "source_system": "Lexware" }),
        json!({ "external_id": "C-2", "contact": { "name": "A" }, "total_amount": 1, "source_system": null }),
    ];
    let job = import(&tenant, &rows, 1, "").await;
    let error = &job["errors"][0];
    assert_eq!((&error["field"], &error["code"]), (&json!("source_system"), &json!("out_of_scope")), "{job}");
    let shown = tenant.get("/v1/accounts?external_id=C-2").await.json();
    assert_eq!(shown["data"][0]["source_system"], "SAP", "{shown}");
    let refused = tenant.send(
        Method::POST,
        "/api/v1/import?complete=true",
        &[("content-type", NDJSON)],
        item(1, 1).to_string(),
    );
    let refused = refused.await;
    assert_eq!((refused.status.as_u16(), refused.text.contains("scope")), (400, true), "{refused:?}");
}

#[tokio::test]
async fn many_closings_wait_for_a_confirmation() {
    let tenant = saldo().await.tenant().await;
    import(&tenant, &items(1..=60), 9, "").await;
    // Twenty of sixty are more than a fifth, but few.
    let job = import(&tenant, &items(1..=40), 8, "").await;
    assert_eq!((&job["status"], &job["closed"]), (&json!("completed"), &json!(20)), "{job}");
    let job = import(&tenant, &items(1..=19), 7, "").await;
    assert_eq!((&job["status"], &job["closed"]), (&json!("awaiting_confirmation"), &json!(0)), "{job}");
    assert_eq!((listed(&tenant, &job).await.len(), still_open(&tenant).await.len()), (21, 40));
    let id = job["job_id"].as_str().expect("an id").to_owned();
    let listed_jobs = tenant.get("/api/v1/import?status=awaiting_confirmation").await.json();
    assert_eq!(listed_jobs["data"][0]["job_id"], json!(id));
    // Items that are reported again or edited meanwhile stay open.
    let row = json!({ "external_id": "C-20", "contact": { "name": "A" }, "total_amount": 100, "currency": "EUR", "as_of": days_ago(6) });
    tenant.import_rows(json!([row])).await;
    let account = tenant.get("/v1/accounts?external_id=C-21").await.json();
    let account = format!("/v1/accounts/{}", account["data"][0]["id"].as_str().expect("an id"));
    assert_eq!(tenant.json(Method::PUT, &account, json!({ "notes": "call again" })).await.status, 200);
    let confirm = async || tenant.json(Method::POST, &format!("/v1/imports/{id}/confirm"), json!({})).await;
    let confirmed = confirm().await;
    assert_eq!(confirmed.status, 202, "{confirmed:?}");
    let job = ended(&tenant, &id).await;
    assert_eq!((&job["status"], &job["closed"]), (&json!("completed"), &json!(19)), "{job}");
    assert_eq!(not_closed(&job), "items_changed", "{job}");
    assert_eq!(still_open(&tenant).await, (1..=21).collect::<Vec<_>>());
    assert_eq!(confirm().await.problem(), (409, "import_ended".to_owned()));

    // By amount: one large item is more than a fifth of the sum.
    let mut rows: Vec<_> = (1..=200).map(|number| item(number, 1)).collect();
    rows.push(item(201, 1_000));
    import(&tenant, &rows, 6, "").await;
    let job = import(&tenant, &rows[21..200], 5, "").await;
    assert_eq!(
        (&job["status"], &job["closings"]["items"]),
        (&json!("awaiting_confirmation"), &json!(22)),
        "{job}"
    );
    let id = job["job_id"].as_str().expect("an id").to_owned();
    let cancelled = tenant.json(Method::POST, &format!("/api/v1/import/{id}/cancel"), json!({})).await;
    assert_eq!(cancelled.status, 202, "{cancelled:?}");
    let job = ended(&tenant, &id).await;
    assert_eq!((&job["status"], not_closed(&job)), (&json!("cancelled"), "cancelled"), "{job}");
    assert_eq!(still_open(&tenant).await.len(), 201);
    // A larger share is admitted.
    let job = import(&tenant, &rows[21..200], 4, "&close_at_most=90").await;
    assert_eq!((&job["status"], &job["closed"]), (&json!("completed"), &json!(22)), "{job}");
}

#[tokio::test]
async fn items_of_the_wrong_file_do_not_hide_what_it_closes() {
    let tenant = saldo().await.tenant().await;
    import(&tenant, &items(1..=30), 5, "").await;
    let other = items(1_001..=1_300);
    let dry = import(&tenant, &other, 4, "&dry_run=true").await;
    let job = import(&tenant, &other, 4, "").await;
    assert_eq!(job["status"], "awaiting_confirmation", "{job}");
    assert_eq!((&job["closings"], &job["closings"]["of_items"]), (&dry["closings"], &json!(30)), "{job}");
}

#[tokio::test]
async fn dry_run_counts_what_the_rows_of_all_chunks_would_change() {
    let tenant = saldo().await.tenant().await;
    import(&tenant, &items(1..=620), 5, "").await;
    let mut rows: Vec<_> =
        (1..=600).map(|number| item(number, if number % 7 == 0 { 0 } else { 90 })).collect();
    rows.push(item(1_000, 5));
    let dry = import(&tenant, &rows, 4, "&dry_run=true").await;
    let job = import(&tenant, &rows, 4, "").await;
    assert_eq!((&job["closings"], &job["closed"]), (&dry["closings"], &json!(20)), "{dry} {job}");
    // 85 of the 600 are paid, and 20 are omitted.
    let of = (&job["closings"]["of_items"], &job["closings"]["of_amounts"]);
    assert_eq!(of, (&json!(535), &json!({ "EUR": "48350.00" })), "{job}");
}

#[tokio::test]
async fn item_that_the_latest_file_lists_is_open_whatever_day_its_row_states() {
    let tenant = saldo().await.tenant().await;
    import(&tenant, &items(1..=3), 9, "").await;
    import(&tenant, &items([1]), 6, "").await;
    let of_day = |number| {
        let mut row = item(number, 100);
        row["as_of"] = json!(days_ago(8));
        row
    };
    import(&tenant, &[item(1, 100), of_day(2), of_day(4)], 3, "").await;
    assert_eq!(still_open(&tenant).await, [1, 2, 4]);
}

#[tokio::test]
async fn file_that_was_held_and_cancelled_says_nothing_about_what_it_omits() {
    let tenant = saldo().await.tenant().await;
    import(&tenant, &items(1..=40), 9, "").await;
    let held = import(&tenant, &items([1]), 3, "").await;
    assert_eq!(held["status"], "awaiting_confirmation", "{held}");
    let id = held["job_id"].as_str().expect("an id").to_owned();
    tenant.json(Method::POST, &format!("/api/v1/import/{id}/cancel"), json!({})).await;
    ended(&tenant, &id).await;
    let row = json!({ "external_id": "C-2", "contact": { "name": "A" }, "total_amount": 60, "currency": "EUR", "as_of": days_ago(5) });
    tenant.import_rows(json!([row])).await;
    assert_eq!(open(&tenant).await["C-2"], "60");
}

#[tokio::test]
async fn scopes_of_an_organization_have_a_bound() {
    let saldo = saldo().await;
    let (app, tenant) = (saldo.app().await, saldo.tenant().await);
    let (Some(app), Some(org)) = (app, tenant.org()) else { return };
    let send = async |number: usize| {
        let scope = format!("%7B%22source_system%22:%22S{number}%22%7D");
        let path = format!("/api/v1/import?complete=true&scope={scope}");
        tenant.send(Method::POST, &path, &[("content-type", NDJSON)], item(number, 1).to_string()).await
    };
    let import = ImportId::of_seed(Uuid::now_v7());
    let file = SourceFile { as_of: days_ago(5), import: import.clone() };
    for number in 0..SCOPES_MAX {
        let scope = serde_json::from_value(json!({ "source_system": format!("S{number}") }));
        let scope = scope.expect("a scope");
        let accept = |before| Some(ScopeFiles::accept(before, &scope, &file, &import));
        app.imports.record_file(org, &scope, accept).await.expect("DynamoDB");
    }
    assert_eq!(send(SCOPES_MAX).await.problem(), (422, "too_many_scopes".to_owned()));
    assert_eq!(send(0).await.status, 202, "a scope that has files");
}

#[tokio::test]
async fn list_that_waits_is_superseded_by_the_next_file() {
    let tenant = saldo().await.tenant().await;
    import(&tenant, &items(1..=40), 9, "").await;
    let waiting = import(&tenant, &items([1]), 8, "").await;
    assert_eq!(waiting["status"], "awaiting_confirmation", "{waiting}");
    let job = import(&tenant, &items(1..=35), 7, "").await;
    assert_eq!((&job["status"], &job["closed"]), (&json!("completed"), &json!(5)), "{job}");
    let waiting = ended(&tenant, waiting["job_id"].as_str().expect("an id")).await;
    assert_eq!((&waiting["status"], not_closed(&waiting)), (&json!("completed"), "superseded"), "{waiting}");
    assert_eq!(still_open(&tenant).await.len(), 35);
}

/// The job, when it neither runs nor waits.
pub(crate) async fn ended(tenant: &Tenant, id: &str) -> Value {
    for _ in 0..500 {
        let job = tenant.get(&format!("/api/v1/import/{id}")).await.json();
        if !["processing", "awaiting_confirmation"].contains(&job["status"].as_str().expect("a status")) {
            return job;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("{id} does not end");
}
