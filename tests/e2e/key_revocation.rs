//! Revoking keys: with their descendants, within the scopes of the revoking key, and never the last
//! key that can manage keys.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use futures::future::{join, join_all};
use jiff::{SignedDuration, Timestamp};
use local::App;
use local::Data;
use reqwest::Method;
use saldo_domain::id::KeyId;
use saldo_domain::key::{Actor, ApiKey, KeyRequest, KeySecret, Scope};
use saldo_store::{Creation, Revocation, Revoked, Revoker};
use serde_json::{Value, json};
use testing::wire::{Call, CallResult, FaultPlan, Interceptor, intercepted, read_body, set_body};
use testing::{Answer, Tenant, TestStack, saldo};

const KEYS: &str = "/api/v1/keys";

/// Creates a key with this tenant's key. Returns it as a tenant, and its id.
async fn create(tenant: &Tenant, scopes: &[&str]) -> (Tenant, String) {
    let made = tenant.json(Method::POST, KEYS, json!({ "name": "k", "scopes": scopes })).await;
    assert_eq!(made.status, 201, "{made:?}");
    let made = made.json();
    let text = |member: &str| made[member].as_str().expect("text").to_owned();
    (tenant.with_key(&text("key")), text("id"))
}

async fn revoke(tenant: &Tenant, id: &str, cascade: bool) -> Answer {
    tenant.delete(&format!("{KEYS}/{id}?cascade={cascade}")).await
}

/// The entry of a key in the list.
async fn listed(tenant: &Tenant, id: &str) -> Value {
    let keys = tenant.get(&format!("{KEYS}?limit=100")).await.json();
    keys["data"].as_array().into_iter().flatten().find(|key| key["id"] == id).cloned().unwrap_or_default()
}

/// The id of the tenant's key, which an operator created, in an organization without other keys.
async fn only_key(tenant: &Tenant) -> String {
    let keys = tenant.get(KEYS).await.json();
    keys["data"][0]["id"].as_str().expect("an id").to_owned()
}

async fn is_open(tenant: &Tenant) -> bool {
    let answer = tenant.get("/api/v1/import").await;
    let open = answer.status == 200;
    if !open {
        assert_eq!(answer.problem(), (401, "key_revoked".to_owned()));
    }
    open
}

#[tokio::test]
async fn cascade_revokes_all_descendants_and_records_revoker() {
    let tenant = saldo().await.tenant().await;
    let (root, root_id) = create(&tenant, &["keys", "import"]).await;
    let (child, child_id) = create(&root, &["keys", "import"]).await;
    let (grandchild, grandchild_id) = create(&child, &["import"]).await;
    let (sibling, _) = create(&tenant, &["import"]).await;
    assert_eq!(listed(&tenant, &grandchild_id).await["created_by"], child_id);

    // Without cascade the keys that it created stay valid, and a later cascade finds them.
    assert_eq!(revoke(&tenant, &child_id, false).await.status, 204);
    assert_eq!((is_open(&child).await, is_open(&grandchild).await), (false, true));
    for _ in 0..2 {
        assert_eq!(revoke(&tenant, &root_id, true).await.status, 204);
    }
    for key in [&root, &child, &grandchild] {
        assert!(!is_open(key).await);
    }
    assert!(is_open(&sibling).await && is_open(&tenant).await);
    if tenant.org().is_some() {
        let revoked = listed(&tenant, &grandchild_id).await;
        let own = listed(&tenant, &root_id).await["created_by"].clone();
        assert_eq!((&revoked["revoked_by"], revoked["revoked_at"].is_string()), (&own, true), "{revoked}");
        let own = listed(&tenant, own.as_str().expect("an id")).await;
        assert_eq!((&own["created_by"], &own["revoked_by"]), (&json!("operator"), &Value::Null));
    }
}

#[tokio::test]
async fn key_with_other_scopes_is_not_revoked() {
    let tenant = saldo().await.tenant().await;
    let (narrow, _) = create(&tenant, &["keys", "import"]).await;
    let (wide, wide_id) = create(&tenant, &["import", "export", "sync"]).await;
    for cascade in [false, true] {
        let refused = revoke(&narrow, &wide_id, cascade).await;
        assert_eq!(refused.problem(), (403, "scope_missing".to_owned()));
        assert!(refused.json()["detail"].as_str().is_some_and(|detail| detail.ends_with(": export, sync")));
    }
    assert!(is_open(&wide).await);
    let (_, same) = create(&tenant, &["import"]).await;
    assert_eq!(revoke(&narrow, &same, false).await.status, 204);
    let wrong = narrow.delete(&format!("{KEYS}/{same}?cascade=maybe")).await;
    assert_eq!(wrong.problem(), (400, "invalid_parameter".to_owned()));
}

