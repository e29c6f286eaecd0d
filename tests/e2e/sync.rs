//! Bank connections over HTTP, as an application uses them: every kind of challenge, and every error.

use insta::assert_snapshot;
use reqwest::Method;
use serde_json::json;

use crate::sync_client::{
    HIDDEN, begin, challenge, completed, connect, credentials, customer, failure, respond, until,
    with_sandbox_bank,
};

#[tokio::test]
async fn catalog_lists_banks_by_country_with_credentials() {
    let Some((_, _, tenant)) = with_sandbox_bank().await else { return };
    let catalog = tenant.get("/rest/catalog?country=de").await;
    assert_eq!(catalog.json()["banks"][0]["access_methods"].as_array().map(Vec::len), Some(4));
    let mut shown = catalog.json();
    shown["banks"][0]["access_methods"].as_array_mut().expect("methods").truncate(1);
    assert_snapshot!(testing::shown(&shown, &[]), @r#"
    {
      "banks": [
        {
          "access_methods": [
            {
              "advice": null,
              "configurable_consent": true,
              "credentials": [
                {
                  "id": "psu_id",
                  "is_optional": false,
                  "is_secret": false,
                  "label": "Login"
                },
                {
                  "id": "pin",
                  "is_optional": false,
                  "is_secret": true,
                  "label": "PIN"
                }
              ],
              "customer_authentication_flows": [
                "EMBEDDED",
                "DECOUPLED"
              ],
              "id": "sandbox",
              "in_psd2_scope": true,
              "requires_account_identifiers": false,
              "supported_account_types": [
                "Giro account",
                "Savings account",
                "Loan account"
              ],
              "type": "API"
            }
          ],
          "bank_code": "99999999",
          "bic": "SALDDEFFXXX",
          "country": "DE",
          "id": "sandbox",
          "name": "Sandbox Bank",
          "supported": true
        }
      ],
      "services": []
    }
    "#);
    assert_eq!(tenant.get("/rest/catalog?country=AR").await.json(), json!({ "banks": [], "services": [] }));
    let refused = tenant.get("/rest/catalog?country=Germany").await;
    assert_eq!(refused.problem(), (400, "invalid_parameter".to_owned()));
    assert_eq!(refused.json()["error"]["code"], 1000);
}

#[tokio::test]
async fn embedded_challenge_is_answered_once_and_synchronization_completes() {
    let Some((_, _, tenant)) = with_sandbox_bank().await else { return };
    let access = connect(&tenant, "sandbox").await;
    let sync = begin(&tenant, &access, json!({ "credentials": credentials(&customer("demo")) })).await;
    let asked = challenge(&tenant, &sync, "EMBEDDED").await;
    assert_snapshot!(testing::shown(&asked, HIDDEN), @r#"
    {
      "created_at": "[created_at]",
      "data": null,
      "format": "TEXT",
      "id": "[id]",
      "input_format": "integer",
      "label": "Enter the TAN that was sent to +49 *** **42.",
      "max_length": 6,
      "min_length": null,
      "type": "EMBEDDED"
    }
    "#);
    let path = format!("{sync}/challenges");
    assert_eq!(tenant.get(&path).await.json(), json!([asked.clone()]));
    let id = asked["id"].as_str().expect("an id");
    assert_eq!(tenant.get(&format!("{path}/{id}")).await.json(), asked);

    // A running synchronization excludes others, with finX's error code.
    let second = tenant.json(Method::POST, &format!("{access}/syncs"), json!({})).await;
    assert_eq!(second.problem(), (423, "sync_in_progress".to_owned()));
    assert_eq!(second.json()["error"]["code"], 1008);

    for wrong in ["", "1111111", "eleven", "１１１１１１"] {
        let refused = respond(&tenant, &sync, &asked, json!({ "value": wrong })).await;
        assert_eq!(refused.problem(), (400, "invalid_request".to_owned()), "{wrong}");
    }
    assert_eq!(respond(&tenant, &sync, &asked, json!({ "value": "111111" })).await.json(), json!({}));
    let again = respond(&tenant, &sync, &asked, json!({ "value": "111111" })).await;
    assert_eq!(again.problem(), (409, "challenge_closed".to_owned()));
    let job = until(&tenant, &sync, "COMPLETED").await;
    assert_snapshot!(testing::shown(&job, HIDDEN), @r#"
    {
      "accounts": 4,
      "challenge": null,
      "conflict_count": 0,
      "conflicts": [],
      "created_at": "[created_at]",
      "ended_at": "[ended_at]",
      "error": null,
      "id": "[id]",
      "new_transactions": 20,
      "started_at": "[started_at]",
      "status": "COMPLETED"
    }
    "#);
}

#[tokio::test]
async fn chosen_method_is_remembered() {
    let Some((_, _, tenant)) = with_sandbox_bank().await else { return };
    let access = connect(&tenant, "sandbox").await;
    let psu_id = customer("two-methods");
    let sync = begin(&tenant, &access, json!({ "credentials": credentials(&psu_id) })).await;
    let asked = challenge(&tenant, &sync, "METHOD_SELECT").await;
    assert_snapshot!(testing::shown(&asked["auth_methods"], &[]), @r#"
    [
      {
        "additional_info": "A TAN by text message to +49 *** **42",
        "id": "sms",
        "name": "smsTAN",
        "type": "SMS_OTP"
      },
      {
        "additional_info": "A TAN from a picture, by the reader",
        "id": "photo",
        "name": "photoTAN",
        "type": "PHOTO_OTP"
      }
    ]
    "#);
    let unknown = respond(&tenant, &sync, &asked, json!({ "method_id": "owl" })).await;
    assert_eq!(unknown.problem(), (400, "invalid_request".to_owned()));
    let photo = asked["auth_methods"]
        .as_array()
        .expect("methods")
        .iter()
        .find(|method| method["type"] == "PHOTO_OTP");
    let photo = photo.expect("a photo TAN")["id"].clone();
    assert_eq!(respond(&tenant, &sync, &asked, json!({ "method_id": photo })).await.status, 200);
    let asked = challenge(&tenant, &sync, "EMBEDDED").await;
    assert_eq!(asked["format"], "PHOTO");
    assert!(asked["data"].as_str().is_some_and(|image| image.len() > 20), "{asked}");
    assert_eq!(respond(&tenant, &sync, &asked, json!({ "value": "111111" })).await.status, 200);
    until(&tenant, &sync, "COMPLETED").await;

    // The next synchronization uses the same method, unless the request asks for a choice.
    let sync = begin(&tenant, &access, json!({ "credentials": credentials(&psu_id) })).await;
    let asked = challenge(&tenant, &sync, "EMBEDDED").await;
    assert_eq!(asked["format"], "PHOTO");
    assert_eq!(respond(&tenant, &sync, &asked, json!({ "value": "111111" })).await.status, 200);
    until(&tenant, &sync, "COMPLETED").await;
    let request = json!({ "credentials": credentials(&psu_id), "reuse_auth_method": false });
    let sync = begin(&tenant, &access, request).await;
    challenge(&tenant, &sync, "METHOD_SELECT").await;
}

#[tokio::test]
async fn decoupled_challenge_completes_without_response() {
    let Some((_, _, tenant)) = with_sandbox_bank().await else { return };
    let access = connect(&tenant, "sandbox-app").await;
    let request = json!({ "credentials": { "psu_id": customer("decoupled") } });
    let sync = begin(&tenant, &access, request).await;
    let asked = challenge(&tenant, &sync, "DECOUPLED").await;
    assert!(asked["message"].as_str().is_some_and(|message| !message.is_empty()), "{asked}");
    let refused = respond(&tenant, &sync, &asked, json!({ "value": "1" })).await;
    assert_eq!(refused.problem(), (400, "invalid_request".to_owned()));
    assert_eq!(until(&tenant, &sync, "COMPLETED").await["accounts"], 4);
}

#[tokio::test]
async fn redirect_returns_user_with_callers_state() {
    let Some((_, _, tenant)) = with_sandbox_bank().await else { return };
    let access = connect(&tenant, "sandbox-redirect").await;
    let state = "a b&c=ü/?#%";
    let request = json!({ "redirect_uri": "https://app.example/done?x=1", "state": state });
    let sync = begin(&tenant, &access, request).await;
    let asked = challenge(&tenant, &sync, "REDIRECT").await;
    let browser =
        reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("a browser");
    let follow = async |url: &str| {
        let answer = browser.get(url).send().await.expect("an answer");
        let location = answer.headers().get("location").and_then(|location| location.to_str().ok());
        (answer.status().as_u16(), location.unwrap_or_default().to_owned())
    };
    let page = asked["location"].as_str().expect("a page");
    assert_eq!(follow(page).await.0, 200);
    let (status, back) = follow(&format!("{page}/approve?customer={}", customer("demo"))).await;
    assert_eq!(status, 302);
    assert!(back.starts_with(&format!("{}{sync}/callback?state=", tenant.url)), "{back}");

    // HEAD does not end the challenge.
    assert_eq!(browser.head(&back).send().await.expect("an answer").status(), 405);
    // A wrong state is rejected.
    let (path, given) = back.split_once("?state=").expect("a state");
    let organization = given.split('.').next().expect("an organization");
    for wrong in ["", "?state=", "?state=x", &format!("?state={organization}.{}", "0".repeat(32))] {
        let (status, _) = follow(&format!("{path}{wrong}")).await;
        assert!([400, 404].contains(&status), "{wrong}: {status}");
    }
    let (status, onwards) = follow(&back).await;
    assert_eq!(status, 302);
    let onwards: url::Url = onwards.parse().expect("a URL");
    let pairs: Vec<_> = onwards.query_pairs().into_owned().collect();
    assert_eq!(onwards.host_str(), Some("app.example"));
    assert_eq!(pairs, [("x".to_owned(), "1".to_owned()), ("state".to_owned(), state.to_owned())]);
    assert_eq!(follow(&back).await.0, 409, "a state is valid for one return");
    assert_eq!(until(&tenant, &sync, "COMPLETED").await["accounts"], 4);
    assert_eq!(follow(&back).await.0, 409);

    // A user who declines at the bank is redirected back as well.
    let sync = begin(&tenant, &access, json!({})).await;
    let page = challenge(&tenant, &sync, "REDIRECT").await["location"].as_str().expect("a page").to_owned();
    let (_, back) = follow(&format!("{page}/refuse")).await;
    assert_eq!(follow(&back).await.0, 200, "without a redirect URI the user sees Saldo's page");
    assert_eq!(until(&tenant, &sync, "FAILED").await["error"]["code"], 10005);
}

#[tokio::test]
async fn user_errors_have_codes() {
    let Some((_, _, tenant)) = with_sandbox_bank().await else { return };
    let access = connect(&tenant, "sandbox").await;
    let with = |script: &str| json!({ "credentials": credentials(&customer(script)) });
    let wrong_pin = json!({ "credentials": { "psu_id": customer("demo"), "pin": "54321" } });
    for (request, answer, code) in [
        (wrong_pin, None, 10001),
        (with("nobody"), None, 10000),
        (with("locked"), None, 10002),
        (with("demo"), Some("222222"), 10004),
        (with("decoupled-refused"), None, 10005),
    ] {
        assert_eq!(failure(&tenant, &access, request, answer).await, (json!(code), json!("user")));
    }
}

#[tokio::test]
async fn bank_errors_have_codes() {
    let Some((_, _, tenant)) = with_sandbox_bank().await else { return };
    let access = connect(&tenant, "sandbox").await;
    for (script, code, group) in [
        ("html", 20000, "bank"),
        ("unavailable", 20001, "bank"),
        ("broken", 20003, "bank"),
        ("huge", 20003, "bank"),
        ("exhausted", 1020, "client"),
    ] {
        let request = json!({ "credentials": credentials(&customer(script)) });
        let failed = failure(&tenant, &access, request, Some("111111")).await;
        assert_eq!(failed, (json!(code), json!(group)), "{script}");
    }
}

#[tokio::test]
async fn rate_limited_bank_is_retried() {
    let Some((_, _, tenant)) = with_sandbox_bank().await else { return };
    let access = connect(&tenant, "sandbox").await;
    assert_eq!(completed(&tenant, &access, &customer("busy"), json!({})).await["accounts"], 4);
}

#[tokio::test]
async fn slow_bank_is_awaited() {
    let Some((_, _, tenant)) = with_sandbox_bank().await else { return };
    let access = connect(&tenant, "sandbox").await;
    let job = completed(&tenant, &access, &customer("slow"), json!({ "scope": ["ACCOUNTS"] })).await;
    assert_eq!(job["accounts"], 4);
}
