//! Wrong PINs: after a bank has rejected a user's credentials, Saldo sends it no other credentials of
//! the user until a back-off has passed.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};
use local::App;
use saldo_domain::access::{LoginGate, LoginHash};
use saldo_domain::id::SyncId;
use saldo_domain::sync::{Step, SyncJob};
use saldo_store::Limits;
use serde_json::{Value, json};
use testing::ScriptedBank;
use uuid::Uuid;

use crate::sync_fixture::{SyncFixture, connect};

async fn fixture(bank: &ScriptedBank) -> SyncFixture {
    let mut fixture = SyncFixture::start("sandbox").await;
    bank.join(&fixture.app).await;
    fixture.access = connect(&fixture.stack, &fixture.app, "scripted").await;
    fixture
}

/// A fixture with another access of the same organization.
async fn another(fixture: &SyncFixture) -> SyncFixture {
    let access = connect(&fixture.stack, &fixture.app, "scripted").await;
    SyncFixture { access, stack: fixture.stack.clone(), app: fixture.app.clone() }
}

fn login(psu_id: &str, pin: &str) -> Value {
    json!({ "credentials": { "psu_id": psu_id, "pin": pin } })
}

/// Synchronizes once. Returns the job.
async fn synchronize(fixture: &SyncFixture, request: Value) -> Value {
    let sync = fixture.begin(request).await;
    assert!(fixture.deliver(&fixture.app, &sync).await);
    fixture.job(&sync).await
}

fn outcome(job: &Value) -> (&str, u64) {
    (job["status"].as_str().unwrap_or_default(), job["error"]["code"].as_u64().unwrap_or_default())
}

/// The records of users' logins.
async fn records(fixture: &SyncFixture) -> Vec<std::collections::HashMap<String, AttributeValue>> {
    let dynamodb = aws_sdk_dynamodb::Client::new(fixture.stack.sdk());
    let table = &fixture.stack.aws.variables["SALDO_ACCESSES_TABLE"];
    let items = dynamodb.scan().table_name(table).send().await.expect("DynamoDB").items.unwrap_or_default();
    let is_login = |id: &AttributeValue| id.as_s().is_ok_and(|id| id.starts_with("login#"));
    items.into_iter().filter(|item| item.get("id").is_some_and(is_login)).collect()
}

/// When the back-off of the only user ends.
async fn closed_until(fixture: &SyncFixture) -> Option<Timestamp> {
    let records = records(fixture).await;
    assert!(records.len() <= 1, "{records:?}");
    let until = records.first()?.get("closed_until")?.as_n().expect("a number").parse().expect("a number");
    Some(Timestamp::from_millisecond(until).expect("a moment"))
}

/// Ends the back-off of the only user.
async fn pass_time(fixture: &SyncFixture) {
    let mut record = records(fixture).await.remove(0);
    record.insert("closed_until".to_owned(), AttributeValue::N("1".to_owned()));
    let dynamodb = aws_sdk_dynamodb::Client::new(fixture.stack.sdk());
    let put = dynamodb.put_item().table_name(&fixture.stack.aws.variables["SALDO_ACCESSES_TABLE"]);
    put.set_item(Some(record)).send().await.expect("DynamoDB");
}

#[tokio::test]
async fn wrong_pin_is_not_sent_again_during_back_off() {
    let bank = ScriptedBank::start().await;
    bank.refuses_pins();
    let fixture = fixture(&bank).await;
    assert_eq!(outcome(&synchronize(&fixture, login("Käthe 1", "wrong")).await), ("FAILED", 10001));
    assert_eq!(bank.pins(), 1);

    // The same user with any PIN, access and spelling of the login: no request to the bank.
    let asked = bank.asked();
    for psu_id in ["Käthe 1", "KÄTHE1", " käthe 1 "] {
        let job = synchronize(&another(&fixture).await, login(psu_id, "another")).await;
        assert_eq!(outcome(&job), ("FAILED", 1020), "{job}");
        let message = job["error"]["message"].as_str().expect("a message");
        let until = closed_until(&fixture).await.expect("a back-off");
        assert!(message.contains(&saldo_domain::date::in_milliseconds(until)), "{message}");
    }
    assert_eq!(bank.asked(), asked);
    // Other users, and the same login in another organization, are not affected.
    assert_eq!(
        outcome(&synchronize(&another(&fixture).await, login("Jo", "wrong")).await),
        ("FAILED", 10001)
    );
    let mut next_door = fixture.other_organization().await;
    next_door.access = connect(&next_door.stack, &next_door.app, "scripted").await;
    assert_eq!(outcome(&synchronize(&next_door, login("Käthe 1", "wrong")).await), ("FAILED", 10001));
    assert_eq!(bank.pins(), 3);
    // No record names the user.
    let stored = records(&fixture).await;
    assert_eq!(stored.len(), 3);
    let stored = format!("{stored:?}").to_lowercase();
    assert!(!stored.contains("käthe") && !stored.contains("wrong"), "{stored}");
    fixture.stack.stop().await;
}

