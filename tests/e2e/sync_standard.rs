//! The messages between the connector and the sandbox bank, checked against the standard.

use std::sync::{Arc, Mutex};

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::Method;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use local::App;
use local::{Bank, Data};
use saldo_domain::bank::CATALOG_FILE;
use saldo_domain::id::{AccessId, SyncId};
use saldo_domain::sync::SyncStatus;
use serde_json::{Value, json};
use testing::TestStack;
use testing::nextgenpsd2::Contract;

use crate::sync_client::{credentials, customer};
use crate::sync_fixture::{SyncFixture, connect, without_delays};

/// A proxy of the bank that checks its messages against the standard, and the errors found.
async fn checked_bank(
    contract: Contract,
    found: Arc<Mutex<Vec<String>>>,
    seen: Arc<Mutex<Vec<String>>>,
) -> String {
    let listener = local::listen(0).await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let check = Check { contract: Arc::new(contract), found, seen };
    let router = Bank::new().router(&url).layer(from_fn_with_state(check, checked));
    tokio::spawn(async move { axum::serve(listener, router).await.expect("the bank") });
    url
}

#[derive(Clone)]
struct Check {
    contract: Arc<Contract>,
    found: Arc<Mutex<Vec<String>>>,
    seen: Arc<Mutex<Vec<String>>>,
}

async fn checked(State(check): State<Check>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let target = parts.uri.path_and_query().expect("a target").to_string();
    let method = parts.method.to_string();
    if target.starts_with("/sandbox/") {
        return next.run(Request::from_parts(parts, body)).await;
    }
    let headers = |headers: &axum::http::HeaderMap| -> Vec<(String, String)> {
        headers
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_str().expect("text").to_owned()))
            .collect()
    };
    let body = to_bytes(body, usize::MAX).await.expect("a body");
    let request = check.contract.check_request(&method, &target, &headers(&parts.headers), &body);
    let answer = next.run(Request::from_parts(parts, Body::from(body))).await;
    let (parts, body) = answer.into_parts();
    let body = to_bytes(body, usize::MAX).await.expect("a body");
    let status = parts.status.as_u16();
    let answer = check.contract.check_answer(&method, &target, status, &headers(&parts.headers), &body);
    let mut found = check.found.lock().expect("no panic");
    for (what, checked) in [("request", request), ("answer", answer)] {
        found.extend(checked.err().map(|fault| format!("{what} {method} {target} {status}: {fault}")));
    }
    let path = target.split('?').next().unwrap_or_default();
    let shape: Vec<_> = path.split('/').map(|part| if part.len() > 20 { "*" } else { part }).collect();
    check.seen.lock().expect("no panic").push(format!("{method} {} {status}", shape.join("/")));
    Response::from_parts(parts, Body::from(body))
}

