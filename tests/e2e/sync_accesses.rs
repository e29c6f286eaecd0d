//! Accesses over HTTP: their validation, saved secrets, deletion, and notifications of their
//! synchronizations.

use insta::assert_snapshot;
use reqwest::Method;
use serde_json::{Value, json};

use crate::sync_client::{begin, connect, credentials, customer, failure, until, with_sandbox_bank};

#[tokio::test]
async fn invalid_access_request_lists_all_errors() {
    let Some((_, _, tenant)) = with_sandbox_bank().await else { return };
    let post = async |path: &str, body: Value| tenant.json(Method::POST, path, body).await;
    let unknown = post("/rest/accesses", json!({ "access_method_id": "no-bank", "x": 1 })).await;
    assert_eq!(unknown.problem(), (400, "invalid_request".to_owned()));
    let several =
        json!({ "credentials": { "pin": 12345 }, "save_secrets": "yes", "consent": { "period": 181 } });
    let several = post("/rest/accesses", several).await;
    assert_eq!(several.json()["errors"].as_array().map(Vec::len), Some(4), "{several:?}");
    assert!(!several.text.contains("12345"));
    let mixed_up = json!({ "access_method_id": "sandbox", "credentials": { "12345": "demo" } });
    let mixed_up = post("/rest/accesses", mixed_up).await;
    assert_eq!(mixed_up.problem().0, 400);
    assert!(!mixed_up.text.contains("12345"), "{mixed_up:?}");

    let access = connect(&tenant, "sandbox").await;
    let syncs = format!("{access}/syncs");
    let missing = post(&syncs, json!({ "credentials": { "psu_id": "demo" } })).await;
    assert_eq!(missing.problem(), (400, "credentials_incomplete".to_owned()));
    assert_eq!(missing.json()["error"]["code"], 1011);
    let wrong = json!({
        "redirect_uri": "javascript:alert(1)", "psu_ip_address": "home", "sync_period": 0, "scope": ["EVERYTHING"],
    });
    let wrong = post(&syncs, wrong).await;
    assert_eq!(wrong.json()["errors"].as_array().map(Vec::len), Some(4), "{wrong:?}");
    let lonely = post(&syncs, json!({ "state": "s" })).await;
    assert_eq!(lonely.problem().0, 400);
    let strict = connect(&tenant, "sandbox-psu-ip").await;
    let anonymous = post(&format!("{strict}/syncs"), json!({ "credentials": credentials("demo") })).await;
    assert_eq!(anonymous.json()["error"]["code"], 1021, "{anonymous:?}");

    let nothing = tenant.get("/rest/accesses/acs_aaaaaaaaaaaaaaaaaaaaaaaaaa").await;
    assert_eq!(nothing.problem(), (404, "not_found".to_owned()));
    assert_eq!(nothing.json()["error"]["code"], 1002);
    let keyless = tenant.with_key("").get("/rest/accounts").await;
    assert_eq!(keyless.json()["error"]["code"], 1003);
    assert_eq!(tenant.get(&format!("{access}x")).await.json()["error"]["group"], "client");
}

#[tokio::test]
async fn saved_secrets_are_reused_and_deleted_on_request() {
    let Some((saldo, _, tenant)) = with_sandbox_bank().await else { return };
    let access = connect(&tenant, "sandbox").await;
    let psu_id = customer("no-sca");
    let request = json!({ "credentials": credentials(&psu_id), "save_secrets": true });
    let sync = begin(&tenant, &access, request).await;
    until(&tenant, &sync, "COMPLETED").await;
    // The saved credentials suffice, and the bank has nothing new.
    let sync = begin(&tenant, &access, json!({ "save_secrets": true })).await;
    let job = until(&tenant, &sync, "COMPLETED").await;
    assert_eq!((&job["accounts"], &job["new_transactions"]), (&json!(4), &json!(0)), "{job}");
    // Without another `save_secrets` they are deleted.
    let sync = begin(&tenant, &access, json!({})).await;
    until(&tenant, &sync, "COMPLETED").await;
    let asked = tenant.json(Method::POST, &format!("{access}/syncs"), json!({})).await;
    assert_eq!(asked.json()["error"]["code"], 1011);
    let request = json!({ "credentials": credentials(&psu_id), "save_secrets": true });
    let sync = begin(&tenant, &access, request).await;
    until(&tenant, &sync, "COMPLETED").await;
    for (method, path) in [(Method::POST, "remove_pin"), (Method::DELETE, "remove_pin")] {
        assert_eq!(tenant.json(method, &format!("{access}/{path}"), json!({})).await.json(), json!({}));
    }
    let asked = tenant.json(Method::POST, &format!("{access}/syncs"), json!({})).await;
    assert_eq!(asked.json()["error"]["code"], 1011);

    // Unsaved secrets are deleted at the end of the synchronization, also when it fails.
    let sync = begin(&tenant, &access, json!({ "credentials": credentials(&psu_id) })).await;
    until(&tenant, &sync, "COMPLETED").await;
    let asked = tenant.json(Method::POST, &format!("{access}/syncs"), json!({})).await;
    assert_eq!(asked.json()["error"]["code"], 1011);
    // Wrong secrets are never kept.
    let wrong = json!({ "credentials": { "psu_id": psu_id, "pin": "0" }, "save_secrets": true });
    assert_eq!(failure(&tenant, &access, wrong, None).await.0, 10001);
    let asked = tenant.json(Method::POST, &format!("{access}/syncs"), json!({})).await;
    assert_eq!(asked.json()["error"]["code"], 1011);
    let (Some(app), Some(org)) = (saldo.app().await, tenant.org()) else { return };
    let id = access.rsplit('/').next().and_then(|id| id.parse().ok()).expect("an id");
    let kept = app.accesses.credentials(org, &id, jiff::Timestamp::now()).await.expect("DynamoDB");
    assert!(kept.sealed.is_empty());
}

