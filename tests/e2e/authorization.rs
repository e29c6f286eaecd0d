//! Authorization of every route: without a key, without its scope, and from another organization.

use std::collections::BTreeMap;

use local::App;
use reqwest::Method;
use saldo_domain::key::Scope;
use saldo_http::Route;
use serde_json::{Value, json};
use testing::{Saldo, Tenant, saldo};

use crate::sync_client::{begin, connect, credentials, customer, until};

/// How a route responds to a caller who uses the ids of another organization.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum ForeignAccess {
    /// The resource is not found.
    FindsNothing,
    /// The route is about the caller's own organization, and shows nothing of the other.
    SeesOwn,
}

use ForeignAccess::{FindsNothing, SeesOwn};

const PROFILE: &str = "/v1/import_profiles/{profile}";
const PROFILE_VERSION: &str = "/v1/import_profiles/{profile}/versions/{version}";
const ACCESS: &str = "/rest/accesses/{access_id}";
const SYNC: &str = "/rest/accesses/{access_id}/syncs/{sync_id}";
const CHALLENGE: &str = "/rest/accesses/{access_id}/syncs/{sync_id}/challenges/{challenge_id}";
const RESPONSE: &str = "/rest/accesses/{access_id}/syncs/{sync_id}/challenges/{challenge_id}/response";
const BANK_ACCOUNT: &str = "/rest/accounts/{account_id}";
const BANK_TRANSACTION: &str = "/rest/accounts/{account_id}/transactions/{transaction_id}";

