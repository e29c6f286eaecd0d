//! Requests that are repeated with the same `Idempotency-Key`.

use std::collections::BTreeMap;

use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};
use reqwest::Method;
use saldo_domain::id::OrgId;
use saldo_store::{Begun, KeptBody, KeptResponse};
use serde_json::json;
use testing::{Answer, Tenant, saldo};
use uuid::Uuid;

async fn import(tenant: &Tenant, key: &str, amount: i32) -> Answer {
    let body = json!({ "accounts": [{ "contact": { "name": "A" }, "total_amount": amount }] }).to_string();
    let headers = [("content-type", "application/json"), ("idempotency-key", key)];
    tenant.send(Method::POST, "/api/v1/import", &headers, body).await
}

#[tokio::test]
async fn repeated_request_gets_first_response_and_runs_once() {
    let tenant = saldo().await.tenant().await;
    let key = Uuid::now_v7().to_string();
    let first = import(&tenant, &key, 1).await;
    let again = import(&tenant, &key, 1).await;
    assert_eq!((first.status, &first.text), (again.status, &again.text));
    assert_eq!(first.header("location"), again.header("location"));
    assert_eq!((first.header("idempotency-replayed"), again.header("idempotency-replayed")), ("", "true"));
    assert_eq!(again.header("content-type"), "application/json");
    let other = import(&tenant, &key, 2).await;
    assert_eq!(other.problem(), (422, "idempotency_key_reused".to_owned()));
}

#[tokio::test]
async fn simultaneous_requests_make_one_import() {
    let tenant = saldo().await.tenant().await;
    let key = Uuid::now_v7().to_string();
    let answers = join_all((0..8).map(|_| import(&tenant, &key, 1))).await;
    let mut jobs: Vec<String> = Vec::new();
    for answer in &answers {
        match answer.status.as_u16() {
            202 => jobs.push(answer.json()["job_id"].to_string()),
            _ => assert_eq!(answer.problem(), (409, "request_in_progress".to_owned())),
        }
    }
    jobs.sort();
    jobs.dedup();
    assert_eq!(jobs.len(), 1);
}

#[tokio::test]
async fn rejected_request_does_not_consume_its_key() {
    let tenant = saldo().await.tenant().await;
    let key = Uuid::now_v7().to_string();
    let headers = [("content-type", "application/json"), ("idempotency-key", key.as_str())];
    let refused = tenant.send(Method::POST, "/api/v1/import", &headers, "{").await;
    assert_eq!(refused.problem(), (400, "invalid_json".to_owned()));
    assert_eq!(import(&tenant, &key, 1).await.status, 202);
}

#[tokio::test]
async fn idempotency_key_has_at_most_255_characters() {
    let tenant = saldo().await.tenant().await;
    assert_eq!(import(&tenant, &"k".repeat(255), 1).await.status, 202);
    assert_eq!(import(&tenant, &"k".repeat(256), 1).await.problem(), (400, "invalid_parameter".to_owned()));
}

#[tokio::test]
async fn two_organizations_can_use_same_key() {
    let saldo = saldo().await;
    let (one, other) = (saldo.tenant().await, saldo.tenant().await);
    if one.org().is_none() {
        return;
    }
    assert_eq!(
        (import(&one, "k", 1).await.status, import(&other, "k", 2).await.status),
        (202.try_into().unwrap(), 202.try_into().unwrap())
    );
}

#[tokio::test]
async fn idempotency_key_belongs_to_its_route() {
    let tenant = saldo().await.tenant().await;
    let headers = [("content-type", "application/json"), ("idempotency-key", "2026-11-26")];
    let post = async |path: &str, body: &str| tenant.send(Method::POST, path, &headers, body).await;
    assert_eq!(import(&tenant, "2026-11-26", 1).await.status, 202);
    let client = post("/api/clients", r#"{"name":"A"}"#).await;
    assert_eq!(client.status, 201, "{client:?}");
    let again = post("/api/clients", r#"{"name":"A"}"#).await;
    assert_eq!((again.header("idempotency-replayed"), again.json()), ("true", client.json()));

    // Path parameters belong to the request, not to the route.
    let access = async || {
        let access =
            tenant.json(Method::POST, "/rest/accesses", json!({ "access_method_id": "sandbox" })).await;
        access.json()["id"].as_str().map(|id| format!("/rest/accesses/{id}/remove_pin"))
    };
    let (Some(one), Some(other)) = (access().await, access().await) else { return };
    assert_eq!(post(&one, "{}").await.status, 200);
    assert_eq!(post(&one, "{}").await.header("idempotency-replayed"), "true");
    assert_eq!(post(&other, "{}").await.problem(), (422, "idempotency_key_reused".to_owned()));
}

#[tokio::test]
async fn replacement_api_key_gets_first_response() {
    let tenant = saldo().await.tenant().await;
    let made =
        tenant.json(Method::POST, "/api/v1/keys", json!({ "name": "k", "scopes": ["import", "sync"] })).await;
    let replaced = tenant.with_key(made.json()["key"].as_str().expect("a key"));
    let (first, again) = (import(&tenant, "k", 1).await, import(&replaced, "k", 1).await);
    assert_eq!((again.header("idempotency-replayed"), again.json()), ("true", first.json()));

    // The digest of a body that can hold a PIN depends on the API key.
    let access = tenant.json(Method::POST, "/rest/accesses", json!({ "access_method_id": "sandbox" })).await;
    if access.status != 201 {
        return;
    }
    let headers = [("content-type", "application/json"), ("idempotency-key", "k")];
    let body =
        json!({ "access_method_id": "sandbox", "credentials": { "psu_id": "replaced.key" } }).to_string();
    let connect =
        async |tenant: &Tenant| tenant.send(Method::POST, "/rest/accesses", &headers, body.as_str()).await;
    let first = connect(&tenant).await;
    assert_eq!(first.status, 201, "{first:?}");
    assert_eq!(connect(&tenant).await.json(), first.json());
    assert_eq!(connect(&replaced).await.problem(), (422, "idempotency_key_reused".to_owned()));
}

#[tokio::test]
async fn interrupted_request_is_resumed_with_its_seed() {
    let (Some(app), org) = (saldo().await.app().await, OrgId::random().expect("randomness")) else { return };
    let store = &app.idempotency;
    let begin = async |seconds: i64| {
        let now = Timestamp::now() + SignedDuration::from_secs(seconds);
        store.begin(&org, "POST /route", "key", "fingerprint", now).await.expect("DynamoDB")
    };
    let Begun::Fresh(expired) = begin(0).await else { panic!("the key is new") };
    assert_eq!(begin(50).await, Begun::Running);
    let Begun::Fresh(claim) = begin(70).await else { panic!("the lock has expired") };
    assert_eq!(claim.seed, expired.seed);

    let answer =
        |status| KeptResponse { status, headers: BTreeMap::new(), body: KeptBody::Text(String::new()) };
    store.keep(&expired, &answer(500)).await.expect("DynamoDB");
    store.forget(&expired).await.expect("DynamoDB");
    assert_eq!(begin(80).await, Begun::Running, "the expired claim does not release the key");
    store.unlock(&claim).await.expect("DynamoDB");
    let Begun::Fresh(last) = begin(80).await else { panic!("the key was released") };
    assert_eq!(last.seed, expired.seed);
    store.keep(&last, &answer(202)).await.expect("DynamoDB");
    assert_eq!(begin(80).await, Begun::Answered(answer(202)));
    let Begun::Fresh(another) = begin(24 * 60 * 60 + 100).await else { panic!("a day has passed") };
    assert_ne!(another.seed, expired.seed);
}