#[tokio::test]
async fn deleted_access_deletes_client_and_keeps_records() {
    let Some((_, _, tenant)) = with_sandbox_bank().await else { return };
    let consent =
        json!({ "recurring": true, "period": 30, "scopes": ["ACCOUNTS", "TRANSACTIONS"], "accounts": [] });
    let request = json!({
        "access_method_id": "sandbox", "credentials": credentials(&customer("no-sca")), "save_credentials": true,
        "consent": consent, "whatever": 1,
    });
    let made = tenant.json(Method::POST, "/rest/accesses", request).await;
    assert_snapshot!(made.shown(&["id", "created_at"]), @r#"
    {
      "access_method_id": "sandbox",
      "bank_name": "Sandbox Bank",
      "consent": {
        "accounts": [],
        "expires_at": null,
        "period": 30,
        "recurring": true,
        "scopes": [
          "ACCOUNTS",
          "TRANSACTIONS"
        ]
      },
      "created_at": "[created_at]",
      "id": "[id]",
      "save_credentials": true
    }
    "#);
    let access = made.header("location").to_owned();
    assert_eq!(tenant.get(&access).await.json(), made.json());
    assert_eq!(tenant.get("/rest/accesses").await.json(), json!([made.json()]));
    let sync = begin(&tenant, &access, json!({})).await;
    let job = until(&tenant, &sync, "COMPLETED").await;
    assert_eq!(tenant.get(&format!("{access}/syncs")).await.json(), json!([job]));
    assert!(tenant.get(&access).await.json()["consent"]["expires_at"].is_string());
    // The consent is valid, so the synchronization needs no secrets.
    let sync = begin(&tenant, &access, json!({})).await;
    until(&tenant, &sync, "COMPLETED").await;

    let account = tenant.get("/rest/accounts").await.json()["accounts"][0].clone();
    assert_eq!(account["auto_sync"], json!(true));
    // An access can be deleted while its synchronization waits for the user.
    let other = connect(&tenant, "sandbox").await;
    let waiting = begin(&tenant, &other, json!({ "credentials": credentials(&customer("demo")) })).await;
    until(&tenant, &waiting, "AWAIT_AUTH").await;
    assert_eq!(tenant.delete(&other).await.status, 200);
    assert_eq!(tenant.get(&other).await.status, 404);

    assert_eq!(tenant.delete(&access).await.json(), json!({}));
    assert_eq!(tenant.get(&access).await.status, 404);
    assert_eq!(tenant.get("/rest/accounts").await.json(), json!({ "accounts": [] }));
    assert_eq!(tenant.get("/v1/accounts").await.json()["data"], json!([]));
    assert_eq!(tenant.get("/api/clients").await.json()["total"], 0);
    let transactions =
        tenant.get("/api/public/v1/transactions?accountIdentifier=DE32999999990000001002").await.json();
    assert_eq!(transactions["data"].as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn completion_is_notified_unless_disabled() {
    let Some((_, _, tenant)) = with_sandbox_bank().await else { return };
    let access = connect(&tenant, "sandbox").await;
    let receiver = testing::Receiver::start(&[]).await;
    let syncs = format!("{access}/syncs");
    for key in
        ["saldo:sync.completed", "/rest/transactions", "/rest/accounts", &syncs, "saldo:import.completed"]
    {
        let body = json!({ "observe_key": key, "notify_uri": receiver.url, "state": key });
        assert_eq!(tenant.json(Method::POST, "/rest/notifications", body).await.status, 201);
    }
    let with = |more: Value| {
        let mut request = json!({ "credentials": credentials(&customer("no-sca")) });
        request.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        request
    };
    let quiet = begin(&tenant, &access, with(json!({ "disable_notifications": true }))).await;
    until(&tenant, &quiet, "COMPLETED").await;
    let notified = begin(&tenant, &access, with(json!({ "scope": ["ACCOUNTS"] }))).await;
    until(&tenant, &notified, "COMPLETED").await;
    let came = receiver.wait_for(3).await;
    let mut keys: Vec<_> = came.iter().map(|each| each.json()["observe_key"].clone()).collect();
    keys.sort_by_key(Value::to_string);
    assert_eq!(
        keys,
        [json!(syncs), json!("/rest/accounts"), json!("saldo:sync.completed")],
        "no transactions"
    );
    let job =
        came.iter().find(|each| each.json()["observe_key"] == "saldo:sync.completed").expect("one").json();
    assert_eq!(job["job_id"].as_str(), notified.rsplit('/').next());
    assert_eq!(job["state"], "saldo:sync.completed");

    // A failed synchronization has ended, too, without new transactions.
    let wrong = json!({ "credentials": { "psu_id": customer("demo"), "pin": "0" } });
    failure(&tenant, &access, wrong, None).await;
    let came = receiver.wait_for(5).await;
    let mut keys: Vec<_> = came[3..].iter().map(|each| each.json()["observe_key"].clone()).collect();
    keys.sort_by_key(Value::to_string);
    assert_eq!(keys, [json!(syncs), json!("saldo:sync.completed")]);
}
