//! The real binary, fed as Lambda feeds it.

use local::Data;
use serde_json::{Value, json};
use testing::lambda::{Function, http_event};
use testing::services;

#[tokio::test]
async fn the_docs_function_shows_the_api_and_says_what_there_is_not() {
    let aws = services(&Data::Ephemeral).await;
    let mut function = Function::start(env!("CARGO_BIN_EXE_docs"), &aws.environment()).await;
    let mut get = async |method: &str, path: &str| {
        function.invoke(http_event(method, path, "", "")).await.expect("an answer")
    };

    let document = get("GET", "/openapi.json").await;
    let shown: Value = serde_json::from_str(document["body"].as_str().expect("a body")).expect("JSON");
    assert_eq!(shown["openapi"], "3.1.0");
    let page = get("GET", "/docs/index.html").await;
    assert!(page["body"].as_str().is_some_and(|page| page.contains("swagger-ui")), "{page}");
    assert_eq!(get("GET", "/docs/../Cargo.toml").await["statusCode"], 404);

    // What API Gateway knows no function for.
    let unknown = get("GET", "/v1/nothing").await;
    assert_eq!(unknown["statusCode"], 404, "{unknown}");
    let refused = get("DELETE", "/api/v1/import").await;
    assert_eq!(
        (&refused["statusCode"], &refused["headers"]["allow"]),
        (&json!(405), &json!("GET,POST")),
        "{refused}"
    );
    for answer in [&document, &unknown, &refused] {
        let headers = ["cache-control", "x-content-type-options", "strict-transport-security"];
        let headers = headers.map(|name| answer["headers"][name].as_str().unwrap_or_default());
        assert_eq!(headers, ["no-store", "nosniff", "max-age=31536000"], "{answer}");
    }
    aws.stop().await;
}