#[tokio::test]
async fn back_off_grows_and_a_success_resets_it() {
    let bank = ScriptedBank::start().await;
    bank.refuses_pins();
    let fixture = fixture(&bank).await;
    for (nth, seconds) in [(1, 30), (2, 300), (3, 3_600)] {
        let before = Timestamp::now();
        assert_eq!(outcome(&synchronize(&fixture, login("user", "wrong")).await), ("FAILED", 10001));
        let wait = closed_until(&fixture).await.expect("a back-off").duration_since(before);
        assert!(wait.as_secs() >= seconds && wait.as_secs() < seconds + 60, "{nth}: {wait}");
        assert_eq!(outcome(&synchronize(&fixture, login("user", "right")).await), ("FAILED", 1020));
        assert_eq!(bank.pins(), nth);
        pass_time(&fixture).await;
    }
    bank.takes_pins();
    assert_eq!(outcome(&synchronize(&fixture, login("user", "right")).await), ("COMPLETED", 0));
    assert_eq!(records(&fixture).await, []);
    bank.refuses_pins();
    assert_eq!(outcome(&synchronize(&fixture, login("user", "wrong")).await), ("FAILED", 10001));
    let wait = closed_until(&fixture).await.expect("a back-off").duration_since(Timestamp::now());
    assert!(wait <= SignedDuration::from_secs(30), "{wait}");
    fixture.stack.stop().await;
}

#[tokio::test]
async fn concurrent_wrong_pins_are_one_attempt() {
    let bank = ScriptedBank::start().await;
    bank.refuses_pins();
    let fixture = fixture(&bank).await;
    let mut begun: Vec<(SyncFixture, SyncId)> = Vec::new();
    for pin in 0..8 {
        let fixture = another(&fixture).await;
        let sync = fixture.begin(login("user", &format!("wrong{pin}"))).await;
        begun.push((fixture, sync));
    }
    join_all(begun.iter().map(|(fixture, sync)| fixture.deliver(&fixture.app, sync))).await;
    // The attempts that waited for the first one are repeated.
    for (fixture, sync) in &begun {
        let due = |job: &mut SyncJob| job.not_before.take().is_some();
        fixture.app.syncs.change(&fixture.stack.org, sync, due).await.expect("DynamoDB");
        assert!(fixture.deliver(&fixture.app, sync).await);
    }
    let mut codes = Vec::new();
    for (fixture, sync) in &begun {
        codes.push(outcome(&fixture.job(sync).await).1);
    }
    codes.sort_unstable();
    assert_eq!(codes, [&[1020; 7][..], &[10001]].concat());
    assert_eq!(bank.pins(), 1);
    fixture.stack.stop().await;
}

#[tokio::test]
async fn delayed_pin_is_not_sent_during_back_off() {
    let bank = ScriptedBank::start().await;
    bank.refuses_pins();
    let fixture = fixture(&bank).await;
    let first = fixture.begin(login("user", "wrong")).await;
    // The authorization has a consent, and was delayed before it sent the PIN.
    let state = json!({
        "consent": { "id": "c", "recurring": false, "valid_until": "2099-01-01" },
        "authorisation": null, "pin_starts": true, "pin_missing": false, "pin": "unsent", "approach": null
    });
    let begun = |job: &mut SyncJob| {
        job.step = Step::Authorize;
        job.authorization = Some(state.to_string());
        true
    };
    fixture.app.syncs.change(&fixture.stack.org, &first, begun).await.expect("DynamoDB");
    assert_eq!(
        outcome(&synchronize(&another(&fixture).await, login("user", "wrong")).await),
        ("FAILED", 10001)
    );
    assert!(fixture.deliver(&fixture.app, &first).await);
    assert_eq!(outcome(&fixture.job(&first).await), ("FAILED", 1020));
    assert_eq!(bank.pins(), 1);
    fixture.stack.stop().await;
}

