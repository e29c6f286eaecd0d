//! Who is let in.

use jiff::{SignedDuration, Timestamp};
use reqwest::Method;
use saldo::key::{KeySecret, Scope};
use serde_json::json;
use testing::{Tenant, saldo};

async fn status(tenant: &Tenant) -> (u16, String) {
    tenant.get("/api/v1/import/imp_01890000-0000-7000-8000-000000000000").await.problem()
}

#[tokio::test]
async fn a_request_without_a_good_key_is_told_why_it_is_refused() {
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
    assert!(app.keys.revoke(org, &id, Timestamp::now()).await.expect("DynamoDB"));
    assert_eq!(status(&tenant.with_key(revoked.expose())).await, refused("key_revoked"));
}

#[tokio::test]
async fn a_key_without_the_scope_is_told_which_it_lacks() {
    let saldo = saldo().await;
    let tenant = saldo.tenant().await;
    let (Some(app), Some(org)) = (saldo.app().await, tenant.org()) else { return };
    let others = Scope::ALL.into_iter().filter(|scope| *scope != Scope::Import).collect();
    let key = local::demo::create_key(&app, org.clone(), others, None).await.expect("a key");
    let tenant = tenant.with_key(key.expose());
    for (method, path) in [
        (Method::POST, "/api/v1/import"),
        (Method::GET, "/api/v1/import"),
        (Method::GET, "/api/v1/import/imp_01890000-0000-7000-8000-000000000000"),
        (Method::GET, "/api/v1/import/imp_01890000-0000-7000-8000-000000000000/errors"),
    ] {
        let answer = tenant.send(method, path, &[], "").await;
        assert_eq!(answer.problem(), (403, "scope_missing".to_owned()));
        assert!(answer.json()["detail"].to_string().contains("scope import"), "{answer:?}");
    }
}

#[tokio::test]
async fn another_organizations_import_is_not_found() {
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
async fn a_key_is_taken_from_either_header() {
    let tenant = saldo().await.tenant().await;
    let bearer = format!("Bearer {}", tenant.key);
    let by_bearer =
        tenant.with_key("").send(Method::GET, "/api/v1/import", &[("authorization", &bearer)], "").await;
    assert_eq!(by_bearer.status, 200);
    let basic =
        tenant.with_key("").send(Method::GET, "/api/v1/import", &[("authorization", "Basic eA==")], "").await;
    assert_eq!(basic.problem(), (401, "key_missing".to_owned()));
}
