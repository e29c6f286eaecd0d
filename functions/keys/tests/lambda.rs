//! The real binary, fed as Lambda feeds it.

use local::Data;
use saldo_domain::id::OrgId;
use serde_json::{Value, json};
use testing::lambda::{Function, http_event};
use testing::services;

#[tokio::test]
async fn keys_function_answers_api_gateway() {
    let aws = services(&Data::Ephemeral).await;
    let org = OrgId::random().expect("randomness");
    let key =
        local::demo::create_organization(&aws.app(), org, "Test", "ARS").await.expect("an organization");
    let mut function = Function::deployed(env!("CARGO_BIN_EXE_keys"), &aws, "KeysFunction").await;
    let body = r#"{"name":"ERP","scopes":["import"]}"#;
    let made =
        function.invoke(http_event("POST", "/api/v1/keys", key.expose(), body)).await.expect("an answer");
    function.say_response_time("keys");
    assert_eq!(made["statusCode"], 201, "{made}");
    let made: Value = serde_json::from_str(made["body"].as_str().expect("a body")).expect("JSON");
    let path = format!("/api/v1/keys/{}", made["id"].as_str().expect("an id"));
    let revoked = function.invoke(http_event("DELETE", &path, key.expose(), "")).await.expect("an answer");
    assert_eq!(revoked["statusCode"], 204, "{revoked}");
    let secret = made["key"].as_str().expect("a key");
    let refused = function.invoke(http_event("GET", "/api/v1/keys", secret, "")).await.expect("an answer");
    assert_eq!(refused["statusCode"], 401, "{refused}");

    // API Gateway joins repeated headers with a comma.
    let body = r#"{"name":"ERP","scopes":["import"]}"#;
    let joined_keys = format!("{},{secret}", key.expose());
    let joined_bearers = format!("Bearer {},Bearer {secret}", key.expose());
    for (header, value, code) in [
        ("x-api-key", joined_keys.as_str(), "repeated_header"),
        ("authorization", &joined_bearers, "repeated_header"),
        ("authorization", &format!("Bearer {secret}"), "conflicting_keys"),
        ("content-type", "application/json,text/csv", "repeated_header"),
        ("idempotency-key", "a,b", "repeated_header"),
    ] {
        let mut event = http_event("POST", "/api/v1/keys", key.expose(), body);
        event["headers"][header] = json!(value);
        let answer = function.invoke(event).await.expect("an answer");
        let problem: Value = serde_json::from_str(answer["body"].as_str().expect("a body")).expect("JSON");
        assert_eq!(
            (&answer["statusCode"], &problem["code"]),
            (&json!(400), &json!(code)),
            "{header}: {answer}"
        );
    }
    aws.stop().await;
}