/// Every route, its body, and its response to a caller of another organization. New routes are added
/// here.
pub(crate) fn matrix() -> Vec<(Method, &'static str, Value, ForeignAccess)> {
    let account = json!({ "type": "savings", "balance": 1, "currency": "USD", "owner_id": "o" });
    let import = json!({ "accounts": [{ "contact": { "name": "A" }, "total_amount": 1 }] });
    let key = json!({ "name": "k", "scopes": ["import"] });
    let transaction =
        json!({ "accountIdentifier": "DE1", "amount": "1", "currency": "EUR", "valutaAt": "2026-01-15" });
    let notification =
        json!({ "observe_key": "/rest/accounts/acc_aaaaaaaaaaaaaaaa", "notify_uri": "https://1.1.1.1/" });
    let posting = json!({
        "account_id": "acc_aaaaaaaaaaaaaaaa", "allocation_id": "all_01990000-0000-7000-8000-000000000000",
        "posted_at": "2026-01-15"
    });
    let nothing = Value::Null;
    vec![
        (Method::GET, "/api/v1/import", nothing.clone(), SeesOwn),
        (Method::POST, "/api/v1/import", import.clone(), SeesOwn),
        (Method::POST, "/api/v1/import/uploads", json!({ "format": "csv" }), SeesOwn),
        (Method::POST, "/v1/imports/preview", import, SeesOwn),
        (Method::GET, "/api/v1/import/uploads/{id}", nothing.clone(), FindsNothing),
        (Method::POST, "/api/v1/import/{job_id}/cancel", nothing.clone(), FindsNothing),
        (Method::GET, "/api/v1/import/{job_id}", nothing.clone(), FindsNothing),
        (Method::GET, "/api/v1/import/{job_id}/errors", nothing.clone(), FindsNothing),
        (Method::GET, "/api/v1/import/{job_id}/report", nothing.clone(), FindsNothing),
        (Method::GET, "/v1/import_profiles", nothing.clone(), SeesOwn),
        (Method::POST, "/v1/import_profiles", json!({ "name": "other", "options": {} }), SeesOwn),
        (Method::GET, PROFILE, nothing.clone(), FindsNothing),
        (Method::PUT, PROFILE, json!({ "options": { "delimiter": "!" } }), FindsNothing),
        (Method::DELETE, PROFILE, nothing.clone(), FindsNothing),
        (Method::GET, PROFILE_VERSION, nothing.clone(), FindsNothing),
        (Method::POST, "/api/v1/export/accounts", json!({ "format": "json" }), SeesOwn),
        (Method::POST, "/api/v1/export/transactions", json!({ "format": "json" }), SeesOwn),
        (Method::GET, "/api/v1/export", nothing.clone(), SeesOwn),
        (Method::GET, "/api/v1/export/{export_id}", nothing.clone(), FindsNothing),
        (Method::GET, "/v1/accounts", nothing.clone(), SeesOwn),
        (Method::POST, "/v1/accounts", account, SeesOwn),
        (Method::GET, "/v1/accounts/{id}", nothing.clone(), FindsNothing),
        (Method::PUT, "/v1/accounts/{id}", json!({ "balance": 7 }), FindsNothing),
        (Method::DELETE, "/v1/accounts/{id}", nothing.clone(), FindsNothing),
        (Method::GET, "/v1/accounts/{id}/allocations", nothing.clone(), FindsNothing),
        (Method::POST, "/v1/postings/acknowledge", json!({ "lines": [posting] }), SeesOwn),
        (Method::GET, "/v1/accounts/{id}/transactions", nothing.clone(), FindsNothing),
        (Method::GET, "/api/clients", nothing.clone(), SeesOwn),
        (Method::POST, "/api/clients", json!({ "name": "C" }), SeesOwn),
        (Method::GET, "/api/clients/{id}", nothing.clone(), FindsNothing),
        (Method::PUT, "/api/clients/{id}", json!({ "name": "D" }), FindsNothing),
        (Method::DELETE, "/api/clients/{id}", nothing.clone(), FindsNothing),
        (Method::GET, "/api/public/v1/transactions", nothing.clone(), SeesOwn),
        (Method::POST, "/api/public/v1/transactions", json!({ "transactions": [transaction] }), SeesOwn),
        (Method::GET, "/rest/catalog", nothing.clone(), SeesOwn),
        (Method::GET, "/rest/accesses", nothing.clone(), SeesOwn),
        (Method::POST, "/rest/accesses", json!({ "access_method_id": "sandbox" }), SeesOwn),
        (Method::GET, ACCESS, nothing.clone(), FindsNothing),
        (Method::DELETE, ACCESS, nothing.clone(), FindsNothing),
        (Method::POST, "/rest/accesses/{access_id}/remove_pin", json!({}), FindsNothing),
        (Method::DELETE, "/rest/accesses/{access_id}/remove_pin", nothing.clone(), FindsNothing),
        (Method::GET, "/rest/accesses/{access_id}/syncs", nothing.clone(), FindsNothing),
        (Method::POST, "/rest/accesses/{access_id}/syncs", json!({}), FindsNothing),
        (Method::GET, SYNC, nothing.clone(), FindsNothing),
        (Method::GET, "/rest/accesses/{access_id}/syncs/{sync_id}/challenges", nothing.clone(), FindsNothing),
        (Method::GET, CHALLENGE, nothing.clone(), FindsNothing),
        (Method::POST, RESPONSE, json!({ "value": "1" }), FindsNothing),
        (Method::GET, "/rest/accounts", nothing.clone(), SeesOwn),
        (Method::GET, BANK_ACCOUNT, nothing.clone(), FindsNothing),
        (Method::DELETE, BANK_ACCOUNT, nothing.clone(), FindsNothing),
        (Method::GET, "/rest/accounts/{account_id}/balance", nothing.clone(), FindsNothing),
        (Method::GET, "/rest/accounts/{account_id}/transactions", nothing.clone(), FindsNothing),
        (Method::GET, BANK_TRANSACTION, nothing.clone(), FindsNothing),
        (Method::GET, "/rest/transactions", nothing.clone(), SeesOwn),
        (Method::GET, "/api/v1/keys", nothing.clone(), SeesOwn),
        (Method::POST, "/api/v1/keys", key, SeesOwn),
        (Method::DELETE, "/api/v1/keys/{id}", nothing.clone(), FindsNothing),
        (Method::GET, "/rest/notifications", nothing.clone(), SeesOwn),
        (Method::POST, "/rest/notifications", notification, SeesOwn),
        (Method::GET, "/rest/notifications/{id}", nothing.clone(), FindsNothing),
        (Method::PUT, "/rest/notifications/{id}", json!({ "state": "stolen" }), FindsNothing),
        (Method::DELETE, "/rest/notifications/{id}", nothing.clone(), FindsNothing),
        (Method::GET, "/rest/notifications/{id}/deliveries", nothing, FindsNothing),
    ]
}

/// The paths of resources, by the route that serves them.
pub(crate) type Paths = BTreeMap<&'static str, String>;

