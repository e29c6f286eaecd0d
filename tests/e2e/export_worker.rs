//! The export worker when it dies, gets a message twice, or its message ends in the dead-letter queue;
//! and the links to its files.

use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use axum::http::Method;
use local::App;
use local::{Data, sqs_event};
use saldo_domain::export::ExportStatus;
use saldo_domain::id::ExportId;
use saldo_store::Limits;
use serde_json::{Value, json};
use tempfile::TempDir;
use testing::wire::{FaultPlan, intercepted};

/// More calls than an attempt makes for few accounts.
const CALLS_MAX: i64 = 26;

/// A stack whose files are in a directory that the tests read.
struct ExportStack {
    dir: TempDir,
    stack: testing::TestStack,
}

impl Deref for ExportStack {
    type Target = testing::TestStack;

    fn deref(&self) -> &testing::TestStack {
        &self.stack
    }
}

impl ExportStack {
    async fn start() -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let stack = testing::TestStack::start(&Data::Directory(dir.path().to_owned())).await;
        Self { dir, stack }
    }

    async fn stop(self) {
        self.stack.stop().await;
    }

    /// Imports `count` accounts with notes of `notes` characters.
    async fn import(&self, count: usize, notes: usize) {
        let row = |n: usize| json!({ "contact": { "name": format!("{n}") }, "total_amount": n, "notes": "n".repeat(notes.max(1)) });
        let rows: Vec<Value> = (0..count).map(row).collect();
        let body = json!({ "accounts": rows });
        let (status, _) = self.ask(&self.app, Method::POST, "/api/v1/import", body).await;
        assert_eq!(status, 202);
        for queue in [&self.aws.variables["SALDO_PLAN_QUEUE"], &self.aws.variables["SALDO_IMPORT_QUEUE"]] {
            for message in self.messages(queue).await {
                let answer = saldo_jobs::import::handle((&self.app).into(), sqs_event(&[message])).await;
                assert_eq!(answer.batch_item_failures, []);
            }
        }
    }

    /// Requests an export of all accounts by link. Returns its id and the message to its worker.
    async fn export(&self) -> (ExportId, Vec<aws_sdk_sqs::types::Message>) {
        let body = json!({ "format": "ndjson", "delivery": "link" });
        let (status, accepted) = self.ask(&self.app, Method::POST, "/api/v1/export/accounts", body).await;
        assert_eq!(status, 202, "{accepted}");
        let id = accepted["export_id"].as_str().and_then(|id| id.parse().ok()).expect("an id");
        (id, self.messages(&self.aws.variables["SALDO_EXPORT_QUEUE"]).await)
    }

    /// The export job as the API returns it, with a link that this app signs.
    async fn job(&self, app: &App, id: &ExportId) -> Value {
        let (status, job) = self.ask(app, Method::GET, &format!("/api/v1/export/{id}"), Value::Null).await;
        assert_eq!(status, 200, "{job}");
        job
    }

    /// Checks that the export is completed, and that its file has this many rows and matches the job.
    async fn check(&self, id: &ExportId, rows: usize) {
        let job = self.job(&self.app, id).await;
        assert_eq!((&job["status"], &job["rows"]), (&json!("completed"), &json!(rows)), "{job}");
        let file = reqwest::get(job["url"].as_str().expect("a link")).await.expect("a file");
        assert_eq!(file.status(), 200, "{job}");
        let file = file.bytes().await.expect("its bytes");
        assert_eq!((&job["bytes"], &job["sha256"]), (&json!(file.len()), &json!(testing::sha256(&file))));
        assert_eq!(String::from_utf8_lossy(&file).lines().count(), rows);
    }

    /// How many multipart uploads are neither completed nor aborted, and how many export files exist.
    async fn leftovers(&self) -> (usize, usize) {
        let s3 = aws_sdk_s3::config::Builder::from(self.aws.sdk_config()).force_path_style(true).build();
        let (s3, bucket) = (aws_sdk_s3::Client::from_conf(s3), &self.aws.variables["SALDO_BUCKET"]);
        let files = s3.list_objects_v2().bucket(bucket).prefix("exports/").send().await.expect("S3");
        let uploads = if let Ok(listed) = s3.list_multipart_uploads().bucket(bucket).send().await {
            listed.uploads().len()
        } else {
            // s3s-fs does not list uploads, but keeps a file for each.
            let entries = std::fs::read_dir(self.dir.path().join("s3")).expect("a directory");
            let names = entries.filter_map(|entry| Some(entry.ok()?.file_name()));
            names.filter(|name| name.to_string_lossy().starts_with(".upload")).count()
        };
        (uploads, files.contents().len())
    }
}