#[tokio::test]
async fn last_key_that_manages_keys_is_not_revoked() {
    let saldo = saldo().await;
    let tenant = saldo.tenant().await;
    let (Some(app), Some(org)) = (saldo.app().await, tenant.org()) else { return };
    let first = only_key(&tenant).await;
    let last = (409, "last_key".to_owned());
    for cascade in [false, true] {
        assert_eq!(revoke(&tenant, &first, cascade).await.problem(), last);
    }
    // A child that the cascade revokes, or a key that expires, does not replace it.
    let (child, child_id) = create(&tenant, &["keys", "import"]).await;
    assert_eq!(revoke(&tenant, &first, true).await.problem(), last);
    assert!(is_open(&child).await && is_open(&tenant).await);
    assert_eq!(revoke(&tenant, &child_id, false).await.status, 204);
    let expiry = Some(Timestamp::now() + SignedDuration::from_hours(1));
    let expiring =
        local::demo::create_key(&app, org.clone(), Scope::ALL.to_vec(), expiry).await.expect("a key");
    assert_eq!(revoke(&tenant.with_key(expiring.expose()), &first, false).await.problem(), last);
    // An expiring key can be revoked while another key exists.
    let id = app.keys.find(&expiring.hash()).await.expect("DynamoDB").expect("the key").id.to_string();
    assert_eq!(revoke(&tenant, &id, false).await.status, 204);

    let lasting = local::demo::create_key(&app, org.clone(), Scope::ALL.to_vec(), None).await.expect("a key");
    assert_eq!(revoke(&tenant.with_key(lasting.expose()), &first, false).await.status, 204);
    // An operator can revoke the last one.
    let key = app.keys.find(&lasting.hash()).await.expect("DynamoDB").expect("the key");
    let now = Timestamp::now();
    let revocation = Revocation { org, id: &key.id, cascade: false, by: Revoker::Operator, now };
    assert_eq!(app.keys.revoke(&revocation).await.expect("DynamoDB"), Revoked::Done);
    let key = app.keys.find(&lasting.hash()).await.expect("DynamoDB").expect("the key");
    assert_eq!(key.revoked_by, Some(Actor::Operator));
}

#[tokio::test]
async fn two_revocations_at_once_leave_one_key() {
    let saldo = saldo().await;
    for _ in 0..5 {
        let tenant = saldo.tenant().await;
        if tenant.org().is_none() {
            return;
        }
        let first = only_key(&tenant).await;
        let (other, second) = create(
            &tenant,
            &[
                "keys",
                "import",
                "export",
                "clients:read",
                "clients:write",
                "accounts:read",
                "accounts:write",
                "transactions:read",
                "transactions:write",
                "sync",
                "notifications",
            ],
        )
        .await;
        let (one, two) = join(revoke(&tenant, &second, false), revoke(&other, &first, false)).await;
        let open = [is_open(&tenant).await, is_open(&other).await];
        assert_eq!(open.iter().filter(|open| **open).count(), 1, "{one:?} {two:?}");
    }
}

#[tokio::test]
async fn keys_created_during_a_cascade_do_not_escape() {
    let saldo = saldo().await;
    let tenant = saldo.tenant().await;
    let (root, root_id) = create(&tenant, &["keys", "import"]).await;
    let (child, _) = create(&root, &["keys", "import"]).await;
    let made = async |parent: &Tenant| {
        let made = parent.json(Method::POST, KEYS, json!({ "name": "k", "scopes": ["import"] })).await;
        match made.status.as_u16() {
            201 => Some(parent.with_key(made.json()["key"].as_str().expect("a key"))),
            401 | 503 => None,
            _ => panic!("{made:?}"),
        }
    };
    let creations = join_all((0..12).map(|n| made(if n % 2 == 0 { &root } else { &child })));
    let (created, revoked) = join(creations, revoke(&tenant, &root_id, true)).await;
    // Under this load the request can need a retry.
    if revoked.status == 503 {
        assert_eq!(revoke(&tenant, &root_id, true).await.status, 204);
    }
    for key in created.into_iter().flatten() {
        assert!(!is_open(&key).await);
    }
    assert!(made(&child).await.is_none());
}

