//! Wrong PINs: a bank that has refused a user's credentials is not sent others of the user at once.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};
use saldo_domain::access::{LoginGate, LoginHash};
use saldo_domain::id::SyncId;
use saldo_domain::sync::{Step, SyncJob};
use saldo_store::app::{App, Limits};
use serde_json::{Value, json};
use testing::ScriptedBank;
use uuid::Uuid;

use crate::sync_worker::{Bench, connect};

async fn bench(bank: &ScriptedBank) -> Bench {
    let mut bench = Bench::start("sandbox").await;
    bank.join(&bench.app).await;
    bench.access = connect(&bench.stack, &bench.app, "scripted").await;
    bench
}

/// The same services and organization, with another access.
async fn another(bench: &Bench) -> Bench {
    let access = connect(&bench.stack, &bench.app, "scripted").await;
    Bench { access, stack: bench.stack.clone(), app: bench.app.clone() }
}

fn login(psu_id: &str, pin: &str) -> Value {
    json!({ "credentials": { "psu_id": psu_id, "pin": pin } })
}

/// Synchronizes once: how it ended.
async fn synchronize(bench: &Bench, request: Value) -> Value {
    let sync = bench.begin(request).await;
    assert!(bench.deliver(&bench.app, &sync).await);
    bench.told(&sync).await
}

fn outcome(job: &Value) -> (&str, u64) {
    (job["status"].as_str().unwrap_or_default(), job["error"]["code"].as_u64().unwrap_or_default())
}

/// The records of users' logins.
async fn records(bench: &Bench) -> Vec<std::collections::HashMap<String, AttributeValue>> {
    let dynamodb = aws_sdk_dynamodb::Client::new(bench.stack.sdk());
    let table = &bench.stack.aws.settings.tables.accesses;
    let items = dynamodb.scan().table_name(table).send().await.expect("DynamoDB").items.unwrap_or_default();
    let is_login = |id: &AttributeValue| id.as_s().is_ok_and(|id| id.starts_with("login#"));
    items.into_iter().filter(|item| item.get("id").is_some_and(is_login)).collect()
}

/// When credentials of the only user are sent to the bank again.
async fn closed_until(bench: &Bench) -> Option<Timestamp> {
    let records = records(bench).await;
    assert!(records.len() <= 1, "{records:?}");
    let until = records.first()?.get("closed_until")?.as_n().expect("a number").parse().expect("a number");
    Some(Timestamp::from_millisecond(until).expect("a moment"))
}

/// Lets the back-off of the only user pass.
async fn pass_time(bench: &Bench) {
    let mut record = records(bench).await.remove(0);
    record.insert("closed_until".to_owned(), AttributeValue::N("1".to_owned()));
    let dynamodb = aws_sdk_dynamodb::Client::new(bench.stack.sdk());
    let put = dynamodb.put_item().table_name(&bench.stack.aws.settings.tables.accesses);
    put.set_item(Some(record)).send().await.expect("DynamoDB");
}

#[tokio::test]
async fn wrong_pin_is_not_sent_again_until_the_back_off_has_passed() {
    let bank = ScriptedBank::start().await;
    bank.refuses_pins();
    let bench = bench(&bank).await;
    assert_eq!(outcome(&synchronize(&bench, login("Käthe 1", "wrong")).await), ("FAILED", 10001));
    assert_eq!(bank.pins(), 1);

    // The same user, whatever the PIN, the access and the spelling of the login: no request to the bank at all.
    let asked = bank.asked();
    for psu_id in ["Käthe 1", "KÄTHE1", " käthe 1 "] {
        let job = synchronize(&another(&bench).await, login(psu_id, "another")).await;
        assert_eq!(outcome(&job), ("FAILED", 1020), "{job}");
        let message = job["error"]["message"].as_str().expect("a message");
        let until = closed_until(&bench).await.expect("a back-off");
        assert!(message.contains(&saldo_domain::date::in_milliseconds(until)), "{message}");
    }
    assert_eq!(bank.asked(), asked);
    // Other users are not held up, nor is the same login at the organization next door.
    assert_eq!(outcome(&synchronize(&another(&bench).await, login("Jo", "wrong")).await), ("FAILED", 10001));
    let mut next_door = bench.beside().await;
    next_door.access = connect(&next_door.stack, &next_door.app, "scripted").await;
    assert_eq!(outcome(&synchronize(&next_door, login("Käthe 1", "wrong")).await), ("FAILED", 10001));
    assert_eq!(bank.pins(), 3);
    // No record tells whose it is.
    let stored = records(&bench).await;
    assert_eq!(stored.len(), 3);
    let stored = format!("{stored:?}").to_lowercase();
    assert!(!stored.contains("käthe") && !stored.contains("wrong"), "{stored}");
    bench.stack.stop().await;
}

