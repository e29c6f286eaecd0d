//! The real binary, fed as Lambda feeds it.

use local::Data;
use serde_json::{Value, json};
use testing::lambda::{Function, http_event};
use testing::services;

#[tokio::test]
async fn docs_function_serves_document_and_requests_without_a_route() {
    let aws = services(&Data::Ephemeral).await;
    let mut function = Function::deployed(env!("CARGO_BIN_EXE_docs"), &aws, "DocsFunction").await;
    let mut get = async |method: &str, path: &str| {
        function.invoke(http_event(method, path, "", "")).await.expect("an answer")
    };

    let document = get("GET", "/openapi.json").await;
    let shown: Value = serde_json::from_str(document["body"].as_str().expect("a body")).expect("JSON");
    assert_eq!(shown["openapi"], "3.1.0");
    let page = get("GET", "/docs/index.html").await;
    assert!(page["body"].as_str().is_some_and(|page| page.contains("swagger-ui")), "{page}");
    assert_eq!(get("GET", "/docs/../Cargo.toml").await["statusCode"], 404);

    // API Gateway sends these here because it has no route for them.
    let unknown = get("GET", "/v1/nothing").await;
    assert_eq!(unknown["statusCode"], 404, "{unknown}");
    let refused = get("DELETE", "/api/v1/import").await;
    assert_eq!(
        (&refused["statusCode"], &refused["headers"]["allow"]),
        (&json!(405), &json!("GET,POST")),
        "{refused}"
    );
    for (path, allowed) in [("/v1/accounts", "GET,POST"), ("/openapi.json", "GET")] {
        let head = get("HEAD", path).await;
        assert_eq!(
            (&head["statusCode"], &head["headers"]["allow"]),
            (&json!(405), &json!(allowed)),
            "{head}"
        );
    }
    let slash = get("GET", "/v1/accounts/").await;
    assert_eq!(slash["statusCode"], 404, "{slash}");
    assert!(
        slash["body"].as_str().is_some_and(|body| body.contains("did you mean /v1/accounts?")),
        "{slash}"
    );
    for answer in [&document, &unknown, &refused, &slash] {
        let headers = ["cache-control", "x-content-type-options", "strict-transport-security"];
        let headers = headers.map(|name| answer["headers"][name].as_str().unwrap_or_default());
        assert_eq!(headers, ["no-store", "nosniff", "max-age=31536000"], "{answer}");
    }
    aws.stop().await;
}
