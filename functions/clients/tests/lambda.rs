//! The real binary, fed as Lambda feeds it.

use local::Data;
use saldo_domain::id::OrgId;
use serde_json::Value;
use testing::lambda::{Function, http_event};
use testing::services;

#[tokio::test]
async fn clients_function_answers_api_gateway() {
    let aws = services(&Data::Ephemeral).await;
    let org = OrgId::random().expect("randomness");
    let key =
        local::demo::create_organization(&aws.app(), org, "Test", "ARS").await.expect("an organization");
    let mut function = Function::deployed(env!("CARGO_BIN_EXE_clients"), &aws, "ClientsFunction").await;
    let body = r#"{"name":"Société Générale"}"#;
    let made =
        function.invoke(http_event("POST", "/api/clients", key.expose(), body)).await.expect("an answer");
    function.say_response_time("clients");
    assert_eq!(made["statusCode"], 201, "{made}");
    let search = "/api/clients?page=1&pageSize=10&description=SOCI%C3%89T%C3%89%20gen";
    let found = function.invoke(http_event("GET", search, key.expose(), "")).await.expect("an answer");
    let page: Value = serde_json::from_str(found["body"].as_str().expect("a body")).expect("JSON");
    assert_eq!(page["data"][0]["name"], "Société Générale", "{page}");
    aws.stop().await;
}
