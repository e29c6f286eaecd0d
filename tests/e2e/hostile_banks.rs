//! Banks that answer what no honest bank does, and banks that are configured wrongly.

use std::time::Duration;

use reqwest::Method;
use saldo_domain::notification::Targets;
use saldo_domain::sync::RedirectSettings;
use saldo_store::app::{App, Limits};
use serde_json::{Value, json};
use testing::ScriptedBank;

use crate::sync::credentials;
use crate::sync_worker::{Bench, connect};

/// A bench with an access to a scripted bank by this access method.
async fn bench(bank: &ScriptedBank, method: &str) -> Bench {
    let mut bench = Bench::start("sandbox").await;
    bank.join(&bench.app).await;
    bench.access = connect(&bench.stack, &bench.app, method).await;
    bench.app.public_url = Some("https://api.example".parse().expect("a URL"));
    bench
}

/// Synchronizes once, with no challenge on the way: how it ended.
async fn synchronize(bench: &Bench, request: Value) -> Value {
    let sync = bench.begin(request).await;
    assert!(bench.deliver(&bench.app, &sync).await);
    bench.told(&sync).await
}

fn with_pin() -> Value {
    json!({ "credentials": credentials("user") })
}

#[tokio::test]
async fn users_are_sent_to_no_page_but_an_https_one() {
    let bank = ScriptedBank::start().await;
    let bench = bench(&bank, "scripted-redirect").await;
    for (page, admitted) in [
        ("http://login.example/", None),
        ("javascript:alert(1)", None),
        ("data:text/html,x", None),
        ("https://user:pin@login.example/", None),
        ("//login.example/", None),
        ("/login", None),
        ("https://login.example/", Some("https://login.example/")),
        // As it was checked, not as the bank wrote it.
        (" HTTPS:\\\\login.example\\a b\t", Some("https://login.example/a%20b")),
    ] {
        let asked = json!({
            "consentStatus": "received", "consentId": "c", "_links": { "scaRedirect": { "href": page } }
        });
        bank.answers("POST /v1/consents", 201, asked);
        let bench = Bench {
            access: connect(&bench.stack, &bench.app, "scripted-redirect").await,
            stack: bench.stack.clone(),
            app: bench.app.clone(),
        };
        let job = synchronize(&bench, json!({})).await;
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
    bench.stack.stop().await;
}

#[tokio::test]
async fn unannounced_redirect_is_not_taken_without_confirmation() {
    let bank = ScriptedBank::start().await;
    let bench = bench(&bank, "scripted").await;
    let settings = RedirectSettings { uris: Vec::new(), confirm: true };
    let before = RedirectSettings::default();
    let changed = bench.app.keys.change_redirects(&bench.stack.org, &before, &settings).await;
    assert!(changed.expect("DynamoDB"));
    // The catalog lists no redirect for this bank.
    let authorisation = "/v1/consents/c/authorisations/1";
    let links = json!({
        "scaRedirect": { "href": "https://login.example/" }, "scaStatus": { "href": authorisation }
    });
    let asked = json!({ "consentStatus": "received", "consentId": "c", "_links": links });
    bank.answers("POST /v1/consents", 201, asked);
    let sync = bench.begin(with_pin()).await;
    assert!(bench.deliver(&bench.app, &sync).await);
    assert_eq!(bench.told(&sync).await["challenge"]["type"], "REDIRECT");
    bank.answers(&format!("GET {authorisation}"), 200, json!({ "scaStatus": "finalised" }));
    let limits = Limits { challenge_valid: Duration::ZERO, ..bench.app.limits };
    let late = App { limits, ..bench.app.clone() };
    assert!(bench.deliver(&late, &sync).await);
    let job = bench.told(&sync).await;
    assert_eq!((&job["status"], &job["error"]["code"]), (&json!("FAILED"), &json!(10005)), "{job}");
    bench.stack.stop().await;
}

#[tokio::test]
async fn links_lead_nowhere_but_to_the_bank_itself() {
    let (bank, inner) = (ScriptedBank::start().await, ScriptedBank::start().await);
    let bench = bench(&bank, "scripted").await;
    let path = "/v1/accounts/a/transactions";
    let elsewhere = [format!("{}{path}", inner.url), inner.url.replace("http:", "") + path];
    for next in elsewhere.into_iter().chain(["http://169.254.169.254/latest/meta-data".to_owned()]) {
        bank.reports(&json!({ "booked": [], "_links": { "next": { "href": next } } }));
        let job = synchronize(&bench, with_pin()).await;
        assert_eq!(
            (&job["status"], &job["error"]["code"]),
            (&json!("FAILED"), &json!(20003)),
            "{next}: {job}"
        );
    }
    // An id that looks like a path stays one segment of it.
    let status =
        json!({ "consentStatus": "received", "consentId": "../../v2?x=#", "scaStatus": "finalised" });
    bank.answers("POST /v1/consents", 201, status);
    synchronize(&bench, with_pin()).await;
    let asked = bank.asked();
    assert_eq!(asked.last().map(String::as_str), Some("GET /v1/consents/..%2F..%2Fv2%3Fx=%23/status"));
    assert_eq!(inner.asked(), Vec::<String>::new());
    bench.stack.stop().await;
}

#[tokio::test]
async fn bank_without_an_https_base_url_is_refused_outside_the_local_stack() {
    let bank = ScriptedBank::start().await;
    let bench = bench(&bank, "scripted").await;
    let deployed = App { targets: Targets::Public, ..bench.app.clone() };
    let (_, catalog) = bench.stack.ask(&deployed, Method::GET, "/rest/catalog", Value::Null).await;
    let supported = catalog["banks"].as_array().expect("banks").iter().map(|bank| bank["supported"].clone());
    assert_eq!(supported.collect::<Vec<_>>(), [false, false]);
    let body = json!({ "access_method_id": "scripted" });
    let (status, refused) = bench.stack.ask(&deployed, Method::POST, "/rest/accesses", body).await;
    assert_eq!(status, 400, "{refused}");
    let path = format!("/rest/accesses/{}/syncs", bench.access);
    let (status, refused) = bench.stack.ask(&deployed, Method::POST, &path, with_pin()).await;
    assert_eq!((status.as_u16(), &refused["code"]), (422, &json!("bank_not_supported")), "{refused}");
    // One that was begun before the catalog was changed.
    let sync = bench.begin(with_pin()).await;
    assert!(bench.deliver(&deployed, &sync).await);
    assert_eq!(bench.told(&sync).await["error"]["code"], 20001);
    assert_eq!(bank.asked(), Vec::<String>::new());
    bench.stack.stop().await;
}

#[tokio::test]
async fn bank_id_used_again_on_another_day_is_a_recorded_conflict() {
    let bank = ScriptedBank::start().await;
    let bench = bench(&bank, "scripted").await;
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
    let job = synchronize(&bench, with_pin()).await;
    assert_eq!((&job["new_transactions"], &job["conflict_count"]), (&json!(2), &json!(0)), "{job}");
    // The same again with another text, the next rent under the same id, and one without days.
    bank.reports(
        &json!({ "booked": [rent("2026-08-03", "Rent"), rent("2026-07-03", "rent July"), undated] }),
    );
    let job = synchronize(&bench, with_pin()).await;
    assert_eq!((&job["new_transactions"], &job["conflict_count"]), (&json!(0), &json!(1)), "{job}");
    let conflict = &job["conflicts"][0];
    assert_eq!((&conflict["field"], &conflict["code"]), (&json!("bookingDate"), &json!("conflict")), "{job}");
    let (_, all) = bench.stack.ask(&bench.app, Method::GET, "/rest/transactions", Value::Null).await;
    let all = all["transactions"].as_array().expect("transactions").clone();
    assert_eq!((all.len(), &all[1]["booking_date"]), (2, &json!("2026-07-03")), "{all:?}");
    bench.stack.stop().await;
}
