//! Attacks on the redirect to the bank's page and on the return from it.

use std::time::Duration;

use local::App;
use reqwest::Method;
use reqwest::header::HOST;
use saldo_domain::notification::Targets;
use saldo_domain::sync::{RedirectSettings, RedirectUri};
use saldo_store::Limits;
use serde_json::{Value, json};
use testing::{Answer, Tenant};

use crate::sync_client::{begin, challenge, connect, customer, respond, until, with_sandbox_bank};
use crate::sync_fixture::SyncFixture;

const DONE: &str = "https://app.example/done";

/// Sends a request without following redirects. Returns the status and the `Location`.
async fn follow(url: &str) -> (u16, String) {
    let policy = reqwest::redirect::Policy::none();
    let browser = reqwest::Client::builder().redirect(policy).build().expect("a browser");
    let answer = browser.get(url).send().await.expect("an answer");
    let location = answer.headers().get("location").and_then(|location| location.to_str().ok());
    (answer.status().as_u16(), location.unwrap_or_default().to_owned())
}

/// The user approves on the bank's page. Returns the URL to which the bank redirects.
async fn agree(challenge: &Value) -> String {
    let page = challenge["location"].as_str().expect("a page");
    assert_eq!(follow(page).await.0, 200);
    let (status, back) = follow(&format!("{page}/approve?customer={}", customer("demo"))).await;
    assert_eq!(status, 302);
    back
}

fn redirects(uris: &[&str], confirm: bool) -> RedirectSettings {
    let uri = |uri: &&str| RedirectUri::read(uri, Targets::Public).expect("a redirect URI");
    RedirectSettings { uris: uris.iter().map(uri).collect(), confirm }
}

/// Changes the tenant's redirect settings, as `admin` does. Returns whether tests can reach the tables.
async fn set(app: Option<&App>, tenant: &Tenant, settings: &RedirectSettings) -> bool {
    let (Some(app), Some(org)) = (app, tenant.org()) else { return false };
    let before = app.keys.organization(org).await.expect("DynamoDB").expect("an organization").redirects;
    assert!(app.keys.change_redirects(org, &before, settings).await.expect("DynamoDB"));
    true
}

fn refusal(answer: &Answer) -> Value {
    assert_eq!(answer.problem(), (400, "invalid_request".to_owned()), "{answer:?}");
    answer.json()["errors"][0]["pointer"].clone()
}

#[tokio::test]
async fn redirect_uri_must_be_https_page() {
    let Some((_, _, tenant)) = with_sandbox_bank().await else { return };
    let access = connect(&tenant, "sandbox-redirect").await;
    for bad in [
        "http://app.example/done",
        "https://app.example@evil.example/done",
        "https://user:pin@app.example/done",
        "https://app.example/done#there",
        "com.example.app:/done",
        "javascript:alert(1)",
    ] {
        let request = json!({ "redirect_uri": bad });
        let refused = tenant.json(Method::POST, &format!("{access}/syncs"), request).await;
        assert_eq!(refusal(&refused), "/redirect_uri", "{bad}");
    }
    begin(&tenant, &access, json!({ "redirect_uri": "http://127.0.0.1:1/done" })).await;
}

#[tokio::test]
async fn callback_url_ignores_request_headers() {
    let Some((_, _, tenant)) = with_sandbox_bank().await else { return };
    let access = connect(&tenant, "sandbox-redirect").await;
    let request = reqwest::Client::new()
        .post(format!("{}{access}/syncs", tenant.url))
        .header(HOST, "evil.example")
        .header("x-forwarded-host", "evil.example")
        .header("x-forwarded-proto", "https")
        .header("forwarded", "host=evil.example;proto=https")
        .header("x-api-key", &tenant.key)
        .json(&json!({}));
    let begun = request.send().await.expect("an answer");
    assert_eq!(begun.status(), 201);
    let sync = begun.headers()["location"].to_str().expect("a path").to_owned();
    let back = agree(&challenge(&tenant, &sync, "REDIRECT").await).await;
    assert!(back.starts_with(&format!("{}{sync}/callback?state=", tenant.url)), "{back}");
}

#[tokio::test]
async fn registered_redirect_uris_exclude_all_others() {
    let Some((saldo, _, tenant)) = with_sandbox_bank().await else { return };
    let app = saldo.app().await;
    if !set(app.as_ref(), &tenant, &redirects(&["https://other.example/", DONE], false)).await {
        return;
    }
    let access = connect(&tenant, "sandbox-redirect").await;
    let begun = async |uri: &str| {
        tenant.json(Method::POST, &format!("{access}/syncs"), json!({ "redirect_uri": uri })).await
    };
    for bad in [
        "https://evil.example/done",
        "https://app.example/done/",
        "https://app.example/done?next=https://evil.example",
        "https://app.example/",
        "https://app.example:8443/done",
        "https://sub.app.example/done",
    ] {
        assert_eq!(refusal(&begun(bad).await), "/redirect_uri", "{bad}");
    }
    assert_eq!(begun(DONE).await.status, 201);
    assert!(set(app.as_ref(), &tenant, &RedirectSettings::default()).await);
    let access = connect(&tenant, "sandbox-redirect").await;
    begin(&tenant, &access, json!({ "redirect_uri": "https://any.example/" })).await;
}

