//! The control totals of an import, the report of every row, and the list of imports.

use futures::{StreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use reqwest::Method;
use saldo_domain::bounds::Bounds;
use saldo_domain::id::ImportId;
use saldo_domain::import::{Accepted, Format, ImportFilter, ImportJob, ImportStatus, Notation, PayloadFile};
use serde_json::{Value, json};
use testing::{Answer, Tenant, saldo};
use uuid::Uuid;

use crate::uploads;

const NDJSON: [(&str, &str); 1] = [("accept", "application/x-ndjson")];

async fn csv(tenant: &Tenant, csv: &str) -> Answer {
    let accepted = tenant.import("text/csv", csv).await;
    tenant.ended(&accepted).await;
    accepted
}

async fn report(tenant: &Tenant, accepted: &Answer) -> Answer {
    tenant.get(&format!("{}/report", accepted.header("location"))).await
}

/// The rows, and the sum in each currency, of each control total.
fn totals(job: &Value) -> Vec<(String, u64, Value, Option<u64>)> {
    let total = |name: &str| {
        let total = &job["control_totals"][name];
        let rows = total["rows"].as_u64().expect("rows");
        (name.to_owned(), rows, total["amounts"].clone(), total["without_amount"].as_u64())
    };
    ["read", "imported", "updated", "unchanged", "superseded", "failed"].map(total).into()
}

#[tokio::test]
async fn control_totals_are_sums_by_outcome_and_currency() {
    let tenant = saldo().await.tenant().await;
    let id = |name: &str| tenant.external_id(name);
    let header = "external_id,contact.name,total_amount,currency\n";
    let first = format!(
        "{header}{a},Ana,100.10,EUR\n{b},Ben,0.20,EUR\n{c},Eva,7,JPY\n{a},Ana,100.15,EUR\n{d},,80,EUR\n{e},Ida,eighty,EUR\n{f},Max,-3,EUR\n",
        a = id("A"),
        b = id("B"),
        c = id("C"),
        d = id("D"),
        e = id("E"),
        f = id("F")
    );
    let job = tenant.get(csv(&tenant, &first).await.header("location")).await.json();
    let of = |name: &str, rows, amounts: Value, without| (name.to_owned(), rows, amounts, without);
    assert_eq!(
        totals(&job),
        [
            of("read", 7, json!({ "EUR": "277.45", "JPY": "7" }), Some(1)),
            of("imported", 4, json!({ "EUR": "97.35", "JPY": "7" }), None),
            of("updated", 0, json!({}), None),
            of("unchanged", 0, json!({}), None),
            of("superseded", 1, json!({ "EUR": "100.10" }), None),
            of("failed", 2, json!({ "EUR": "80.00" }), Some(1)),
        ]
    );
    // The sums are the same whether the check of the row or its account refuses an ambiguous amount.
    for (column, currency) in [("", ""), (",currency", ",EUR")] {
        let ambiguous = format!(
            "external_id;contact.name;total_amount{}\n{};Gil;25.000{}\n",
            column.replace(',', ";"),
            id("G"),
            currency.replace(',', ";")
        );
        let job = tenant.get(csv(&tenant, &ambiguous).await.header("location")).await.json();
        assert_eq!(totals(&job)[0], of("read", 1, json!({}), Some(1)), "{column}");
        assert_eq!(totals(&job)[5], of("failed", 1, json!({}), Some(1)), "{column}");
    }
    // A row without a currency is in that of its account.
    let second = format!(
        "external_id,contact.name,total_amount\n{},Ana,100.15\n{},Ben,1\n{},Eva,7\n",
        id("A"),
        id("B"),
        id("C")
    );
    let job = tenant.get(csv(&tenant, &second).await.header("location")).await.json();
    assert_eq!(
        totals(&job)[..4],
        [
            of("read", 3, json!({ "EUR": "101.15", "JPY": "7" }), None),
            of("imported", 0, json!({}), None),
            of("updated", 3, json!({ "EUR": "101.15", "JPY": "7" }), None),
            of("unchanged", 2, json!({ "EUR": "100.15", "JPY": "7" }), None),
        ]
    );
}

#[tokio::test]
async fn sums_have_all_digits() {
    let tenant = saldo().await.tenant().await;
    let row =
        |amount: String| json!({ "contact": { "name": "A" }, "total_amount": amount, "currency": "ARS" });
    let largest = "9".repeat(28);
    let rows = json!([row(largest.clone()), row(largest), row("0.01".to_owned())]);
    let job = tenant.import_rows(rows).await;
    let sum = format!("1{}8.01", "9".repeat(27));
    assert_eq!(job["control_totals"]["imported"]["amounts"], json!({ "ARS": sum }), "{job}");
}

#[tokio::test]
async fn failed_import_counts_unprocessed_rows_without_amounts() {
    let tenant = saldo().await.tenant().await;
    // More rows than a file of this size may have, which is known when they are counted.
    let about = json!({ "format": "ndjson" });
    let job = uploads::import(&tenant, about, "{}\n".repeat(20_000).into_bytes(), json!({})).await;
    assert_eq!(job["status"], "failed", "{job}");
    assert_eq!(job["control_totals"]["read"]["amounts"], json!({}), "{job}");
    assert_eq!(job["control_totals"]["failed"]["rows"], job["failed"], "{job}");
}

#[tokio::test]
async fn report_has_the_result_of_each_row() {
    let tenant = saldo().await.tenant().await;
    let (a, b) = (tenant.external_id("A"), tenant.external_id("B"));
    csv(&tenant, &format!("external_id,contact.name,total_amount\n{b},Ben,5\n")).await;
    let file = format!(
        "Open items\n\nexternal_id,contact.name,total_amount\n{a},Ana,1\n{b},Ben,5\n{a},Ana,2\n{b}x,,2\n{a},Ana,3\n"
    );
    let accepted = csv(&tenant, &file).await;
    let table = report(&tenant, &accepted).await;
    assert_eq!(table.header("content-type"), "text/csv; charset=utf-8");
    let id = accepted.json()["job_id"].as_str().expect("an id").to_owned();
    assert_eq!(table.header("content-disposition"), format!("attachment; filename=\"{id}-report.csv\""));
    let accounts = tenant.get("/v1/accounts?limit=100").await.json();
    let of = |external_id: &str| {
        let mut accounts = accounts["data"].as_array().expect("accounts").iter();
        let account = accounts.find(|account| account["external_id"] == external_id).expect("the account");
        account["id"].as_str().expect("an id").to_owned()
    };
    let (of_a, of_b) = (of(&a), of(&b));
    let mut revisions = Vec::new();
    for id in [&of_a, &of_b] {
        let etag = tenant.get(&format!("/v1/accounts/{id}")).await.header("etag").to_owned();
        revisions.push(etag.trim_matches('"').to_owned());
    }
    assert_eq!(
        table.text,
        format!(
            "index,line,outcome,account_id,revision,superseded_by\n\
             0,4,superseded,,,4\n\
             1,5,unchanged,{of_b},{},\n\
             2,6,superseded,,,4\n\
             3,7,failed,,,\n\
             4,8,imported,{of_a},{},\n",
            revisions[1], revisions[0]
        )
    );
    let path = format!("{}/report", accepted.header("location"));
    let lines = tenant.send(Method::GET, &path, &NDJSON, "").await;
    assert_eq!(lines.header("content-type"), "application/x-ndjson");
    let lines: Vec<Value> =
        lines.text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let expected = json!({ "index": 4, "line": 8, "outcome": "imported", "account_id": of_a, "revision": revisions[0], "superseded_by": null });
    assert_eq!((lines.len(), &lines[4]), (5, &expected));
}

#[tokio::test]
async fn dry_run_has_totals_and_a_report_without_revisions() {
    let tenant = saldo().await.tenant().await;
    let [there, new] = ["there", "new"].map(|name| tenant.external_id(name));
    let row = |id: &str, amount: u32| json!({ "external_id": id, "contact": { "name": "A" }, "total_amount": amount });
    tenant.import_rows(json!([row(&there, 1)])).await;
    let rows = json!([row(&there, 2), row(&new, 3), row(&new, 4)]);
    let body = json!({ "dry_run": true, "accounts": rows }).to_string();
    let accepted = tenant.import("application/json", body).await;
    let job = tenant.ended(&accepted).await;
    let sums = ["read", "imported", "updated", "superseded"]
        .map(|name| job["control_totals"][name]["amounts"]["ARS"].clone());
    assert_eq!(sums, ["9.00", "4.00", "2.00", "3.00"].map(Value::from), "{job}");
    let text = report(&tenant, &accepted).await.text;
    let lines: Vec<_> = text.lines().skip(1).collect();
    assert!(lines[0].starts_with("0,,updated,acc_") && lines[0].ends_with(",,"), "{text}");
    assert_eq!(lines[1..], ["1,,superseded,,,2", "2,,imported,,,"]);
}

#[tokio::test]
async fn report_of_many_chunks_has_every_row_in_order() {
    let tenant = saldo().await.tenant().await;
    // Refused rows write nothing, so they are quick.
    let rows = 12_000;
    let lines = "{\"total_amount\":\"not an amount\"}\n".repeat(rows);
    let accepted =
        uploads::begin(&tenant, json!({ "format": "ndjson" }), lines.into_bytes(), json!({})).await;
    let job = tenant.ended(&accepted).await;
    assert_eq!(job["failed"], rows, "{}", job["reason"]);
    let path = format!("{}/report", accepted.header("location"));
    let file = tenant.send(Method::GET, &path, &NDJSON, "").await.text;
    let indexes =
        file.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON")["index"].as_u64());
    assert!(indexes.eq((0..rows as u64).map(Some)));
}

/// A job that no worker begins.
async fn accept(tenant: &Tenant, status: ImportStatus, created_at: Timestamp) -> Option<ImportJob> {
    let (app, org) = (saldo().await.app().await?, tenant.org()?.clone());
    let accepted = Accepted {
        payload: PayloadFile { name: "imports/none".to_owned(), bytes: 1, etag: None },
        notation: Notation::of(Format::Csv),
        profile: None,
        total_records: None,
        dry_run: false,
        rows_per_chunk: 500,
        chunks_at_once: 40,
    };
    let seconds = u64::try_from(created_at.as_second()).expect("after 1970");
    let id = ImportId::of_seed(Uuid::new_v7(uuid::Timestamp::from_unix_time(seconds, 0, 0, 0)));
    let job = ImportJob { status, ..ImportJob::accepted(id, org, accepted, created_at) };
    app.imports.accept(&job).await.expect("DynamoDB");
    Some(job)
}

#[tokio::test]
async fn running_import_has_no_report() {
    let tenant = saldo().await.tenant().await;
    let Some(job) = accept(&tenant, ImportStatus::Processing, Timestamp::now()).await else { return };
    let answer = tenant.get(&format!("/api/v1/import/{}/report", job.id)).await;
    assert_eq!(answer.problem(), (409, "import_in_progress".to_owned()));
}

/// The ids of all imports of the list, read page by page.
async fn listed(tenant: &Tenant, filter: &str) -> Vec<String> {
    let (mut ids, mut after) = (Vec::new(), String::new());
    loop {
        let page = tenant.get(&format!("/api/v1/import?limit=2{filter}{after}")).await.json();
        let data = page["data"].as_array().unwrap_or_else(|| panic!("a page: {page}"));
        ids.extend(data.iter().map(|job| job["job_id"].as_str().expect("an id").to_owned()));
        let next = page["next_starting_after"].as_str();
        assert_eq!(page["has_more"], next.is_some(), "{page}");
        match next {
            Some(next) => after = format!("&starting_after={next}"),
            None => return ids,
        }
    }
}

#[tokio::test]
async fn imports_are_filtered_by_status_and_time() {
    use ImportStatus::{Completed, Failed, Processing};
    let tenant = saldo().await.tenant().await;
    // A job that no worker begins is kept for four days.
    let now = Timestamp::now();
    let hours_ago = |hours| now - SignedDuration::from_hours(hours);
    let mut jobs = Vec::new();
    for (status, hours) in [
        (Failed, 80),
        (Completed, 70),
        (Failed, 60),
        (Completed, 30),
        (Processing, 20),
        (Failed, 10),
        (Completed, 1),
    ] {
        let Some(job) = accept(&tenant, status, hours_ago(hours)).await else { return };
        jobs.insert(0, job);
    }
    let ids = |matches: &dyn Fn(&ImportJob) -> bool| -> Vec<String> {
        jobs.iter().filter(|job| matches(job)).map(|job| job.id.to_string()).collect()
    };
    assert_eq!(listed(&tenant, "").await, ids(&|_| true));
    assert_eq!(listed(&tenant, "&status=failed").await, ids(&|job| job.status == Failed));
    assert_eq!(listed(&tenant, "&status=cancelled").await, [""; 0]);
    let (from, to) = (hours_ago(65), hours_ago(15));
    let within = |job: &ImportJob| from <= job.created_at && job.created_at <= to;
    let window = format!("&created_from={from}&created_to={to}");
    assert_eq!(listed(&tenant, &window).await, ids(&within));
    assert_eq!(
        listed(&tenant, &format!("{window}&status=failed")).await,
        ids(&|job| within(job) && job.status == Failed)
    );
    let day = &now.to_string()[..10];
    assert_eq!(
        listed(&tenant, &format!("&created_from={day}&created_to={day}")).await,
        ids(&|job| job.created_at.to_string().starts_with(day))
    );
    assert_eq!(listed(&tenant, "&created_to=2026-01-01").await, [""; 0]);
    for (wrong, code) in [
        ("status=done", "invalid_parameter"),
        ("created_from=15.01.2026", "invalid_parameter"),
        ("created_from=2026-02-01&created_to=2026-01-31", "invalid_parameter"),
    ] {
        let answer = tenant.get(&format!("/api/v1/import?{wrong}")).await;
        assert_eq!(answer.problem(), (400, code.to_owned()), "{wrong}");
    }
}

#[tokio::test]
async fn page_of_few_matches_has_a_bound_and_a_next_page() {
    let tenant = saldo().await.tenant().await;
    let now = Timestamp::now();
    let Some(first) = accept(&tenant, ImportStatus::Failed, now - SignedDuration::from_hours(2)).await else {
        return;
    };
    let made = (0..520).map(|n| accept(&tenant, ImportStatus::Completed, now - SignedDuration::from_secs(n)));
    let made: Vec<_> = stream::iter(made).buffer_unordered(8).collect().await;
    assert_eq!(made.len(), 520);
    let page = tenant.get("/api/v1/import?status=failed").await.json();
    assert_eq!((&page["data"], &page["has_more"]), (&json!([]), &json!(true)), "{page}");
    assert_eq!(listed(&tenant, "&status=failed").await, [first.id.to_string()]);
    // A filter by time reads no jobs outside of it.
    let app = saldo().await.app().await.expect("the app");
    let created = Bounds { from: None, to: Some(now - SignedDuration::from_hours(1)) };
    let filter = ImportFilter { status: Some(ImportStatus::Failed), created };
    let page = app.imports.list_filtered(&first.org, &filter, None, 10).await.expect("DynamoDB");
    assert_eq!((page.jobs.len(), page.next), (1, None));
}

#[tokio::test]
async fn list_has_names_of_uploaded_files() {
    let tenant = saldo().await.tenant().await;
    let content = "external_id,contact.name,total_amount\n,Ana,1\n"
        .replace("\n,", &format!("\n{},", tenant.external_id("N")));
    let about = json!({ "format": "csv", "filename": "month-end März.csv" });
    let job = uploads::import(&tenant, about, content.into_bytes(), json!({})).await;
    assert_eq!(job["filename"], "month-end März.csv", "{job}");
    tenant.import_rows(json!([{}])).await;
    let page = tenant.get("/api/v1/import").await.json();
    assert_eq!(page["data"][0].get("filename"), None, "{page}");
    assert_eq!(page["data"][1]["filename"], "month-end März.csv", "{page}");
}