#[tokio::test]
async fn back_off_grows_and_a_success_resets_it() {
    let bank = ScriptedBank::start().await;
    bank.refuses_pins();
    let bench = bench(&bank).await;
    for (nth, seconds) in [(1, 30), (2, 300), (3, 3_600)] {
        let before = Timestamp::now();
        assert_eq!(outcome(&synchronize(&bench, login("user", "wrong")).await), ("FAILED", 10001));
        let wait = closed_until(&bench).await.expect("a back-off").duration_since(before);
        assert!(wait.as_secs() >= seconds && wait.as_secs() < seconds + 60, "{nth}: {wait}");
        assert_eq!(outcome(&synchronize(&bench, login("user", "right")).await), ("FAILED", 1020));
        assert_eq!(bank.pins(), nth);
        pass_time(&bench).await;
    }
    bank.takes_pins();
    assert_eq!(outcome(&synchronize(&bench, login("user", "right")).await), ("COMPLETED", 0));
    assert_eq!(records(&bench).await, []);
    bank.refuses_pins();
    assert_eq!(outcome(&synchronize(&bench, login("user", "wrong")).await), ("FAILED", 10001));
    let wait = closed_until(&bench).await.expect("a back-off").duration_since(Timestamp::now());
    assert!(wait <= SignedDuration::from_secs(30), "{wait}");
    bench.stack.stop().await;
}

#[tokio::test]
async fn many_wrong_pins_at_once_are_one_attempt() {
    let bank = ScriptedBank::start().await;
    bank.refuses_pins();
    let bench = bench(&bank).await;
    let mut begun: Vec<(Bench, SyncId)> = Vec::new();
    for pin in 0..8 {
        let bench = another(&bench).await;
        let sync = bench.begin(login("user", &format!("wrong{pin}"))).await;
        begun.push((bench, sync));
    }
    join_all(begun.iter().map(|(bench, sync)| bench.deliver(&bench.app, sync))).await;
    // Those that have waited for the first come again.
    for (bench, sync) in &begun {
        let due = |job: &mut SyncJob| job.not_before.take().is_some();
        bench.app.syncs.change(&bench.stack.org, sync, due).await.expect("DynamoDB");
        assert!(bench.deliver(&bench.app, sync).await);
    }
    let mut codes = Vec::new();
    for (bench, sync) in &begun {
        codes.push(outcome(&bench.told(sync).await).1);
    }
    codes.sort_unstable();
    assert_eq!(codes, [&[1020; 7][..], &[10001]].concat());
    assert_eq!(bank.pins(), 1);
    bench.stack.stop().await;
}

#[tokio::test]
async fn pin_of_an_authorization_that_has_waited_is_not_sent_during_the_back_off() {
    let bank = ScriptedBank::start().await;
    bank.refuses_pins();
    let bench = bench(&bank).await;
    let first = bench.begin(login("user", "wrong")).await;
    // It has a consent already, and was delayed before it sent the PIN.
    let state = json!({
        "consent": { "id": "c", "recurring": false, "valid_until": "2099-01-01" },
        "authorisation": null, "pin_starts": true, "pin_missing": false, "pin": "unsent", "approach": null
    });
    let begun = |job: &mut SyncJob| {
        job.step = Step::Authorize;
        job.authorization = Some(state.to_string());
        true
    };
    bench.app.syncs.change(&bench.stack.org, &first, begun).await.expect("DynamoDB");
    assert_eq!(
        outcome(&synchronize(&another(&bench).await, login("user", "wrong")).await),
        ("FAILED", 10001)
    );
    assert!(bench.deliver(&bench.app, &first).await);
    assert_eq!(outcome(&bench.told(&first).await), ("FAILED", 1020));
    assert_eq!(bank.pins(), 1);
    bench.stack.stop().await;
}