/// A key of all scopes that `creator` creates, directly in the table.
async fn store(app: &App, creator: &ApiKey, scopes: Vec<Scope>) -> (bool, KeySecret) {
    let secret = KeySecret::random().expect("randomness");
    let request = KeyRequest { name: "k".parse().expect("a name"), scopes, expires_at: None };
    let (id, by) = (KeyId::random().expect("randomness"), Actor::Key(creator.id.clone()));
    let key = request.grant(id, creator.org.clone(), by, &secret, Timestamp::now());
    let created = app.keys.create(&secret.hash(), &key).await.expect("DynamoDB");
    (created == Creation::Stored, secret)
}

#[tokio::test]
async fn key_created_between_look_up_and_revocation_is_revoked_too() {
    let stack = TestStack::start(&Data::Ephemeral).await;
    let first = found(&stack.app, &stack.key.parse().expect("a key")).await;
    let (_, root) = store(&stack.app, &first, vec![Scope::Keys]).await;
    let root = found(&stack.app, &root).await;
    let (_, child) = store(&stack.app, &root, vec![Scope::Keys]).await;
    let child = found(&stack.app, &child).await;
    // The cascade has read the key, the count of keys and the index, and is held before its transaction.
    let faults = FaultPlan::hold_after(4);
    let app = stack.aws.app_over(&intercepted(stack.sdk(), &faults));
    let (now, by) = (Timestamp::now(), Revoker::Key(&first));
    let revocation = Revocation { org: &stack.org, id: &root.id, cascade: true, by, now };
    let creation = async {
        faults.reached().await;
        let created = store(&stack.app, &child, vec![Scope::Keys]).await;
        faults.release();
        created
    };
    let (revoked, (created, grandchild)) = join(app.keys.revoke(&revocation), creation).await;
    assert_eq!((revoked.expect("DynamoDB"), created), (Revoked::Done, true));
    assert!(found(&stack.app, &grandchild).await.revoked_at.is_some());
    stack.stop().await;
}

#[tokio::test]
async fn repeated_creation_does_not_undo_a_revocation() {
    let stack = TestStack::start(&Data::Ephemeral).await;
    let first = found(&stack.app, &stack.key.parse().expect("a key")).await;
    let secret = || KeySecret::random().expect("randomness");
    let (id, by) = (KeyId::random().expect("randomness"), Actor::Key(first.id.clone()));
    let attempt = async |secret: &KeySecret| {
        let request =
            KeyRequest { name: "k".parse().expect("a name"), scopes: vec![Scope::Import], expires_at: None };
        let key = request.grant(id.clone(), stack.org.clone(), by.clone(), secret, Timestamp::now());
        stack.app.keys.create(&secret.hash(), &key).await.expect("DynamoDB")
    };
    let [lost, repeated, late] = [secret(), secret(), secret()];
    assert_eq!(attempt(&lost).await, Creation::Stored);
    assert_eq!(attempt(&repeated).await, Creation::Stored, "the first secret was lost");
    assert_eq!(stack.app.keys.find(&lost.hash()).await.expect("DynamoDB"), None);
    let now = Timestamp::now();
    let revocation = Revocation { org: &stack.org, id: &id, cascade: false, by: Revoker::Operator, now };
    assert_eq!(stack.app.keys.revoke(&revocation).await.expect("DynamoDB"), Revoked::Done);
    assert_eq!(attempt(&late).await, Creation::Revoked);
    assert_eq!(stack.app.keys.find(&late.hash()).await.expect("DynamoDB"), None);
    assert!(found(&stack.app, &repeated).await.revoked_at.is_some());
    stack.stop().await;
}

async fn found(app: &App, secret: &KeySecret) -> ApiKey {
    app.keys.find(&secret.hash()).await.expect("DynamoDB").expect("the key")
}

