//! Banks that give malicious responses, and banks that are misconfigured.

use std::time::Duration;

use local::App;
use reqwest::Method;
use saldo_domain::notification::Targets;
use saldo_domain::sync::RedirectSettings;
use saldo_store::Limits;
use serde_json::{Value, json};
use testing::ScriptedBank;

use crate::sync_client::credentials;
use crate::sync_fixture::{SyncFixture, connect};

/// A fixture with an access to a scripted bank through this access method.
async fn fixture(bank: &ScriptedBank, method: &str) -> SyncFixture {
    let mut fixture = SyncFixture::start("sandbox").await;
    bank.join(&fixture.app).await;
    fixture.access = connect(&fixture.stack, &fixture.app, method).await;
    fixture.app.public_url = Some("https://api.example".parse().expect("a URL"));
    fixture
}

/// Synchronizes once without a challenge. Returns the job.
async fn synchronize(fixture: &SyncFixture, request: Value) -> Value {
    let sync = fixture.begin(request).await;
    assert!(fixture.deliver(&fixture.app, &sync).await);
    fixture.job(&sync).await
}

fn with_pin() -> Value {
    json!({ "credentials": credentials("user") })
}

#[tokio::test]
async fn redirect_challenge_requires_https_page() {
    let bank = ScriptedBank::start().await;
    let fixture = fixture(&bank, "scripted-redirect").await;
    for (page, admitted) in [
        ("http://login.example/", None),
        ("javascript:alert(1)", None),
        ("data:text/html,x", None),
        ("https://user:pin@login.example/", None),
        ("//login.example/", None),
        ("/login", None),
        ("https://login.example/", Some("https://login.example/")),
        // The normalized URL that was checked, not the bank's spelling.
        (" HTTPS:\\\\login.example\\a b\t", Some("https://login.example/a%20b")),
    ] {
        let asked = json!({
            "consentStatus": "received", "consentId": "c", "_links": { "scaRedirect": { "href": page } }
        });
        bank.answers("POST /v1/consents", 201, asked);
        let fixture = SyncFixture {
            access: connect(&fixture.stack, &fixture.app, "scripted-redirect").await,
            stack: fixture.stack.clone(),
            app: fixture.app.clone(),
        };
        let job = synchronize(&fixture, json!({})).await;
        if let Some(location) = admitted {
            assert_eq!(
                (&job["status"], &job["challenge"]["location"]),
                (&json!("AWAIT_AUTH"), &json!(location))
            );
        } else {
            assert_eq!((&job["status"], &job["error"]["code"]), (&json!("FAILED"), &json!(20003)), "{page}");
            assert_eq!(job["error"]["message"], "The address of the bank's page is not an https URL.");
        }
    }
    fixture.stack.stop().await;
}

#[tokio::test]
async fn unannounced_redirect_requires_confirmation() {
    let bank = ScriptedBank::start().await;
    let fixture = fixture(&bank, "scripted").await;
    let settings = RedirectSettings { uris: Vec::new(), confirm: true };
    let before = RedirectSettings::default();
    let changed = fixture.app.keys.change_redirects(&fixture.stack.org, &before, &settings).await;
    assert!(changed.expect("DynamoDB"));
    // The catalog has no redirect flow for this bank.
    let authorisation = "/v1/consents/c/authorisations/1";
    let links = json!({
        "scaRedirect": { "href": "https://login.example/" }, "scaStatus": { "href": authorisation }
    });
    let asked = json!({ "consentStatus": "received", "consentId": "c", "_links": links });
    bank.answers("POST /v1/consents", 201, asked);
    let sync = fixture.begin(with_pin()).await;
    assert!(fixture.deliver(&fixture.app, &sync).await);
    assert_eq!(fixture.job(&sync).await["challenge"]["type"], "REDIRECT");
    bank.answers(&format!("GET {authorisation}"), 200, json!({ "scaStatus": "finalised" }));
    let limits = Limits { challenge_valid: Duration::ZERO, ..fixture.app.limits };
    let late = App { limits, ..fixture.app.clone() };
    assert!(fixture.deliver(&late, &sync).await);
    let job = fixture.job(&sync).await;
    assert_eq!((&job["status"], &job["error"]["code"]), (&json!("FAILED"), &json!(10005)), "{job}");
    fixture.stack.stop().await;
}