/// Needs the Berlin Group's `OpenAPI` document, which is not part of Saldo. `NEXTGENPSD2_OPENAPI` names
/// the file.
#[tokio::test]
#[ignore = "needs the Berlin Group's OpenAPI, in the file that NEXTGENPSD2_OPENAPI names"]
async fn bank_messages_conform_to_standard() {
    let file =
        std::env::var("NEXTGENPSD2_OPENAPI").expect("NEXTGENPSD2_OPENAPI names the standard's OpenAPI");
    let contract = Contract::load(&std::fs::read_to_string(file).expect("the OpenAPI"));
    let (found, seen) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(Vec::new())));
    let bank = checked_bank(contract, Arc::clone(&found), Arc::clone(&seen)).await;
    let stack = TestStack::start(&Data::Ephemeral).await;
    let public_url = Some("https://saldo.example/".parse().expect("a URL"));
    let app = App { public_url, ..without_delays(&stack.app) };
    let mut catalog = serde_json::to_value(app.bank_catalog().read().await.expect("S3")).expect("JSON");
    for method in catalog[0]["access_methods"].as_array_mut().expect("methods") {
        method["interface"]["base_url"] = json!(bank);
    }
    app.files.put(CATALOG_FILE, "application/json", catalog.to_string().into()).await.expect("S3");

    let access = connect(&stack, &app, "sandbox").await;
    let fixture = SyncFixture { stack: stack.clone(), app: app.clone(), access };
    // Every flow: embedded, with a choice of method, decoupled and redirect; with and without an IP
    // address; with named accounts; with a recurring consent; and every rejection.
    let ends = |fixture: &SyncFixture, sync: &SyncId| {
        let (app, org, sync) = (fixture.app.clone(), fixture.stack.org.clone(), sync.clone());
        async move { app.syncs.get(&org, &sync).await.expect("DynamoDB").expect("the job").status }
    };
    let scripts = [
        "demo",
        "two-methods",
        "no-sca",
        "locked",
        "nobody",
        "decoupled-refused",
        "decoupled",
        "exhausted",
        "busy",
        "moving",
        "no-ids",
    ];
    for script in scripts {
        let fixture = fixture.other_organization().await;
        let psu_id = customer(script);
        let sync = fixture
            .begin(json!({ "credentials": credentials(&psu_id), "psu_ip_address": "192.0.2.7" }))
            .await;
        for _ in 0..8 {
            assert!(fixture.deliver(&app, &sync).await);
            match fixture.job(&sync).await["challenge"]["type"].as_str() {
                Some("METHOD_SELECT") => {
                    assert_eq!(fixture.respond(&sync, json!({ "method_id": "photo" })).await, 200);
                }
                Some("EMBEDDED") => {
                    assert_eq!(fixture.respond(&sync, json!({ "value": "111111" })).await, 200);
                }
                _ => {}
            }
        }
        assert!(
            [SyncStatus::Completed, SyncStatus::Failed].contains(&ends(&fixture, &sync).await),
            "{script}"
        );
    }
    redirected_and_recurring(&stack, &app).await;
    let found = found.lock().expect("no panic").clone();
    assert!(found.is_empty(), "{found:#?}");
    let mut seen = seen.lock().expect("no panic").clone();
    println!("{} messages each way", seen.len());
    seen.sort();
    seen.dedup();
    insta::assert_snapshot!(seen.join("\n"), @"
    DELETE /v1/consents/* 204
    GET /v1/accounts 200
    GET /v1/accounts 429
    GET /v1/accounts/*/transactions 200
    GET /v1/accounts/*/transactions 429
    GET /v1/consents/*/authorisations/* 200
    GET /v1/consents/*/status 200
    POST /v1/consents 201
    POST /v1/consents 401
    POST /v1/consents/*/authorisations 201
    POST /v1/consents/*/authorisations 403
    PUT /v1/consents/*/authorisations/* 200
    ");
    stack.stop().await;
}

/// A recurring consent with named accounts, which the user approves on the bank's page, and its end.
async fn redirected_and_recurring(stack: &TestStack, app: &App) {
    let consent = json!({ "recurring": true, "period": 90, "accounts": [{ "id": "DE59999999990000001001", "currency": "USD" }] });
    let body = json!({ "access_method_id": "sandbox-redirect", "consent": consent });
    let (_, made) = stack.ask(app, Method::POST, "/rest/accesses", body).await;
    let access: AccessId = made["id"].as_str().and_then(|id| id.parse().ok()).expect("an id");
    let fixture = SyncFixture { stack: stack.clone(), app: app.clone(), access };
    let sync = fixture.begin(json!({})).await;
    assert!(fixture.deliver(app, &sync).await);
    let page = fixture.job(&sync).await["challenge"]["location"].as_str().expect("a page").to_owned();
    let browser =
        reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("a browser");
    let back =
        browser.get(format!("{page}/approve?customer={}", customer("demo"))).send().await.expect("the bank");
    let back = back.headers()["location"].to_str().expect("text").replace("http://localhost", "");
    assert_eq!(stack.ask(app, Method::GET, &back, Value::Null).await.0, 200);
    assert!(fixture.deliver(app, &sync).await);
    let job = fixture.job(&sync).await;
    assert_eq!((&job["status"], &job["accounts"]), (&json!("COMPLETED"), &json!(1)), "{job}");
    let again = fixture.begin(json!({})).await;
    assert!(fixture.deliver(app, &again).await);
    assert_eq!(fixture.job(&again).await["status"], "COMPLETED");
    let (status, _) =
        stack.ask(app, Method::DELETE, &format!("/rest/accesses/{}", fixture.access), Value::Null).await;
    assert_eq!(status, 200);
}