/// Creates a resource of every kind. Returns the paths of the routes with ids.
pub(crate) async fn belongings(tenant: &Tenant) -> Paths {
    let path = async |collection: &str, body: Value| {
        let made = tenant.json(Method::POST, collection, body).await;
        assert!(made.status.is_success(), "{made:?}");
        format!("{collection}/{}", made.json()["id"].as_str().unwrap_or_default())
    };
    let account =
        json!({ "type": "savings", "balance": 5, "currency": "USD", "owner_id": "o", "identifier": "DE1" });
    let account = path("/v1/accounts", account).await;
    let client = path("/api/clients", json!({ "name": "ACME" })).await;
    let profile = path("/v1/import_profiles", json!({ "name": "erp", "options": {} })).await;
    // A key with only the scope of the route can revoke it.
    let key = path("/api/v1/keys", json!({ "name": "k", "scopes": ["keys"] })).await;
    // No event names the account, because it does not exist.
    let notification =
        json!({ "observe_key": "/rest/accounts/acc_aaaaaaaaaaaaaaaa", "notify_uri": "https://1.1.1.1/" });
    let notification = tenant.json(Method::POST, "/rest/notifications", notification).await;
    let notification = notification.header("location").to_owned();
    let row = json!({ "accounts": [{ "contact": { "name": "A" }, "total_amount": 1 }] });
    let accepted = tenant.json(Method::POST, "/api/v1/import", row).await;
    tenant.ended(&accepted).await;
    let import = accepted.header("location").to_owned();
    let upload = tenant.json(Method::POST, "/api/v1/import/uploads", json!({ "format": "csv" })).await.json();
    let upload = upload["upload_id"].as_str().expect("an id").to_owned();
    let export = json!({ "format": "json", "delivery": "link" });
    let exported = tenant.json(Method::POST, "/api/v1/export/accounts", export).await;
    tenant.ended(&exported).await;
    let transaction =
        json!({ "accountIdentifier": "DE1", "amount": "1", "currency": "EUR", "valutaAt": "2026-01-15" });
    let stored = tenant
        .json(Method::POST, "/api/public/v1/transactions", json!({ "transactions": [transaction] }))
        .await;
    assert_eq!(stored.json()["newTransactions"], 1, "{stored:?}");
    BTreeMap::from([
        ("/api/v1/import/uploads/{id}", format!("/api/v1/import/uploads/{upload}")),
        ("/api/v1/import/{job_id}/cancel", format!("{import}/cancel")),
        ("/api/v1/import/{job_id}/errors", format!("{import}/errors")),
        ("/api/v1/import/{job_id}/report", format!("{import}/report")),
        ("/api/v1/import/{job_id}", import),
        ("/api/v1/export/{export_id}", exported.header("location").to_owned()),
        ("/v1/accounts/{id}/allocations", format!("{account}/allocations")),
        ("/v1/accounts/{id}/transactions", format!("{account}/transactions")),
        ("/v1/accounts/{id}", account),
        ("/api/clients/{id}", client),
        (PROFILE_VERSION, format!("{profile}/versions/1")),
        (PROFILE, profile),
        ("/api/v1/keys/{id}", key),
        ("/rest/notifications/{id}/deliveries", format!("{notification}/deliveries")),
        ("/rest/notifications/{id}", notification),
        ("/api/public/v1/transactions", "/api/public/v1/transactions?accountIdentifier=DE1".to_owned()),
    ])
}

/// Connects a bank, with accounts and an open challenge. Returns the paths of the routes with ids;
/// none if tests can't reach the sandbox bank.
pub(crate) async fn bank_belongings(saldo: &Saldo, tenant: &Tenant) -> Paths {
    if saldo.bank().is_none() {
        return BTreeMap::new();
    }
    let access = connect(tenant, "sandbox").await;
    let known = begin(tenant, &access, json!({ "credentials": credentials(&customer("no-sca")) })).await;
    until(tenant, &known, "COMPLETED").await;
    let sync = begin(tenant, &access, json!({ "credentials": credentials(&customer("demo")) })).await;
    let asked = until(tenant, &sync, "AWAIT_AUTH").await;
    let challenge = format!("{sync}/challenges/{}", asked["challenge"]["id"].as_str().expect("an id"));
    let transactions = tenant.get("/rest/transactions?count=1").await.json();
    let id = |name: &str| transactions["transactions"][0][name].as_str().expect("an id").to_owned();
    let account = format!("/rest/accounts/{}", id("account_id"));
    BTreeMap::from([
        ("/rest/accesses/{access_id}/remove_pin", format!("{access}/remove_pin")),
        ("/rest/accesses/{access_id}/syncs", format!("{access}/syncs")),
        (ACCESS, access),
        ("/rest/accesses/{access_id}/syncs/{sync_id}/challenges", format!("{sync}/challenges")),
        (SYNC, sync),
        (RESPONSE, format!("{challenge}/response")),
        (CHALLENGE, challenge),
        ("/rest/accounts/{account_id}/balance", format!("{account}/balance")),
        ("/rest/accounts/{account_id}/transactions", format!("{account}/transactions")),
        (BANK_TRANSACTION, format!("{account}/transactions/{}", id("transaction_id"))),
        (BANK_ACCOUNT, account),
    ])
}