#[tokio::test]
async fn parent_revoked_between_check_and_creation_creates_nothing() {
    let stack = TestStack::start(&Data::Ephemeral).await;
    let first = found(&stack.app, &stack.key.parse().expect("a key")).await;
    let (_, parent) = store(&stack.app, &first, vec![Scope::Keys]).await;
    let parent = found(&stack.app, &parent).await;
    // The creation has looked its parent up, and is held before its transaction.
    let faults = FaultPlan::hold_after(2);
    let app = stack.aws.app_over(&intercepted(stack.sdk(), &faults));
    let creation = store(&app, &parent, vec![Scope::Keys]);
    let revocation = async {
        faults.reached().await;
        let (now, by) = (Timestamp::now(), Revoker::Key(&first));
        let revocation = Revocation { org: &stack.org, id: &parent.id, cascade: true, by, now };
        assert_eq!(stack.app.keys.revoke(&revocation).await.expect("DynamoDB"), Revoked::Done);
        faults.release();
    };
    let ((created, secret), ()) = join(creation, revocation).await;
    assert!(!created);
    assert_eq!(stack.app.keys.find(&secret.hash()).await.expect("DynamoDB"), None);
    stack.stop().await;
}

/// Removes the newest key from the results of the next queries of the index, this many times.
#[derive(Debug)]
struct LaggingIndex(AtomicI64);

impl Interceptor for LaggingIndex {
    async fn intercept(&self, call: Call) -> CallResult {
        let query = call.operation() == "Query";
        let mut response = call.send().await?;
        if query && self.0.fetch_sub(1, Ordering::SeqCst) > 0 {
            let body = read_body(&mut response).await?;
            let mut page: Value = serde_json::from_slice(&body).expect("JSON");
            let items = page["Items"].as_array_mut().expect("items");
            let newest = (0..items.len()).max_by_key(|at| items[*at]["created_at"]["N"].to_string());
            items.remove(newest.expect("a key"));
            set_body(&mut response, page.to_string().into_bytes());
        }
        Ok(response)
    }
}

#[tokio::test]
async fn cascade_waits_for_an_index_that_lags() {
    let stack = TestStack::start(&Data::Ephemeral).await;
    let first = found(&stack.app, &stack.key.parse().expect("a key")).await;
    let (_, parent) = store(&stack.app, &first, vec![Scope::Keys]).await;
    let parent = found(&stack.app, &parent).await;
    tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    let (_, newest) = store(&stack.app, &parent, vec![Scope::Import]).await;
    let lagging = Arc::new(LaggingIndex(AtomicI64::new(3)));
    let app = stack.aws.app_over(&intercepted(stack.sdk(), &lagging));
    let (now, by) = (Timestamp::now(), Revoker::Key(&first));
    let revocation = Revocation { org: &stack.org, id: &parent.id, cascade: true, by, now };
    assert_eq!(app.keys.revoke(&revocation).await.expect("DynamoDB"), Revoked::Done);
    assert!(found(&stack.app, &newest).await.revoked_at.is_some());
    assert!(lagging.0.load(Ordering::SeqCst) <= 0, "the index lagged");
    stack.stop().await;
}

#[tokio::test]
async fn cascade_over_more_keys_than_a_transaction_takes() {
    let stack = TestStack::start(&Data::Ephemeral).await;
    let first = found(&stack.app, &stack.key.parse().expect("a key")).await;
    let (_, root) = store(&stack.app, &first, vec![Scope::Keys]).await;
    let root = found(&stack.app, &root).await;
    let mut secrets = Vec::new();
    // More than 98 keys that can create keys, and some that can't.
    for n in 0..120 {
        let scope = if n < 110 { Scope::Keys } else { Scope::Import };
        secrets.push(store(&stack.app, &root, vec![scope]).await.1);
    }
    let (now, by) = (Timestamp::now(), Revoker::Key(&first));
    let revocation = Revocation { org: &stack.org, id: &root.id, cascade: true, by, now };
    assert_eq!(stack.app.keys.revoke(&revocation).await.expect("DynamoDB"), Revoked::Done);
    for secret in secrets {
        let key = found(&stack.app, &secret).await;
        assert_eq!(key.revoked_by, Some(Actor::Key(first.id.clone())));
    }
    assert_eq!(found(&stack.app, &stack.key.parse().expect("a key")).await.revoked_at, None);
    stack.stop().await;
}
