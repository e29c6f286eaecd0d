//! Attacks on the way to the bank's page and back.

use std::time::Duration;

use reqwest::Method;
use reqwest::header::HOST;
use saldo_domain::notification::Targets;
use saldo_domain::sync::{RedirectSettings, RedirectUri};
use saldo_store::app::{App, Limits};
use serde_json::{Value, json};
use testing::{Answer, Tenant};

use crate::sync::{at_hand, begin, challenge, connect, customer, respond, until};
use crate::sync_worker::Bench;

const DONE: &str = "https://app.example/done";

/// Asks without following redirects: the status, and where the answer leads.
async fn follow(url: &str) -> (u16, String) {
    let policy = reqwest::redirect::Policy::none();
    let browser = reqwest::Client::builder().redirect(policy).build().expect("a browser");
    let answer = browser.get(url).send().await.expect("an answer");
    let location = answer.headers().get("location").and_then(|location| location.to_str().ok());
    (answer.status().as_u16(), location.unwrap_or_default().to_owned())
}

/// The user agrees on the bank's page: where the bank sends them back to.
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

/// Sets how the tenant's users come back, as `admin` does. Says whether its tables are at hand.
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
async fn redirect_uri_is_an_https_page() {
    let Some((_, _, tenant)) = at_hand().await else { return };
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
async fn callback_address_ignores_the_request_headers() {
    let Some((_, _, tenant)) = at_hand().await else { return };
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
    let Some((saldo, _, tenant)) = at_hand().await else { return };
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
async fn confirmed_return_needs_the_code_of_the_users_browser() {
    let Some((saldo, _, tenant)) = at_hand().await else { return };
    if !set(saldo.app().await.as_ref(), &tenant, &redirects(&[], true)).await {
        return;
    }
    let access = connect(&tenant, "sandbox-redirect").await;
    // Without a page to go on to, nobody would get the code.
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
    assert_eq!(follow(&back).await.0, 409, "one return gives one code");

    // Until it is confirmed, nothing was read.
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

/// A bench whose bank sends users to its own page, and that they come back from.
async fn bench(confirm: bool) -> Bench {
    let mut bench = Bench::start("sandbox-redirect").await;
    let before = RedirectSettings::default();
    let settings = redirects(&[], confirm);
    let changed = bench.app.keys.change_redirects(&bench.stack.org, &before, &settings).await;
    assert!(changed.expect("DynamoDB"));
    bench.app.public_url = Some("https://api.example/saldo/".parse().expect("a URL"));
    bench
}

#[tokio::test]
async fn unconfirmed_return_ends_without_an_authorization() {
    for (confirm, expected) in [(true, "FAILED"), (false, "COMPLETED")] {
        let bench = bench(confirm).await;
        let sync = bench.begin(json!({ "redirect_uri": DONE })).await;
        assert!(bench.deliver(&bench.app, &sync).await);
        let asked = bench.told(&sync).await["challenge"].clone();
        // The user agrees at the bank; nobody comes back.
        let back = agree(&asked).await;
        let path = format!("/rest/accesses/{}/syncs/{sync}/callback", bench.access);
        assert!(back.starts_with(&format!("https://api.example/saldo{path}?state=")), "{back}");
        let limits = Limits { challenge_valid: Duration::ZERO, ..bench.app.limits };
        let late = App { limits, ..bench.app.clone() };
        assert!(bench.deliver(&late, &sync).await);
        let job = bench.told(&sync).await;
        assert_eq!(job["status"], expected, "{job}");
        let accounts = bench.stack.ask(&bench.app, Method::GET, "/rest/accounts", Value::Null).await.1;
        assert_eq!(accounts["accounts"] == json!([]), confirm, "{accounts}");
        bench.stack.stop().await;
    }
}

#[tokio::test]
async fn code_expires_with_its_challenge() {
    let bench = bench(true).await;
    let sync = bench.begin(json!({ "redirect_uri": DONE })).await;
    assert!(bench.deliver(&bench.app, &sync).await);
    let back = agree(&bench.told(&sync).await["challenge"]).await;
    let path = back.strip_prefix("https://api.example/saldo").expect("the callback");
    let limits = Limits { challenge_valid: Duration::ZERO, ..bench.app.limits };
    let late = App { limits, ..bench.app.clone() };
    assert_eq!(bench.stack.ask(&late, Method::GET, path, Value::Null).await.0, 409, "too late to come back");
    assert_eq!(bench.stack.ask(&bench.app, Method::GET, path, Value::Null).await.0, 302);
    // The table has the code's hash alone.
    let job = bench.app.syncs.get(&bench.stack.org, &sync).await.expect("DynamoDB").expect("a job");
    assert!(job.open_challenge().is_some_and(|open| open.code.is_some()));
    bench.stack.stop().await;
}

#[tokio::test]
async fn redirect_without_a_public_url_is_refused() {
    let bench = Bench::start("sandbox-redirect").await;
    let app = App { public_url: None, ..bench.app.clone() };
    let path = format!("/rest/accesses/{}/syncs", bench.access);
    let (status, refused) = bench.stack.ask(&app, Method::POST, &path, json!({})).await;
    assert_eq!((status.as_u16(), &refused["code"]), (422, &json!("redirect_not_configured")), "{refused}");
    assert_eq!(refused["error"]["code"], 1006);
    bench.stack.stop().await;
}