#[tokio::test]
async fn confirmed_return_requires_code_of_users_browser() {
    let Some((saldo, _, tenant)) = with_sandbox_bank().await else { return };
    if !set(saldo.app().await.as_ref(), &tenant, &redirects(&[], true)).await {
        return;
    }
    let access = connect(&tenant, "sandbox-redirect").await;
    // Without a redirect URI, the application would never receive the code.
    let refused = tenant.json(Method::POST, &format!("{access}/syncs"), json!({})).await;
    assert_eq!(refusal(&refused), "/redirect_uri");

    let sync = begin(&tenant, &access, json!({ "redirect_uri": DONE, "state": "s" })).await;
    let asked = challenge(&tenant, &sync, "REDIRECT").await;
    for guess in ["", "0", "aaaaaaaaaaaaaaaaaaaaaaaaaa"] {
        let refused = respond(&tenant, &sync, &asked, json!({ "value": guess })).await;
        assert_eq!(refusal(&refused), "/value", "{guess}");
    }
    let back = agree(&asked).await;
    let (status, onwards) = follow(&back).await;
    assert_eq!(status, 302);
    let onwards: url::Url = onwards.parse().expect("a URL");
    let pairs: Vec<_> = onwards.query_pairs().into_owned().collect();
    let [(state, given), (name, code)] = pairs.as_slice() else { panic!("{onwards}") };
    assert_eq!((state.as_str(), given.as_str(), name.as_str()), ("state", "s", "code"));
    assert!(onwards.as_str().starts_with(DONE) && code.len() >= 26, "{onwards}");
    assert_eq!(follow(&back).await.0, 409, "a return gives one code");

    // Nothing is read before the confirmation.
    let waiting = tenant.get(&sync).await.json();
    assert_eq!(waiting["status"], "AWAIT_AUTH", "{waiting}");
    assert!(!waiting.to_string().contains(code.as_str()));
    let refused = respond(&tenant, &sync, &asked, json!({ "value": format!("{code}x") })).await;
    assert_eq!(refusal(&refused), "/value");
    assert_eq!(respond(&tenant, &sync, &asked, json!({ "value": code })).await.json(), json!({}));
    let again = respond(&tenant, &sync, &asked, json!({ "value": code })).await;
    assert_eq!(again.problem(), (409, "challenge_closed".to_owned()));
    assert_eq!(until(&tenant, &sync, "COMPLETED").await["accounts"], 4);
}

/// A fixture with an access whose users authorize on the bank's page, and with a public URL.
async fn fixture(confirm: bool) -> SyncFixture {
    let mut fixture = SyncFixture::start("sandbox-redirect").await;
    let before = RedirectSettings::default();
    let settings = redirects(&[], confirm);
    let changed = fixture.app.keys.change_redirects(&fixture.stack.org, &before, &settings).await;
    assert!(changed.expect("DynamoDB"));
    fixture.app.public_url = Some("https://api.example/saldo/".parse().expect("a URL"));
    fixture
}

#[tokio::test]
async fn unconfirmed_return_ends_without_an_authorization() {
    for (confirm, expected) in [(true, "FAILED"), (false, "COMPLETED")] {
        let fixture = fixture(confirm).await;
        let sync = fixture.begin(json!({ "redirect_uri": DONE })).await;
        assert!(fixture.deliver(&fixture.app, &sync).await);
        let asked = fixture.job(&sync).await["challenge"].clone();
        // The user approves at the bank and does not return.
        let back = agree(&asked).await;
        let path = format!("/rest/accesses/{}/syncs/{sync}/callback", fixture.access);
        assert!(back.starts_with(&format!("https://api.example/saldo{path}?state=")), "{back}");
        let limits = Limits { challenge_valid: Duration::ZERO, ..fixture.app.limits };
        let late = App { limits, ..fixture.app.clone() };
        assert!(fixture.deliver(&late, &sync).await);
        let job = fixture.job(&sync).await;
        assert_eq!(job["status"], expected, "{job}");
        let accounts = fixture.stack.ask(&fixture.app, Method::GET, "/rest/accounts", Value::Null).await.1;
        assert_eq!(accounts["accounts"] == json!([]), confirm, "{accounts}");
        fixture.stack.stop().await;
    }
}

#[tokio::test]
async fn code_expires_with_its_challenge() {
    let fixture = fixture(true).await;
    let sync = fixture.begin(json!({ "redirect_uri": DONE })).await;
    assert!(fixture.deliver(&fixture.app, &sync).await);
    let back = agree(&fixture.job(&sync).await["challenge"]).await;
    let path = back.strip_prefix("https://api.example/saldo").expect("the callback");
    let limits = Limits { challenge_valid: Duration::ZERO, ..fixture.app.limits };
    let late = App { limits, ..fixture.app.clone() };
    assert_eq!(
        fixture.stack.ask(&late, Method::GET, path, Value::Null).await.0,
        409,
        "the challenge has expired"
    );
    assert_eq!(fixture.stack.ask(&fixture.app, Method::GET, path, Value::Null).await.0, 302);
    // The table has only the hash of the code.
    let job = fixture.app.syncs.get(&fixture.stack.org, &sync).await.expect("DynamoDB").expect("a job");
    assert!(job.open_challenge().is_some_and(|open| open.code.is_some()));
    fixture.stack.stop().await;
}

#[tokio::test]
async fn redirect_without_public_url_is_rejected() {
    let fixture = SyncFixture::start("sandbox-redirect").await;
    let app = App { public_url: None, ..fixture.app.clone() };
    let path = format!("/rest/accesses/{}/syncs", fixture.access);
    let (status, refused) = fixture.stack.ask(&app, Method::POST, &path, json!({})).await;
    assert_eq!((status.as_u16(), &refused["code"]), (422, &json!("redirect_not_configured")), "{refused}");
    assert_eq!(refused["error"]["code"], 1006);
    fixture.stack.stop().await;
}