#[tokio::test]
async fn links_of_a_bank_must_stay_on_its_host() {
    let (bank, inner) = (ScriptedBank::start().await, ScriptedBank::start().await);
    let fixture = fixture(&bank, "scripted").await;
    let path = "/v1/accounts/a/transactions";
    let elsewhere = [format!("{}{path}", inner.url), inner.url.replace("http:", "") + path];
    for next in elsewhere.into_iter().chain(["http://169.254.169.254/latest/meta-data".to_owned()]) {
        bank.reports(&json!({ "booked": [], "_links": { "next": { "href": next } } }));
        let job = synchronize(&fixture, with_pin()).await;
        assert_eq!(
            (&job["status"], &job["error"]["code"]),
            (&json!("FAILED"), &json!(20003)),
            "{next}: {job}"
        );
    }
    // An id that looks like a path is encoded as one segment.
    let status =
        json!({ "consentStatus": "received", "consentId": "../../v2?x=#", "scaStatus": "finalised" });
    bank.answers("POST /v1/consents", 201, status);
    synchronize(&fixture, with_pin()).await;
    let asked = bank.asked();
    assert_eq!(asked.last().map(String::as_str), Some("GET /v1/consents/..%2F..%2Fv2%3Fx=%23/status"));
    assert_eq!(inner.asked(), Vec::<String>::new());
    fixture.stack.stop().await;
}

#[tokio::test]
async fn bank_base_url_must_be_https_outside_local_stack() {
    let bank = ScriptedBank::start().await;
    let fixture = fixture(&bank, "scripted").await;
    let deployed = App { targets: Targets::Public, ..fixture.app.clone() };
    let (_, catalog) = fixture.stack.ask(&deployed, Method::GET, "/rest/catalog", Value::Null).await;
    let supported = catalog["banks"].as_array().expect("banks").iter().map(|bank| bank["supported"].clone());
    assert_eq!(supported.collect::<Vec<_>>(), [false, false]);
    let body = json!({ "access_method_id": "scripted" });
    let (status, refused) = fixture.stack.ask(&deployed, Method::POST, "/rest/accesses", body).await;
    assert_eq!(status, 400, "{refused}");
    let path = format!("/rest/accesses/{}/syncs", fixture.access);
    let (status, refused) = fixture.stack.ask(&deployed, Method::POST, &path, with_pin()).await;
    assert_eq!((status.as_u16(), &refused["code"]), (422, &json!("bank_not_supported")), "{refused}");
    // A synchronization that was started before the catalog changed.
    let sync = fixture.begin(with_pin()).await;
    assert!(fixture.deliver(&deployed, &sync).await);
    assert_eq!(fixture.job(&sync).await["error"]["code"], 20001);
    assert_eq!(bank.asked(), Vec::<String>::new());
    fixture.stack.stop().await;
}

#[tokio::test]
async fn reused_bank_id_is_recorded_as_conflict() {
    let bank = ScriptedBank::start().await;
    let fixture = fixture(&bank, "scripted").await;
    let rent = |day: &str, text: &str| {
        json!({
            "transactionId": "000123", "bookingDate": day, "valueDate": day,
            "transactionAmount": { "currency": "EUR", "amount": "-15.00" },
            "remittanceInformationUnstructured": text,
        })
    };
    let undated = json!({
        "transactionId": "undated", "transactionAmount": { "currency": "EUR", "amount": "-1.00" }
    });
    bank.reports(&json!({ "booked": [rent("2026-07-03", "Rent"), undated] }));
    let job = synchronize(&fixture, with_pin()).await;
    assert_eq!((&job["new_transactions"], &job["conflict_count"]), (&json!(2), &json!(0)), "{job}");
    // The same transaction with another text, the next rent under the same id, and one without dates.
    bank.reports(
        &json!({ "booked": [rent("2026-08-03", "Rent"), rent("2026-07-03", "rent July"), undated] }),
    );
    let job = synchronize(&fixture, with_pin()).await;
    assert_eq!((&job["new_transactions"], &job["conflict_count"]), (&json!(0), &json!(1)), "{job}");
    let conflict = &job["conflicts"][0];
    assert_eq!((&conflict["field"], &conflict["code"]), (&json!("bookingDate"), &json!("conflict")), "{job}");
    let (_, all) = fixture.stack.ask(&fixture.app, Method::GET, "/rest/transactions", Value::Null).await;
    let all = all["transactions"].as_array().expect("transactions").clone();
    assert_eq!((all.len(), &all[1]["booking_date"]), (2, &json!("2026-07-03")), "{all:?}");
    fixture.stack.stop().await;
}