#[tokio::test]
async fn back_off_keeps_saved_credentials_and_unanswered_attempts() {
    let bank = ScriptedBank::start().await;
    bank.refuses_pins();
    bank.takes_pins();
    let fixture = fixture(&bank).await;
    let mut saved = login("user", "right");
    saved["save_secrets"] = json!(true);
    assert_eq!(outcome(&synchronize(&fixture, saved).await), ("COMPLETED", 0));
    // Another person enters the user's login with a wrong PIN.
    bank.refuses_pins();
    assert_eq!(
        outcome(&synchronize(&another(&fixture).await, login("user", "wrong")).await),
        ("FAILED", 10001)
    );
    let job = synchronize(&fixture, json!({ "save_secrets": true })).await;
    assert_eq!(outcome(&job), ("FAILED", 1020), "{job}");
    bank.takes_pins();
    pass_time(&fixture).await;
    let job = synchronize(&fixture, json!({ "save_secrets": true })).await;
    assert_eq!(outcome(&job), ("COMPLETED", 0), "{job}");

    // An error of the bank does not mean that the PIN is wrong.
    bank.answers("POST /v1/consents/c/authorisations", 500, Value::Null);
    let failed = synchronize(&another(&fixture).await, login("user", "right")).await;
    assert_eq!(outcome(&failed), ("FAILED", 20000));
    bank.takes_pins();
    assert_eq!(
        outcome(&synchronize(&another(&fixture).await, login("user", "right")).await),
        ("COMPLETED", 0)
    );
    fixture.stack.stop().await;
}

#[tokio::test]
async fn other_pin_rejection_codes_start_back_off() {
    let bank = ScriptedBank::start().await;
    let fixture = fixture(&bank).await;
    let failed = json!({ "authorisationId": "1", "scaStatus": "failed", "psuMessage": "Wrong PIN." });
    let unknown = json!({ "tppMessages": [{ "category": "ERROR", "code": "WRONG_PASSWORD" }] });
    let start = "POST /v1/consents/c/authorisations";
    for (nth, (status, refusal)) in
        [(201, &failed), (200, &failed), (401, &Value::Null), (401, &unknown)].into_iter().enumerate()
    {
        bank.refuses_pins();
        bank.answers(start, status, refusal.clone());
        let user = format!("user {nth}");
        let job = synchronize(&another(&fixture).await, login(&user, "wrong")).await;
        assert_eq!(outcome(&job), ("FAILED", 10001), "{job}");
        let job = synchronize(&another(&fixture).await, login(&user, "another")).await;
        assert_eq!(outcome(&job), ("FAILED", 1020), "{job}");
        assert_eq!(bank.pins(), nth + 1);
    }
    // In an update, and at a bank that reports it later.
    bank.links("startAuthorisation");
    let link = json!({ "updatePsuAuthentication": { "href": "/v1/consents/c/authorisations/1" } });
    bank.answers(start, 201, json!({ "authorisationId": "1", "scaStatus": "psuIdentified", "_links": link }));
    let update = "PUT /v1/consents/c/authorisations/1";
    bank.answers(update, 200, failed.clone());
    let job = synchronize(&another(&fixture).await, login("updates", "wrong")).await;
    assert_eq!((outcome(&job), &job["error"]["message"]), (("FAILED", 10001), &json!("Wrong PIN.")), "{job}");
    bank.answers(update, 200, json!({ "scaStatus": "received" }));
    bank.answers("GET /v1/consents/c/authorisations/1", 200, failed);
    let late = another(&fixture).await;
    let sync = late.begin(login("late", "wrong")).await;
    assert!(late.deliver(&late.app, &sync).await && late.deliver(&late.app, &sync).await);
    assert_eq!(outcome(&late.job(&sync).await), ("FAILED", 10001));
    assert_eq!(bank.pins(), 6);
    fixture.stack.stop().await;
}

#[tokio::test]
async fn pin_is_not_resent_after_broken_connection() {
    let bank = ScriptedBank::start().await;
    bank.refuses_pins();
    bank.breaks_off("POST /v1/consents/c/authorisations");
    let fixture = fixture(&bank).await;
    assert_eq!(outcome(&synchronize(&fixture, login("user", "any")).await).0, "FAILED");
    assert_eq!(bank.pins(), 1);
    // A request without a PIN is sent again.
    bank.breaks_off("POST /v1/consents");
    let before = bank.asked().len();
    assert_eq!(outcome(&synchronize(&fixture, login("user", "any")).await).0, "FAILED");
    assert_eq!(bank.asked().len() - before, 3);
    fixture.stack.stop().await;
}

