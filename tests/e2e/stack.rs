//! The local stack as a program: what it keeps, what it takes up again, what it refuses.

use std::time::Duration;

use local::{Data, Options};
use reqwest::StatusCode;
use serde_json::json;
use tokio::sync::oneshot;

/// A stack on `dir`, running until the sender is used.
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

async fn free_port() -> u16 {
    local::listen(0).await.expect("a port").local_addr().expect("an address").port()
}

/// The running stack's URL and key, once it answers.
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
    panic!("the stack does not answer");
}

#[tokio::test]
async fn data_and_key_outlive_a_restart_and_an_unfinished_import_is_taken_up_again() {
    let dir = tempfile::tempdir().expect("a directory");
    let (stop, stack) = start(dir.path(), free_port().await);
    let (url, key) = reach(dir.path()).await;
    let body = json!({ "accounts": [{ "contact": { "name": "A" }, "total_amount": 1, "external_id": "A" }] });
    let posted =
        reqwest::Client::new().post(format!("{url}/api/v1/import")).header("x-api-key", &key).json(&body);
    let accepted: serde_json::Value = posted.send().await.expect("an answer").json().await.expect("JSON");
    stop.send(()).expect("the stack runs");
    stack.await.expect("no panic").expect("a clean stop");

    // Whether or not the import ended before the stop, it has ended soon after the next start.
    let (stop, stack) = start(dir.path(), free_port().await);
    let (url, same_key) = reach(dir.path()).await;
    assert_eq!(key, same_key);
    let path = format!("{url}/api/v1/import/{}", accepted["job_id"].as_str().expect("an id"));
    let mut job = json!({});
    for _ in 0..500 {
        let answer =
            reqwest::Client::new().get(&path).header("x-api-key", &key).send().await.expect("an answer");
        job = answer.json().await.expect("JSON");
        if job["status"] == "completed" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!((&job["status"], &job["imported"]), (&json!("completed"), &json!(1)));
    stop.send(()).expect("the stack runs");
    stack.await.expect("no panic").expect("a clean stop");
}

#[tokio::test]
async fn a_taken_port_and_a_taken_directory_are_clear_messages() {
    let dir = tempfile::tempdir().expect("a directory");
    let taken = local::listen(0).await.expect("a port");
    let port = taken.local_addr().expect("an address").port();
    let options = |port| Options { port, ephemeral: false, dir: dir.path().to_owned() };
    let error = local::run(&options(port), std::future::pending()).await.expect_err("the port is taken");
    assert_eq!(error.to_string(), format!("port {port} is in use; choose another with --port"));

    let (stop, stack) = start(dir.path(), free_port().await);
    reach(dir.path()).await;
    let error = local::run(&options(0), std::future::pending()).await.expect_err("the directory is taken");
    assert!(error.to_string().contains("another Saldo runs on"), "{error}");
    stop.send(()).expect("the stack runs");
    stack.await.expect("no panic").expect("a clean stop");
}

#[tokio::test]
async fn links_to_files_are_honoured_as_signed_and_refused_when_altered() {
    let aws = local::Aws::start(&Data::Ephemeral).await.expect("the services");
    let app = aws.app();
    app.files.put("imports/x/file", "text/plain", "hello".into()).await.expect("S3");
    let link = app.files.link("imports/x/file").await.expect("a link");
    let answer = reqwest::get(&link).await.expect("an answer");
    assert_eq!((answer.status().as_u16(), answer.text().await.expect("a body")), (200, "hello".to_owned()));
    let altered = link.replace("file?", "other?");
    assert_eq!(reqwest::get(&altered).await.expect("an answer").status(), StatusCode::FORBIDDEN);
    aws.stop().await;
}