#[tokio::test]
async fn export_survives_worker_death_at_any_request() {
    let stack = ExportStack::start().await;
    stack.import(40, 10).await;
    let faults = Arc::new(FaultPlan::default());
    let failing = stack.aws.app_over(&intercepted(stack.aws.sdk_config(), &faults));
    let (mut exports, mut deaths, mut unknown) = (0, 0, 0);
    for requests in 0..CALLS_MAX {
        let (id, messages) = stack.export().await;
        // Death before a call equals death after the previous one.
        faults.kill_after(requests, true);
        let died =
            faults.run(saldo_jobs::export::handle((&failing).into(), sqs_event(&messages))).await.is_none();
        faults.clear();
        for _delivery in 0..2 {
            let answer = saldo_jobs::export::handle((&stack.app).into(), sqs_event(&messages)).await;
            assert_eq!(answer.batch_item_failures, []);
            stack.check(&id, 40).await;
        }
        exports += 1;
        deaths += usize::from(died);
        // The lifecycle rule removes uploads that were started but not recorded.
        let (uploads, files) = stack.leftovers().await;
        unknown += usize::from(uploads > unknown);
        assert_eq!((uploads, files), (unknown, exports), "{requests}");
    }
    assert!(deaths > 20, "too few workers died: {deaths}");
    assert!(unknown <= 1, "an upload can be unrecorded only between its start and its record: {unknown}");
    stack.stop().await;
}

#[tokio::test]
async fn multipart_export_is_complete_after_worker_death() {
    let stack = ExportStack::start().await;
    for _ in 0..2 {
        stack.import(270, 10_000).await;
    }
    let faults = Arc::new(FaultPlan::default());
    let failing = stack.aws.app_over(&intercepted(stack.aws.sdk_config(), &faults));
    let (id, messages) = stack.export().await;
    // The calls for the job, the upload, its record and the shards; then death at the first part.
    faults.kill_after(3 + 16, true);
    assert!(
        faults.run(saldo_jobs::export::handle((&failing).into(), sqs_event(&messages))).await.is_none(),
        "the worker dies"
    );
    assert!(stack.leftovers().await.0 > 0, "an upload is left");
    saldo_jobs::export::handle((&stack.app).into(), sqs_event(&messages)).await;
    stack.check(&id, 540).await;
    assert_eq!(stack.leftovers().await, (0, 1));
    let job = stack.app.exports.get(&stack.org, &id).await.expect("DynamoDB").expect("the job");
    assert!(job.file().is_some_and(|file| file.bytes > 5 * 1024 * 1024), "{job:?}");

    // An export that is too large for a response becomes a job.
    let (status, _) =
        stack.ask(&stack.app, Method::POST, "/api/v1/export/accounts", json!({ "format": "csv" })).await;
    assert_eq!(status, 202);
    stack.stop().await;
}

#[tokio::test]
async fn concurrent_export_attempts_leave_one_file() {
    let stack = ExportStack::start().await;
    stack.import(40, 10).await;
    let mut exports = 0;
    for requests in 1..CALLS_MAX {
        let (id, messages) = stack.export().await;
        let faults = FaultPlan::hold_after(requests);
        let held = stack.aws.app_over(&intercepted(stack.aws.sdk_config(), &faults));
        let mut slow = tokio::spawn(saldo_jobs::export::handle((&held).into(), sqs_event(&messages)));
        tokio::select! {
            () = faults.reached() => {}
            _ = &mut slow => break, // it sends fewer requests
        }
        let quick = saldo_jobs::export::handle((&stack.app).into(), sqs_event(&messages)).await;
        faults.release();
        slow.await.expect("no panic");
        assert_eq!(quick.batch_item_failures, [], "{requests}");
        stack.check(&id, 40).await;
        exports += 1;
        assert_eq!(stack.leftovers().await, (0, exports), "{requests}");
    }
    assert!(exports > 15, "too few attempts were held: {exports}");
    stack.stop().await;
}

#[tokio::test]
async fn page_boundaries_lose_and_duplicate_no_record() {
    let stack = ExportStack::start().await;
    stack.import(150, 10).await;
    let filters = json!({ "min_amount": 30, "max_amount": 119 });
    let read = async |app: &App, filters: &Value| {
        let body = json!({ "format": "json", "columns": ["id", "total_amount"], "filters": filters });
        stack.ask(app, Method::POST, "/api/v1/export/accounts", body).await.1
    };
    let row = |n: usize| json!({ "accountIdentifier": format!("{}", n % 3), "transactionId": format!("{n:03}"), "amount": "1", "currency": "EUR", "valutaAt": "2026-01-15" });
    let rows: Vec<Value> = (0..100).map(row).collect();
    let body = json!({ "transactions": rows });
    assert_eq!(stack.ask(&stack.app, Method::POST, "/api/public/v1/transactions", body).await.0, 201);
    let transactions = async |app: &App| {
        let body = json!({ "format": "json", "columns": ["accountIdentifier", "transactionId"] });
        stack.ask(app, Method::POST, "/api/v1/export/transactions", body).await.1
    };

    let all = read(&stack.app, &Value::Null).await;
    let accounts = all.as_array().expect("accounts");
    assert_eq!(accounts.len(), 150);
    assert!(accounts.is_sorted_by(|a, b| a["id"].as_str() < b["id"].as_str()));
    let of_all = transactions(&stack.app).await;
    assert_eq!(of_all.as_array().map(Vec::len), Some(100));
    for records_per_page in [1, 2, 3, 7] {
        let limits = Limits { records_per_page, ..Limits::default() };
        let small = App { limits, ..stack.app.clone() };
        assert_eq!(read(&small, &Value::Null).await, all, "{records_per_page}");
        let some = read(&small, &filters).await;
        assert_eq!((some.as_array().map(Vec::len), &some), (Some(90), &read(&stack.app, &filters).await));
        assert_eq!(transactions(&small).await, of_all, "{records_per_page}");
    }
    stack.stop().await;
}

