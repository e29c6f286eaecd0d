//! API keys: authentication, creation and scopes.

use insta::assert_snapshot;
use jiff::{SignedDuration, Timestamp};
use reqwest::Method;
use saldo_domain::key::{KeySecret, Scope};
use serde_json::{Value, json};
use testing::{Tenant, saldo};
use uuid::Uuid;

async fn status(tenant: &Tenant) -> (u16, String) {
    tenant.get("/api/v1/import/imp_01890000-0000-7000-8000-000000000000").await.problem()
}

#[tokio::test]
async fn request_without_valid_key_is_rejected_with_reason() {
    let saldo = saldo().await;
    let tenant = saldo.tenant().await;
    let unknown = KeySecret::random().expect("randomness");
    let refused = |code: &str| (401, code.to_owned());

    assert_eq!(status(&tenant.with_key("")).await, refused("key_missing"));
    assert_eq!(status(&tenant.with_key("fynex_k_abc123...")).await, refused("key_unknown"));
    assert_eq!(status(&tenant.with_key(unknown.expose())).await, refused("key_unknown"));
    let answer = tenant.with_key("").get("/api/v1/import").await;
    assert_eq!(answer.header("www-authenticate"), r#"Bearer realm="saldo""#);

    let (Some(app), Some(org)) = (saldo.app().await, tenant.org()) else { return };
    let past = Timestamp::now() - SignedDuration::from_secs(1);
    let expired =
        local::demo::create_key(&app, org.clone(), Scope::ALL.to_vec(), Some(past)).await.expect("a key");
    assert_eq!(status(&tenant.with_key(expired.expose())).await, refused("key_expired"));

    let revoked = local::demo::create_key(&app, org.clone(), Scope::ALL.to_vec(), None).await.expect("a key");
    assert_eq!(status(&tenant.with_key(revoked.expose())).await, (404, "not_found".to_owned()));
    let id = app.keys.find(&revoked.hash()).await.expect("DynamoDB").expect("the key").id;
    assert_eq!(tenant.delete(&format!("{KEYS}/{id}")).await.status, 204);
    assert_eq!(status(&tenant.with_key(revoked.expose())).await, refused("key_revoked"));
}

#[tokio::test]
async fn import_of_another_organization_is_not_found() {
    let saldo = saldo().await;
    let (one, other) = (saldo.tenant().await, saldo.tenant().await);
    if one.org().is_none() {
        return;
    }
    let row = json!({ "accounts": [{ "contact": { "name": "A" }, "total_amount": 1 }] });
    let accepted = one.import("application/json", row.to_string()).await;
    one.ended(&accepted).await;
    let path = accepted.header("location");
    assert_eq!(one.get(path).await.status, 200);
    assert_eq!(other.get(path).await.problem(), (404, "not_found".to_owned()));
    assert_eq!(other.get(&format!("{path}/errors")).await.problem(), (404, "not_found".to_owned()));
    assert_eq!(other.get("/api/v1/import").await.json()["data"], json!([]));
}

#[tokio::test]
async fn key_is_read_from_either_header() {
    let tenant = saldo().await.tenant().await;
    let bearer = format!("Bearer {}", tenant.key);
    let by_bearer =
        tenant.with_key("").send(Method::GET, "/api/v1/import", &[("authorization", &bearer)], "").await;
    assert_eq!(by_bearer.status, 200);
    let basic =
        tenant.with_key("").send(Method::GET, "/api/v1/import", &[("authorization", "Basic eA==")], "").await;
    assert_eq!(basic.problem(), (401, "key_missing".to_owned()));
}

const KEYS: &str = "/api/v1/keys";

#[tokio::test]
async fn key_is_created_shown_once_listed_and_revoked() {
    let tenant = saldo().await.tenant().await;
    let request = json!({ "name": "ERP", "scopes": ["import", "accounts:read"], "expires_at": "2099-01-31T12:00:00+01:00" });
    let made = tenant.json(Method::POST, KEYS, request).await;
    assert_eq!(made.status, 201, "{made:?}");
    assert_snapshot!(made.shown(&["id", "prefix", "created_at", "created_by", "key"]), @r#"
    {
      "created_at": "[created_at]",
      "created_by": "[created_by]",
      "expires_at": "2099-01-31T11:00:00.000Z",
      "id": "[id]",
      "key": "[key]",
      "last_used_at": null,
      "name": "ERP",
      "prefix": "[prefix]",
      "revoked_at": null,
      "revoked_by": null,
      "scopes": [
        "import",
        "accounts:read"
      ]
    }
    "#);
    let made = made.json();
    let (id, secret) = (made["id"].as_str().expect("an id"), made["key"].as_str().expect("a key"));
    assert!(secret.starts_with(made["prefix"].as_str().expect("a prefix")) && secret.len() == 51);

    let bearer = tenant.with_key(secret);
    assert_eq!(bearer.get("/v1/accounts").await.status, 200);
    assert_eq!(bearer.get("/api/clients").await.problem(), (403, "scope_missing".to_owned()));
    let mut listed = Value::Null;
    let mut path = format!("{KEYS}?limit=100");
    while listed.is_null() {
        let page = tenant.get(&path).await;
        assert!(!page.text.contains(secret), "the key is shown once");
        let page = page.json();
        let keys = page["data"].as_array().expect("a page");
        listed = keys.iter().find(|key| key["id"] == made["id"]).cloned().unwrap_or_default();
        path = format!(
            "{KEYS}?limit=100&starting_after={}",
            keys.last().expect("more")["id"].as_str().expect("an id")
        );
    }
    assert!(listed["last_used_at"].is_string(), "{listed}");
    assert_eq!(listed["revoked_at"], Value::Null);

    for _ in 0..2 {
        assert_eq!(tenant.delete(&format!("{KEYS}/{id}")).await.status, 204);
        assert_eq!(bearer.get("/v1/accounts").await.problem(), (401, "key_revoked".to_owned()));
    }
    assert_eq!(
        tenant.delete(&format!("{KEYS}/key_aaaaaaaaaaaaaaaa")).await.problem(),
        (404, "not_found".to_owned())
    );
}

#[tokio::test]
async fn key_grants_no_scope_it_lacks() {
    let tenant = saldo().await.tenant().await;
    let made =
        tenant.json(Method::POST, KEYS, json!({ "name": "k", "scopes": ["keys", "import"] })).await.json();
    let narrow = tenant.with_key(made["key"].as_str().expect("a key"));
    let wide =
        narrow.json(Method::POST, KEYS, json!({ "name": "w", "scopes": ["import", "export", "sync"] })).await;
    assert_eq!(wide.problem(), (403, "scope_missing".to_owned()));
    assert!(
        wide.json()["detail"].as_str().is_some_and(|detail| detail.ends_with("it lacks: export, sync")),
        "{wide:?}"
    );
    let as_wide = narrow.json(Method::POST, KEYS, json!({ "name": "n", "scopes": ["import"] })).await;
    assert_eq!(as_wide.status, 201);
}

#[tokio::test]
async fn child_key_expires_no_later_than_its_parent() {
    let tenant = saldo().await.tenant().await;
    let ask = async |tenant: &Tenant, expires_at: Value| {
        let body = json!({ "name": "k", "scopes": ["keys"], "expires_at": expires_at });
        tenant.json(Method::POST, KEYS, body).await
    };
    let parent = ask(&tenant, json!("2098-01-31T12:00:00Z")).await.json();
    let parent = tenant.with_key(parent["key"].as_str().expect("a key"));
    // The parent's expiry is the default and the maximum.
    for (asked, granted) in [
        (Value::Null, "2098-01-31T12:00:00.000Z"),
        (json!("2098-01-31T13:00:00+01:00"), "2098-01-31T12:00:00.000Z"),
        (json!("2097-01-31T12:00:00Z"), "2097-01-31T12:00:00.000Z"),
    ] {
        assert_eq!(ask(&parent, asked).await.json()["expires_at"], granted);
    }
    let refused = ask(&parent, json!("2098-01-31T12:00:01Z")).await;
    assert_eq!(refused.problem(), (400, "invalid_request".to_owned()));
    assert_eq!(
        refused.json()["errors"],
        json!([{
            "pointer": "/expires_at",
            "code": "too_late",
            "detail": "the key of this request expires at 2098-01-31T12:00:00.000Z, the latest moment allowed",
        }])
    );
}

#[tokio::test]
async fn invalid_key_request_lists_all_errors() {
    let tenant = saldo().await.tenant().await;
    let wrong =
        json!({ "scopes": ["import", "everything", 5, "import"], "expires_at": "tomorrow", "admin": true });
    let refused = tenant.json(Method::POST, KEYS, wrong).await;
    assert_snapshot!(refused.shown(&["request_id"]), @r#"
    {
      "code": "invalid_request",
      "detail": "6 parts of the request are invalid; see errors",
      "errors": [
        {
          "code": "required",
          "detail": "the field is required",
          "pointer": "/name"
        },
        {
          "code": "invalid_value",
          "detail": "no such scope; the scopes are import, export, clients:read, clients:write, accounts:read, accounts:write, transactions:read, transactions:write, sync, notifications, keys",
          "pointer": "/scopes/1"
        },
        {
          "code": "invalid_type",
          "detail": "expected a string",
          "pointer": "/scopes/2"
        },
        {
          "code": "duplicate_value",
          "detail": "it is there twice",
          "pointer": "/scopes/3"
        },
        {
          "code": "invalid_time",
          "detail": "not a moment in RFC 3339's form before 9999-12-30T22:00:00Z, such as 2027-01-31T12:00:00Z",
          "pointer": "/expires_at"
        },
        {
          "code": "unknown_field",
          "detail": "there is no such field",
          "pointer": "/admin"
        }
      ],
      "request_id": "[request_id]",
      "status": 400,
      "title": "The request is invalid",
      "type": "urn:saldo:problem:invalid_request"
    }
    "#);
    for (body, pointer) in [
        (json!({ "name": "k" }), "/scopes"),
        (json!({ "name": "k", "scopes": [] }), "/scopes"),
        (json!({ "name": "k", "scopes": "import" }), "/scopes"),
        (json!({ "name": "k", "scopes": null }), "/scopes"),
        (json!({ "name": "k", "scopes": ["import"], "expires_at": "2020-01-01T00:00:00Z" }), "/expires_at"),
        (json!({ "name": "", "scopes": ["import"] }), "/name"),
    ] {
        let refused = tenant.json(Method::POST, KEYS, body.clone()).await;
        assert_eq!(refused.problem(), (400, "invalid_request".to_owned()), "{body}");
        assert_eq!(refused.json()["errors"][0]["pointer"], pointer, "{body}");
    }
}

#[tokio::test]
async fn repeated_key_request_makes_one_key_and_hides_its_secret() {
    let saldo = saldo().await;
    let tenant = saldo.tenant().await;
    let idempotency_key = Uuid::now_v7().to_string();
    let headers = [("content-type", "application/json"), ("idempotency-key", idempotency_key.as_str())];
    let ask =
        async || tenant.send(Method::POST, KEYS, &headers, r#"{"name":"once","scopes":["import"]}"#).await;
    let (first, again) = (ask().await, ask().await);
    assert_eq!(
        (first.status, again.status, again.header("idempotency-replayed")),
        (first.status, first.status, "true")
    );
    assert_eq!(first.json()["id"], again.json()["id"]);
    assert_eq!(again.json()["key"], Value::Null);
    assert_eq!(
        tenant.with_key(first.json()["key"].as_str().expect("a key")).get("/api/v1/import").await.status,
        200
    );
}