#[tokio::test]
async fn every_route_requires_key_scope_and_organization() {
    let saldo = saldo().await;
    let (owner, stranger) = (saldo.tenant().await, saldo.tenant().await);
    let (Some(app), Some(org)) = (saldo.app().await, owner.org()) else { return };
    let mut belongings = belongings(&owner).await;
    belongings.extend(bank_belongings(&saldo, &owner).await);
    let ids: Vec<&str> = belongings
        .values()
        .flat_map(|path| path.split('/'))
        .filter(|part| {
            ["imp_", "ipr_", "exp_", "acc_", "cli_", "key_", "acs_", "syn_", "cha_", "not_"]
                .iter()
                .any(|prefix| part.starts_with(prefix))
        })
        .collect();
    let (routes, mut matrix) = (local::routes(&app), matrix());

    for Route { method, path, scope } in routes.table() {
        let Some(scope) = scope else { continue };
        let line = matrix.iter().position(|(m, p, ..)| m == method && p == path);
        let line = line.unwrap_or_else(|| panic!("{method} {path} is not in the matrix"));
        let (method, _, body, expected) = matrix.swap_remove(line);
        let actual = match (&method, belongings.get(path.as_str())) {
            (_, Some(actual)) if method != Method::POST || path.contains('{') => actual.clone(),
            _ => path.clone(),
        };
        let ask = async |tenant: &Tenant| match &body {
            Value::Null => tenant.send(method.clone(), &actual, &[], "").await,
            body => tenant.json(method.clone(), &actual, body.clone()).await,
        };

        let refused = ask(&owner.with_key("")).await.problem();
        assert_eq!(refused, (401, "key_missing".to_owned()), "{method} {path}");

        let others = Scope::ALL.iter().copied().filter(|other| other != scope).collect();
        let key = local::demo::create_key(&app, org.clone(), others, None).await.expect("a key");
        let refused = ask(&owner.with_key(key.expose())).await;
        assert_eq!(refused.problem(), (403, "scope_missing".to_owned()), "{method} {path}");
        assert!(refused.json()["detail"].as_str().is_some_and(|detail| detail.ends_with(scope.name())));

        let answer = ask(&stranger).await;
        match expected {
            FindsNothing => {
                assert_eq!(answer.problem(), (404, "not_found".to_owned()), "{method} {path}");
            }
            SeesOwn => {
                assert!(
                    !answer.status.is_server_error() && answer.status != 404,
                    "{method} {path}: {answer:?}"
                );
                assert!(!ids.iter().any(|id| answer.text.contains(id)), "{method} {path}: {answer:?}");
                assert!(!answer.text.contains("txn_"), "{method} {path}: {answer:?}");
                assert_ne!(answer.json()["existingTransactions"], 1, "{method} {path}: {answer:?}");
            }
        }
    }
    assert!(matrix.is_empty(), "no such routes: {matrix:?}");

    // Owner ids belong to an organization: the same id in another organization is another owner.
    let client = belongings["/api/clients/{id}"].as_str();
    let foreign =
        json!({ "type": "savings", "balance": 7, "currency": "USD", "owner_id": client.rsplit('/').next() });
    assert_eq!(stranger.json(Method::POST, "/v1/accounts", foreign).await.status, 201);

    check_unchanged(&app, &owner, &belongings).await;
    check_scope_suffices(&app, &owner, &belongings).await;
}

/// Checks that the requests of the other organization have changed nothing.
async fn check_unchanged(app: &App, owner: &Tenant, belongings: &Paths) {
    let routes = local::routes(app);
    for Route { path, .. } in
        routes.table().iter().filter(|route| route.method == Method::GET && route.scope.is_some())
    {
        let answer = owner.get(belongings.get(path.as_str()).map_or(path.as_str(), String::as_str)).await;
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        assert!(
            !answer.text.contains("\"balance\":7")
                && !answer.text.contains("delimiter")
                && !answer.text.contains("stolen"),
            "{answer:?}"
        );
    }
    let key = belongings["/api/v1/keys/{id}"].rsplit('/').next().expect("an id").parse().expect("an id");
    let (keys, _) = app.keys.list(owner.org().expect("an organization"), None, 100).await.expect("DynamoDB");
    let kept = keys.into_iter().find(|kept| kept.id == key).expect("the owner's key");
    assert_eq!(kept.revoked_at, None);
}

/// Checks that a key with only the scope of a route can use the route.
async fn check_scope_suffices(app: &App, owner: &Tenant, belongings: &Paths) {
    let org = owner.org().expect("an organization");
    for Route { method, path, scope } in local::routes(app).table() {
        let Some(scope) = scope else { continue };
        let key = local::demo::create_key(app, org.clone(), vec![*scope], None).await.expect("a key");
        let actual = belongings.get(path.as_str()).map_or(path.as_str(), String::as_str);
        let answer = owner.with_key(key.expose()).send(method.clone(), actual, &[], "").await;
        assert!(![401, 403].contains(&answer.status.as_u16()), "{method} {path}: {answer:?}");
    }
}
