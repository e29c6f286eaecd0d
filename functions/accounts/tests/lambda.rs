//! The real binary, fed as Lambda feeds it.

use local::Data;
use saldo_domain::id::{AccountId, ImportId, OrgId};
use saldo_store::Seen;
use serde_json::{Value, json};
use testing::lambda::{Function, http_event};
use testing::{services, write_row};
use uuid::Uuid;

/// A body as API Gateway hands over what is not JSON or text: in base64.
fn form_event(method: &str, path: &str, key: &str, base64: &str) -> Value {
    let mut event = http_event(method, path, key, base64);
    event["headers"]["content-type"] = json!("application/x-www-form-urlencoded");
    event["isBase64Encoded"] = json!(true);
    event
}

#[tokio::test]
async fn the_accounts_function_answers_api_gateway_forms_included() {
    let aws = services(&Data::Ephemeral).await;
    let org = OrgId::random().expect("randomness");
    let key =
        local::demo::create_organization(&aws.app(), org, "Test", "ARS").await.expect("an organization");
    let mut function = Function::deployed(env!("CARGO_BIN_EXE_accounts"), &aws, "AccountsFunction").await;
    // type=savings&balance=5000&currency=USD&owner_id=WAz8eIbvDR60rouK
    let form = "dHlwZT1zYXZpbmdzJmJhbGFuY2U9NTAwMCZjdXJyZW5jeT1VU0Qmb3duZXJfaWQ9V0F6OGVJYnZEUjYwcm91Sw==";
    let made =
        function.invoke(form_event("POST", "/v1/accounts", key.expose(), form)).await.expect("an answer");
    function.say_response_time("accounts");
    assert_eq!(made["statusCode"], 201, "{made}");
    let path = made["headers"]["location"].as_str().expect("a location");
    let change = http_event("PUT", path, key.expose(), r#"{"balance":6000.10}"#);
    let changed = function.invoke(change).await.expect("an answer");
    let account: Value = serde_json::from_str(changed["body"].as_str().expect("a body")).expect("JSON");
    assert_eq!(
        (&account["owner_id"], account["balance"].to_string().as_str()),
        (&json!("WAz8eIbvDR60rouK"), "6000.1")
    );
    assert_ne!(changed["headers"]["etag"], made["headers"]["etag"]);
    let deleted = function.invoke(http_event("DELETE", path, key.expose(), "")).await.expect("an answer");
    assert_eq!(deleted["statusCode"], 204, "{deleted}");
    let listed = http_event("GET", "/v1/accounts?limit=10", key.expose(), "");
    let listed = function.invoke(listed).await.expect("an answer");
    assert_eq!(listed["body"], r#"{"data":[],"has_more":false,"next_starting_after":null}"#);
    aws.stop().await;
}

#[tokio::test]
async fn a_due_date_stays_the_day_it_is_in_every_time_zone() {
    for time_zone in ["Pacific/Kiritimati", "Pacific/Pago_Pago"] {
        let aws = services(&Data::Ephemeral).await;
        let org = OrgId::random().expect("randomness");
        let created = local::demo::create_organization(&aws.app(), org.clone(), "Test", "ARS").await;
        let key = created.expect("an organization");
        let row = json!({ "contact": { "name": "A" }, "total_amount": 1, "due_date": "2026-01-01" });
        let import = ImportId::of_seed(Uuid::now_v7());
        let id = AccountId::of_row(&import, 0);
        write_row(&aws.app(), &org, &import, &id, &row, &Seen::default()).await.expect("a good row");

        let mut environment = aws.environment_of("AccountsFunction").expect("the function");
        environment.push(("TZ".to_owned(), time_zone.to_owned()));
        let mut function = Function::start(env!("CARGO_BIN_EXE_accounts"), &environment).await;
        let read = http_event("GET", &format!("/v1/accounts/{id}"), key.expose(), "");
        let read = function.invoke(read).await.expect("an answer");
        let account: Value = serde_json::from_str(read["body"].as_str().expect("a body")).expect("JSON");
        assert_eq!(account["due_date"], "2026-01-01", "{time_zone}: {account}");
        aws.stop().await;
    }
}