#[tokio::test]
async fn synchronization_sends_pin_once() {
    let bank = ScriptedBank::start().await;
    let fixture = fixture(&bank).await;
    let link = json!({ "updatePsuAuthentication": { "href": "/v1/consents/c/authorisations/1" } });
    let again = json!({ "authorisationId": "1", "scaStatus": "psuIdentified", "_links": link });
    bank.answers("POST /v1/consents/c/authorisations", 201, again.clone());
    let update = "PUT /v1/consents/c/authorisations/1";
    bank.answers(update, 200, again);
    // The PIN is sent with the start or with an update. The bank asks for it again, since it is wrong.
    for (nth, start) in [(1, "startAuthorisationWithPsuAuthentication"), (2, "startAuthorisation")] {
        bank.links(start);
        let job = synchronize(&another(&fixture).await, login(start, "wrong")).await;
        assert_eq!(outcome(&job), ("FAILED", 10001), "{job}");
        assert_eq!(bank.pins(), nth);
    }
    assert_eq!(bank.asked().iter().filter(|asked| *asked == update).count(), 1);
    bank.answers(update, 200, json!({ "scaStatus": "exempted" }));
    assert_eq!(
        outcome(&synchronize(&another(&fixture).await, login("right", "right")).await),
        ("COMPLETED", 0)
    );
    assert_eq!(bank.pins(), 3);
    fixture.stack.stop().await;
}

#[tokio::test]
async fn login_without_pin_does_not_reset_back_off() {
    let bank = ScriptedBank::start().await;
    bank.refuses_pins();
    let fixture = fixture(&bank).await;
    assert_eq!(outcome(&synchronize(&fixture, login("victim", "wrong")).await), ("FAILED", 10001));
    pass_time(&fixture).await;
    let access = connect(&fixture.stack, &fixture.app, "scripted-redirect").await;
    let mut redirect = SyncFixture { access, stack: fixture.stack.clone(), app: fixture.app.clone() };
    redirect.app.public_url = Some("https://api.example".parse().expect("a URL"));
    let victim = json!({ "credentials": { "psu_id": "victim" } });
    let valid = json!({ "consentStatus": "valid", "consentId": "c" });
    bank.answers("POST /v1/consents", 201, valid);
    assert_eq!(outcome(&synchronize(&redirect, victim).await), ("COMPLETED", 0));
    // A wrong PIN at a bank whose users log in on its own page does not count, either.
    bank.refuses_pins();
    let link = json!({ "scaRedirect": { "href": "https://login.example/" } });
    let page = json!({ "authorisationId": "1", "scaStatus": "received", "_links": link });
    bank.answers("POST /v1/consents/c/authorisations", 201, page);
    bank.answers("GET /v1/consents/c/authorisations/1", 200, json!({ "scaStatus": "finalised" }));
    let own_page = another(&fixture).await;
    let sync = own_page.begin(login("victim", "wrong")).await;
    assert!(own_page.deliver(&own_page.app, &sync).await);
    assert_eq!(own_page.job(&sync).await["challenge"]["type"], "REDIRECT");
    let late = Limits { challenge_valid: Duration::ZERO, ..own_page.app.limits };
    assert!(own_page.deliver(&App { limits: late, ..own_page.app.clone() }, &sync).await);
    assert_eq!(outcome(&own_page.job(&sync).await), ("COMPLETED", 0));
    bank.refuses_pins();
    assert_eq!(
        outcome(&synchronize(&another(&fixture).await, login("victim", "wrong")).await),
        ("FAILED", 10001)
    );
    let wait = closed_until(&fixture).await.expect("a back-off").duration_since(Timestamp::now());
    assert!(wait > SignedDuration::from_secs(60), "{wait}");
    fixture.stack.stop().await;
}

#[tokio::test]
async fn login_held_by_another_synchronization_is_kept() {
    let bank = ScriptedBank::start().await;
    let fixture = fixture(&bank).await;
    let (accesses, org) = (&fixture.app.accesses, &fixture.stack.org);
    let hash = LoginHash::of(&vec![1; 32].into(), "scripted", "user").expect("a hash");
    let [first, second] = [1, 2].map(|seed| SyncId::of_seed(Uuid::from_u128(seed)));
    assert_eq!(
        accesses.hold_login(org, &hash, &second, Timestamp::now()).await.expect("DynamoDB"),
        LoginGate::Open
    );
    accesses.forget_login(org, &hash, &first).await.expect("DynamoDB");
    assert_eq!(records(&fixture).await.len(), 1);
    accesses.forget_login(org, &hash, &second).await.expect("DynamoDB");
    assert_eq!(records(&fixture).await, []);
    fixture.stack.stop().await;
}
