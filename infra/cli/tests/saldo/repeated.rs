//! Commands that are killed or interrupted, and started again: one file becomes one job.

use reqwest::Method;
use serde_json::json;
use testing::Tenant;

use crate::cli::{User, ended, signal};
use crate::proxy::{Held, Proxy};

const ROWS: &str = "contact.name,total_amount\nMaría García,100.50\nCarlos López,80\n";
const IMPORT: [&str; 5] = ["import", "receivables.csv", "--wait", "--output", "json"];

/// Runs the import until a request is held, kills it, and runs it again, with `then` held. Returns the result of the
/// second run, and how many imports there are then.
async fn killed_at(held: Held, then: Held) -> (Tenant, serde_json::Value, usize) {
    let (user, tenant) = User::of_tenant().await;
    user.write("receivables.csv", ROWS);
    let proxy = Proxy::start(held).await;
    let user = user.with("HTTP_PROXY", &proxy.url);
    let mut child = user.start(&IMPORT);
    proxy.reached().await;
    child.kill().expect("killed");
    ended(child).await;

    let proxy = Proxy::start(then).await;
    let ran = user.with("HTTP_PROXY", &proxy.url).run(&IMPORT).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let imports = tenant.get("/api/v1/import").await.json()["data"].as_array().map_or(0, Vec::len);
    let accounts = tenant.get("/v1/accounts").await.json()["data"].as_array().map_or(0, Vec::len);
    assert_eq!(accounts, 2, "rows without ids would be stored again by a second import");
    (tenant, ran.json(), imports)
}

#[tokio::test]
async fn killed_during_the_upload_it_uploads_again() {
    let (_, job, imports) = killed_at(Held::Body("PUT /"), Held::Nothing).await;
    assert_eq!((&job["imported"], imports), (&json!(2), 1));
}

#[tokio::test]
async fn killed_after_the_upload_it_does_not_upload_again() {
    let (_, job, imports) = killed_at(Held::Answer("PUT /"), Held::Body("PUT /")).await;
    assert_eq!((&job["imported"], imports), (&json!(2), 1));
}

#[tokio::test]
async fn killed_before_the_answer_it_does_not_import_twice() {
    let (_, job, imports) = killed_at(Held::Answer("POST /api/v1/import HTTP"), Held::Nothing).await;
    assert_eq!((&job["imported"], imports), (&json!(2), 1));
    let (_, job, imports) = killed_at(Held::Answer("POST /api/v1/import"), Held::Nothing).await;
    assert_eq!((&job["imported"], imports), (&json!(2), 1), "at the request for a link");
}

#[tokio::test]
async fn killed_while_it_waits_it_waits_again() {
    let (_, job, imports) = killed_at(Held::Answer("GET /api/v1/import/imp_"), Held::Body("POST /")).await;
    assert_eq!((&job["imported"], imports), (&json!(2), 1));
}

#[tokio::test]
async fn interrupted_command_says_that_the_import_goes_on() {
    let (user, tenant) = User::of_tenant().await;
    user.write("receivables.csv", ROWS);
    let proxy = Proxy::start(Held::Answer("GET /api/v1/import/imp_")).await;
    let user = user.with("HTTP_PROXY", &proxy.url);
    let child = user.start(&["import", "receivables.csv", "--wait"]);
    proxy.reached().await;
    signal(&child, "-INT");
    insta::assert_snapshot!("interrupted_wait", ended(child).await.shown());
    assert_eq!(tenant.get("/api/v1/import").await.json()["data"].as_array().map(Vec::len), Some(1));

    user.write("other.csv", "contact.name,total_amount\nAna,1\n");
    let proxy = Proxy::start(Held::Body("PUT /")).await;
    let user = user.with("HTTP_PROXY", &proxy.url);
    let child = user.start(&["import", "other.csv", "--wait"]);
    proxy.reached().await;
    signal(&child, "-INT");
    insta::assert_snapshot!("interrupted_upload", ended(child).await.shown());
}

#[tokio::test]
async fn refused_request_is_forgotten() {
    let (user, tenant) = User::of_tenant().await;
    user.write("receivables.csv", ROWS);
    let body = json!({ "name": "exports", "scopes": ["export"] });
    let key = tenant.json(Method::POST, "/api/v1/keys", body).await.json();
    let other = user.with("SALDO_KEY", key["key"].as_str().expect("a key"));
    let ran = other.run(&IMPORT).await;
    assert_eq!(ran.code, Some(2));
    insta::assert_snapshot!("missing_scope", ran.shown());
    let user = other.with("SALDO_KEY", &tenant.key);
    let first = user.run(&IMPORT).await.json();
    let second = user.run(&IMPORT).await.json();
    assert_ne!(first["job_id"], second["job_id"], "a command that has ended is not continued");
}