#[tokio::test]
async fn back_off_leaves_saved_credentials_and_unanswered_attempts_alone() {
    let bank = ScriptedBank::start().await;
    bank.refuses_pins();
    bank.takes_pins();
    let bench = bench(&bank).await;
    let mut saved = login("user", "right");
    saved["save_secrets"] = json!(true);
    assert_eq!(outcome(&synchronize(&bench, saved).await), ("COMPLETED", 0));
    // Somebody else enters the user's login with a wrong PIN.
    bank.refuses_pins();
    assert_eq!(
        outcome(&synchronize(&another(&bench).await, login("user", "wrong")).await),
        ("FAILED", 10001)
    );
    let job = synchronize(&bench, json!({ "save_secrets": true })).await;
    assert_eq!(outcome(&job), ("FAILED", 1020), "{job}");
    bank.takes_pins();
    pass_time(&bench).await;
    let job = synchronize(&bench, json!({ "save_secrets": true })).await;
    assert_eq!(outcome(&job), ("COMPLETED", 0), "{job}");

    // A bank that fails says nothing about the PIN.
    bank.answers("POST /v1/consents/c/authorisations", 500, Value::Null);
    let failed = synchronize(&another(&bench).await, login("user", "right")).await;
    assert_eq!(outcome(&failed), ("FAILED", 20000));
    bank.takes_pins();
    assert_eq!(outcome(&synchronize(&another(&bench).await, login("user", "right")).await), ("COMPLETED", 0));
    bench.stack.stop().await;
}

#[tokio::test]
async fn pin_refused_in_other_words_starts_the_back_off() {
    let bank = ScriptedBank::start().await;
    let bench = bench(&bank).await;
    let failed = json!({ "authorisationId": "1", "scaStatus": "failed", "psuMessage": "Wrong PIN." });
    let unknown = json!({ "tppMessages": [{ "category": "ERROR", "code": "WRONG_PASSWORD" }] });
    let start = "POST /v1/consents/c/authorisations";
    for (nth, (status, refusal)) in
        [(201, &failed), (200, &failed), (401, &Value::Null), (401, &unknown)].into_iter().enumerate()
    {
        bank.refuses_pins();
        bank.answers(start, status, refusal.clone());
        let user = format!("user {nth}");
        let job = synchronize(&another(&bench).await, login(&user, "wrong")).await;
        assert_eq!(outcome(&job), ("FAILED", 10001), "{job}");
        let job = synchronize(&another(&bench).await, login(&user, "another")).await;
        assert_eq!(outcome(&job), ("FAILED", 1020), "{job}");
        assert_eq!(bank.pins(), nth + 1);
    }
    // In an update, and at a bank that says so later.
    bank.links("startAuthorisation");
    let link = json!({ "updatePsuAuthentication": { "href": "/v1/consents/c/authorisations/1" } });
    bank.answers(start, 201, json!({ "authorisationId": "1", "scaStatus": "psuIdentified", "_links": link }));
    let update = "PUT /v1/consents/c/authorisations/1";
    bank.answers(update, 200, failed.clone());
    let job = synchronize(&another(&bench).await, login("updates", "wrong")).await;
    assert_eq!((outcome(&job), &job["error"]["message"]), (("FAILED", 10001), &json!("Wrong PIN.")), "{job}");
    bank.answers(update, 200, json!({ "scaStatus": "received" }));
    bank.answers("GET /v1/consents/c/authorisations/1", 200, failed);
    let late = another(&bench).await;
    let sync = late.begin(login("late", "wrong")).await;
    assert!(late.deliver(&late.app, &sync).await && late.deliver(&late.app, &sync).await);
    assert_eq!(outcome(&late.told(&sync).await), ("FAILED", 10001));
    assert_eq!(bank.pins(), 6);
    bench.stack.stop().await;
}

#[tokio::test]
async fn broken_connection_sends_no_pin_again() {
    let bank = ScriptedBank::start().await;
    bank.refuses_pins();
    bank.breaks_off("POST /v1/consents/c/authorisations");
    let bench = bench(&bank).await;
    assert_eq!(outcome(&synchronize(&bench, login("user", "any")).await).0, "FAILED");
    assert_eq!(bank.pins(), 1);
    // A request without a PIN is sent again.
    bank.breaks_off("POST /v1/consents");
    let before = bank.asked().len();
    assert_eq!(outcome(&synchronize(&bench, login("user", "any")).await).0, "FAILED");
    assert_eq!(bank.asked().len() - before, 3);
    bench.stack.stop().await;
}

