//! The real binary, fed as Lambda feeds it.

use local::Data;
use saldo_domain::id::OrgId;
use serde_json::{Value, json};
use testing::lambda::{Function, http_event};
use testing::services;

#[tokio::test]
async fn status_function_answers_api_gateway() {
    let aws = services(&Data::Ephemeral).await;
    let org = OrgId::random().expect("randomness");
    let key =
        local::demo::create_organization(&aws.app(), org, "Test", "ARS").await.expect("an organization");
    let mut function = Function::deployed(env!("CARGO_BIN_EXE_status"), &aws, "StatusFunction").await;

    let listed =
        function.invoke(http_event("GET", "/api/v1/import", key.expose(), "")).await.expect("an answer");
    function.say_response_time("status");
    assert_eq!(listed["statusCode"], 200, "{listed}");
    assert_eq!(listed["body"], r#"{"data":[],"has_more":false,"next_starting_after":null}"#);

    let path = "/api/v1/import/imp_01890000-0000-7000-8000-000000000000";
    let missing = function.invoke(http_event("GET", path, key.expose(), "")).await.expect("an answer");
    let problem: Value = serde_json::from_str(missing["body"].as_str().expect("a body")).expect("JSON");
    assert_eq!((&missing["statusCode"], &problem["code"]), (&json!(404), &json!("not_found")));
    aws.stop().await;
}
