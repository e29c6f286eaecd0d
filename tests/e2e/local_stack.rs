//! The local stack as a program: the data that it keeps, the jobs that it resumes, and its errors.

use std::time::Duration;

use jiff::Timestamp;
use local::{Data, Options};
use reqwest::StatusCode;
use saldo_domain::date::Date;
use saldo_domain::export::{ExportJob, NewAccountExport};
use saldo_domain::fields::{Body, Fields};
use saldo_domain::id::{ExportId, ImportId};
use saldo_domain::import::{Accepted, Format, ImportJob, Notation, PayloadFile};
use saldo_domain::key::KeySecret;
use saldo_store::files::ImportFiles;
use serde_json::{Value, json};
use testing::services;
use tokio::sync::oneshot;
use uuid::Uuid;

/// Starts a stack on `dir`, which runs until the sender is used.
fn start(
    dir: &std::path::Path,
    port: u16,
) -> (oneshot::Sender<()>, tokio::task::JoinHandle<anyhow::Result<()>>) {
    let options = Options { port, ephemeral: false, dir: dir.to_owned() };
    let (stop, stopped) = oneshot::channel::<()>();
    let stack = tokio::spawn(async move { local::run(&options, async { drop(stopped.await) }).await });
    (stop, stack)
}

fn exported(dir: &std::path::Path, name: &str) -> Option<String> {
    let env = std::fs::read_to_string(dir.join("env")).ok()?;
    let line =
        env.lines().find_map(|line| line.strip_prefix(&format!("export {name}='")).map(str::to_owned))?;
    Some(line.trim_end_matches('\'').to_owned())
}

/// Waits until the stack responds. Returns its URL and key.
async fn reach(dir: &std::path::Path) -> (String, String) {
    for _ in 0..500 {
        if let (Some(url), Some(key)) = (exported(dir, "SALDO_URL"), exported(dir, "SALDO_KEY")) {
            let answer = reqwest::Client::new()
                .get(format!("{url}/api/v1/import"))
                .header("x-api-key", &key)
                .send()
                .await;
            if answer.is_ok_and(|answer| answer.status() == StatusCode::OK) {
                return (url, key);
            }
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the stack does not respond");
}

#[tokio::test]
async fn restart_keeps_data_and_resumes_unfinished_import() {
    let dir = tempfile::tempdir().expect("a directory");
    let (stop, stack) = start(dir.path(), 0);
    let (_, key) = reach(dir.path()).await;
    stop.send(()).expect("the stack runs");
    stack.await.expect("no panic").expect("a clean stop");

    // An import was accepted, and its message was lost with the queue.
    let aws = services(&Data::Directory(dir.path().to_owned())).await;
    let app = aws.app();
    let hash = key.parse::<KeySecret>().expect("a key").hash();
    let org = app.keys.find(&hash).await.expect("DynamoDB").expect("the key").org;
    let (import, csv) = (ImportId::of_seed(Uuid::now_v7()), "contact.name,total_amount\nA,1\n");
    let accepted = Accepted {
        payload: PayloadFile {
            name: ImportFiles::of(&org, &import).payload(),
            bytes: csv.len() as u64,
            etag: None,
        },
        notation: Notation::of(Format::Csv),
        profile: None,
        total_records: Some(1),
        dry_run: false,
        rows_per_chunk: 9,
        chunks_at_once: 1,
    };
    let job = ImportJob::accepted(import, org, accepted, Timestamp::now());
    app.files.put(&job.payload.name, "text/csv", csv.into()).await.expect("S3");
    assert!(app.imports.accept(&job).await.expect("DynamoDB"), "the job is new");
    let export = Fields::of_json(NewAccountExport::FIELDS, br#"{"format":"csv"}"#).expect("JSON");
    let export = NewAccountExport::read(export, ()).expect("a request");
    let spec = export.on(&job.org, Date::constant(2026, 1, 31)).spec;
    let id = ExportId::of_seed(Uuid::now_v7());
    let export = ExportJob::accepted(id, job.org.clone(), spec, Timestamp::now());
    assert!(app.exports.accept(&export).await.expect("DynamoDB"), "the job is new");
    aws.stop().await;

    let (stop, stack) = start(dir.path(), 0);
    let (url, same_key) = reach(dir.path()).await;
    assert_eq!(key, same_key);
    let import = completed(&format!("{url}/api/v1/import/{}", job.id), &key).await;
    assert_eq!(import["imported"], json!(1), "{import}");
    let export = completed(&format!("{url}/api/v1/export/{}", export.id), &key).await;
    assert!(export["rows"].is_u64(), "{export}");
    stop.send(()).expect("the stack runs");
    stack.await.expect("no panic").expect("a clean stop");
}

/// Waits until the job at this URL is completed, and returns it.
async fn completed(url: &str, key: &str) -> Value {
    let client = reqwest::Client::new();
    for _ in 0..500 {
        let answer = client.get(url).header("x-api-key", key).send().await.expect("an answer");
        let job: Value = answer.json().await.expect("JSON");
        if job["status"] == "completed" {
            return job;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{url} is not completed");
}

#[tokio::test]
async fn used_port_or_directory_has_clear_error() {
    let dir = tempfile::tempdir().expect("a directory");
    let taken = local::listen(0).await.expect("a port");
    let port = taken.local_addr().expect("an address").port();
    let options = |port| Options { port, ephemeral: false, dir: dir.path().to_owned() };
    let error = local::run(&options(port), std::future::pending()).await.expect_err("the port is taken");
    assert_eq!(error.to_string(), format!("port {port} is in use; choose another with --port"));

    let (stop, stack) = start(dir.path(), 0);
    reach(dir.path()).await;
    let error = local::run(&options(0), std::future::pending()).await.expect_err("the directory is taken");
    assert!(error.to_string().contains("another Saldo runs on"), "{error}");
    stop.send(()).expect("the stack runs");
    stack.await.expect("no panic").expect("a clean stop");
}

#[tokio::test]
async fn file_links_work_as_signed_and_not_when_altered() {
    let aws = services(&Data::Ephemeral).await;
    let app = aws.app();
    app.files.put("imports/x/file", "text/plain", "hello".into()).await.expect("S3");
    let link = app.files.link("imports/x/file", app.limits.link_valid).await.expect("a link").url;
    let answer = reqwest::get(&link).await.expect("an answer");
    assert_eq!((answer.status().as_u16(), answer.text().await.expect("a body")), (200, "hello".to_owned()));
    let altered = link.replace("file?", "other?");
    assert_eq!(reqwest::get(&altered).await.expect("an answer").status(), StatusCode::FORBIDDEN);
    aws.stop().await;
}