#[tokio::test]
async fn dead_lettered_export_fails_and_leaves_no_file() {
    let stack = ExportStack::start().await;
    stack.import(20, 10).await;
    let faults = Arc::new(FaultPlan::default());
    let failing = stack.aws.app_over(&intercepted(stack.aws.sdk_config(), &faults));
    let (id, messages) = stack.export().await;
    faults.kill_after(10, false);
    assert!(
        faults.run(saldo_jobs::export::handle((&failing).into(), sqs_event(&messages))).await.is_none(),
        "the worker dies"
    );
    for _delivery in 0..2 {
        let answer = saldo_jobs::export::handle_dead_letters((&stack.app).into(), sqs_event(&messages)).await;
        assert_eq!(answer.batch_item_failures, []);
        let job = stack.job(&stack.app, &id).await;
        assert_eq!(
            (&job["status"], &job["reason"], &job["url"]),
            (
                &json!("failed"),
                &json!("the file could not be written; ask for the export again"),
                &Value::Null
            )
        );
    }
    saldo_jobs::export::handle((&stack.app).into(), sqs_event(&messages)).await;
    let job = stack.app.exports.get(&stack.org, &id).await.expect("DynamoDB").expect("the job");
    assert_eq!(job.status, ExportStatus::Failed, "a late delivery does not revive the export");
    assert_eq!(stack.leftovers().await, (0, 0));
    stack.stop().await;
}

#[tokio::test]
async fn expired_or_altered_link_is_rejected_and_replaced() {
    let stack = ExportStack::start().await;
    stack.import(3, 10).await;
    let limits = Limits { link_valid: Duration::from_secs(1), ..Limits::default() };
    let short_limits = App { limits, ..stack.app.clone() };
    let (id, messages) = stack.export().await;
    saldo_jobs::export::handle((&stack.app).into(), sqs_event(&messages)).await;
    let status = async |url: &str| reqwest::get(url).await.expect("an answer").status();

    let expiring = stack.job(&short_limits, &id).await["url"].as_str().expect("a link").to_owned();
    tokio::time::sleep(Duration::from_millis(2_100)).await;
    assert_eq!(status(&expiring).await, 403, "the link has expired");

    let fresh = stack.job(&stack.app, &id).await;
    let url = fresh["url"].as_str().expect("a link");
    assert_ne!(url, expiring);
    assert_eq!(status(url).await, 200);
    let expires_at: jiff::Timestamp =
        fresh["expires_at"].as_str().and_then(|at| at.parse().ok()).expect("a moment");
    let valid = expires_at.duration_since(jiff::Timestamp::now());
    assert!((890..=900).contains(&valid.as_secs()), "{valid:?}");
    let signature =
        url.split("X-Amz-Signature=").nth(1).and_then(|rest| rest.split('&').next()).expect("a signature");
    let other = format!("{}{}", if signature.starts_with('0') { '1' } else { '0' }, &signature[1..]);
    for altered in [
        url.replace(signature, &other),
        url.replace("X-Amz-Expires=900", "X-Amz-Expires=9000"),
        url.replace("/exports/", "/imports/"),
    ] {
        assert_ne!(altered, url);
        assert_eq!(status(&altered).await, 403, "{altered}");
    }
    stack.stop().await;
}

#[tokio::test]
async fn slow_export_becomes_job_and_unqueued_job_is_removed() {
    let stack = ExportStack::start().await;
    stack.import(3, 10).await;
    let body = json!({ "format": "csv" });
    let limits = Limits { inline_export_time: Duration::ZERO, ..Limits::default() };
    let short_limits = App { limits, ..stack.app.clone() };
    let (status, _) = stack.ask(&short_limits, Method::POST, "/api/v1/export/accounts", body.clone()).await;
    assert_eq!(status, 202);
    let (_, listed) = stack.ask(&stack.app, Method::GET, "/api/v1/export", Value::Null).await;
    assert_eq!(listed["data"].as_array().map(Vec::len), Some(1));

    let mut variables = stack.aws.variables.clone();
    variables.insert("SALDO_EXPORT_QUEUE".to_owned(), "http://127.0.0.1:9/nowhere".to_owned());
    let cut_off = App::new(&variables, stack.aws.sdk_config()).expect("all variables");
    let link = json!({ "format": "csv", "delivery": "link" });
    let (status, _) = stack.ask(&cut_off, Method::POST, "/api/v1/export/accounts", link).await;
    assert!(status.is_server_error(), "{status}");
    let (_, listed) = stack.ask(&stack.app, Method::GET, "/api/v1/export", Value::Null).await;
    assert_eq!(listed["data"].as_array().map(Vec::len), Some(1), "{listed}");
    stack.stop().await;
}