#[tokio::test]
async fn one_synchronization_sends_one_pin() {
    let bank = ScriptedBank::start().await;
    let bench = bench(&bank).await;
    let link = json!({ "updatePsuAuthentication": { "href": "/v1/consents/c/authorisations/1" } });
    let again = json!({ "authorisationId": "1", "scaStatus": "psuIdentified", "_links": link });
    bank.answers("POST /v1/consents/c/authorisations", 201, again.clone());
    let update = "PUT /v1/consents/c/authorisations/1";
    bank.answers(update, 200, again);
    // Whether the PIN goes into the start or into the update: the bank asks for it again, since it is wrong.
    for (nth, start) in [(1, "startAuthorisationWithPsuAuthentication"), (2, "startAuthorisation")] {
        bank.links(start);
        let job = synchronize(&another(&bench).await, login(start, "wrong")).await;
        assert_eq!(outcome(&job), ("FAILED", 10001), "{job}");
        assert_eq!(bank.pins(), nth);
    }
    assert_eq!(bank.asked().iter().filter(|asked| *asked == update).count(), 1);
    bank.answers(update, 200, json!({ "scaStatus": "exempted" }));
    assert_eq!(
        outcome(&synchronize(&another(&bench).await, login("right", "right")).await),
        ("COMPLETED", 0)
    );
    assert_eq!(bank.pins(), 3);
    bench.stack.stop().await;
}

#[tokio::test]
async fn login_without_a_pin_does_not_reset_the_back_off() {
    let bank = ScriptedBank::start().await;
    bank.refuses_pins();
    let bench = bench(&bank).await;
    assert_eq!(outcome(&synchronize(&bench, login("victim", "wrong")).await), ("FAILED", 10001));
    pass_time(&bench).await;
    let access = connect(&bench.stack, &bench.app, "scripted-redirect").await;
    let mut redirect = Bench { access, stack: bench.stack.clone(), app: bench.app.clone() };
    redirect.app.public_url = Some("https://api.example".parse().expect("a URL"));
    let victim = json!({ "credentials": { "psu_id": "victim" } });
    let valid = json!({ "consentStatus": "valid", "consentId": "c" });
    bank.answers("POST /v1/consents", 201, valid);
    assert_eq!(outcome(&synchronize(&redirect, victim).await), ("COMPLETED", 0));
    // Nor does a wrong PIN at a bank that has its users log in on its own page.
    bank.refuses_pins();
    let link = json!({ "scaRedirect": { "href": "https://login.example/" } });
    let page = json!({ "authorisationId": "1", "scaStatus": "received", "_links": link });
    bank.answers("POST /v1/consents/c/authorisations", 201, page);
    bank.answers("GET /v1/consents/c/authorisations/1", 200, json!({ "scaStatus": "finalised" }));
    let own_page = another(&bench).await;
    let sync = own_page.begin(login("victim", "wrong")).await;
    assert!(own_page.deliver(&own_page.app, &sync).await);
    assert_eq!(own_page.told(&sync).await["challenge"]["type"], "REDIRECT");
    let late = Limits { challenge_valid: Duration::ZERO, ..own_page.app.limits };
    assert!(own_page.deliver(&App { limits: late, ..own_page.app.clone() }, &sync).await);
    assert_eq!(outcome(&own_page.told(&sync).await), ("COMPLETED", 0));
    bank.refuses_pins();
    assert_eq!(
        outcome(&synchronize(&another(&bench).await, login("victim", "wrong")).await),
        ("FAILED", 10001)
    );
    let wait = closed_until(&bench).await.expect("a back-off").duration_since(Timestamp::now());
    assert!(wait > SignedDuration::from_secs(60), "{wait}");
    bench.stack.stop().await;
}

#[tokio::test]
async fn login_that_another_synchronization_holds_is_not_forgotten() {
    let bank = ScriptedBank::start().await;
    let bench = bench(&bank).await;
    let (accesses, org) = (&bench.app.accesses, &bench.stack.org);
    let hash = LoginHash::of(&vec![1; 32].into(), "scripted", "user").expect("a hash");
    let [first, second] = [1, 2].map(|seed| SyncId::of_seed(Uuid::from_u128(seed)));
    assert_eq!(
        accesses.hold_login(org, &hash, &second, Timestamp::now()).await.expect("DynamoDB"),
        LoginGate::Open
    );
    accesses.forget_login(org, &hash, &first).await.expect("DynamoDB");
    assert_eq!(records(&bench).await.len(), 1);
    accesses.forget_login(org, &hash, &second).await.expect("DynamoDB");
    assert_eq!(records(&bench).await, []);
    bench.stack.stop().await;
}
