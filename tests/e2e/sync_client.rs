//! What an application does to connect a bank: it creates accesses, starts synchronizations, and responds to challenges.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};
use testing::{Answer, Saldo, Tenant, saldo};
use uuid::Uuid;

/// How long a synchronization may take.
const PATIENCE: Duration = Duration::from_mins(1);
/// Members that differ in each run.
pub(crate) const HIDDEN: &[&str] = &[
    "id",
    "account_id",
    "bank_id",
    "transaction_id",
    "booking_date",
    "value_date",
    "balance_date",
    "created_at",
    "started_at",
    "ended_at",
    "creation_timestamp",
    "modification_timestamp",
    "sync_timestamp",
    "success_timestamp",
    "location",
];

/// A new customer of the sandbox bank, for whom the bank runs this script.
pub(crate) fn customer(script: &str) -> String {
    format!("{script}.{}", Uuid::now_v7().simple())
}

pub(crate) fn credentials(psu_id: &str) -> Value {
    json!({ "psu_id": psu_id, "pin": "12345" })
}

/// Creates an access and returns its path.
pub(crate) async fn connect(tenant: &Tenant, method: &str) -> String {
    let made = tenant.json(Method::POST, "/rest/accesses", json!({ "access_method_id": method })).await;
    assert_eq!(made.status, 201, "{made:?}");
    made.header("location").to_owned()
}

/// Starts a synchronization and returns its path.
pub(crate) async fn begin(tenant: &Tenant, access: &str, request: Value) -> String {
    let begun = tenant.json(Method::POST, &format!("{access}/syncs"), request).await;
    assert_eq!((begun.status.as_u16(), &begun.json()["status"]), (201, &json!("QUEUED")), "{begun:?}");
    begun.header("location").to_owned()
}

/// Waits until the synchronization has this status, or has ended.
pub(crate) async fn until(tenant: &Tenant, sync: &str, status: &str) -> Value {
    let begun = Instant::now();
    loop {
        let job = tenant.get(sync).await.json();
        let now = job["status"].as_str().unwrap_or_default();
        if now == status || ["COMPLETED", "FAILED"].contains(&now) {
            assert_eq!(now, status, "{job}");
            return job;
        }
        assert!(begun.elapsed() < PATIENCE, "still {job}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Waits until the synchronization has a new challenge of this kind for its user.
pub(crate) async fn challenge(tenant: &Tenant, sync: &str, kind: &str) -> Value {
    let begun = Instant::now();
    loop {
        let job = until(tenant, sync, "AWAIT_AUTH").await;
        if job["challenge"]["type"] == kind {
            return job["challenge"].clone();
        }
        assert!(begun.elapsed() < PATIENCE, "still {job}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

pub(crate) async fn respond(tenant: &Tenant, sync: &str, challenge: &Value, answer: Value) -> Answer {
    let id = challenge["id"].as_str().expect("an id");
    tenant.json(Method::POST, &format!("{sync}/challenges/{id}/response"), answer).await
}

/// Synchronizes a customer with one TAN method, and waits for the end.
pub(crate) async fn completed(tenant: &Tenant, access: &str, psu_id: &str, request: Value) -> Value {
    let mut all = json!({ "credentials": credentials(psu_id) });
    for (name, value) in request.as_object().into_iter().flatten() {
        all[name] = value.clone();
    }
    let sync = begin(tenant, access, all).await;
    let asked = challenge(tenant, &sync, "EMBEDDED").await;
    assert_eq!(respond(tenant, &sync, &asked, json!({ "value": "111111" })).await.status, 200);
    until(tenant, &sync, "COMPLETED").await
}

pub(crate) async fn next_day(bank: &str, psu_id: &str) {
    let moved = reqwest::Client::new().post(format!("{bank}/sandbox/customers/{psu_id}/next-day")).send();
    assert_eq!(moved.await.expect("the bank").status(), 204);
}

/// The error with which a synchronization of this customer fails.
pub(crate) async fn failure(
    tenant: &Tenant,
    access: &str,
    request: Value,
    answer: Option<&str>,
) -> (Value, Value) {
    let sync = begin(tenant, access, request).await;
    if let Some(answer) = answer {
        let asked = challenge(tenant, &sync, "EMBEDDED").await;
        assert_eq!(respond(tenant, &sync, &asked, json!({ "value": answer })).await.status, 200);
    }
    let job = until(tenant, &sync, "FAILED").await;
    assert!(job["ended_at"].is_string(), "{job}");
    (job["error"]["code"].clone(), job["error"]["group"].clone())
}

pub(crate) async fn with_sandbox_bank() -> Option<(Saldo, String, Tenant)> {
    let saldo = saldo().await;
    let bank = saldo.bank()?;
    let tenant = saldo.tenant().await;
    Some((saldo, bank, tenant))
}
