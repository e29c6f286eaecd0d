//! The capacity that storing a response for its `Idempotency-Key` consumes.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::http::{Method, Request};
use local::Data;
use saldo_http::service;
use serde_json::{Value, json};
use testing::TestStack;
use testing::wire::{Meter, Sum, intercepted};
use tower::ServiceExt;

#[tokio::test]
async fn large_response_is_stored_in_s3_not_in_dynamodb() {
    let stack = TestStack::start(&Data::Ephemeral).await;
    let meter = Arc::new(Meter::default());
    let app = stack.aws.app_over(&intercepted(stack.sdk(), &meter));
    let wrong = json!({ "accountIdentifier": "a", "valutaAt": "x" });
    let body = json!({ "transactions": vec![wrong; 100] }).to_string();
    let send = async || {
        let request = Request::post("/api/public/v1/transactions")
            .header("x-api-key", &stack.key)
            .header("idempotency-key", "large")
            .header("content-type", "application/json")
            .body(Body::from(body.clone()))
            .expect("a request");
        let answer = service(local::routes(&app)).oneshot(request).await.expect("an answer");
        let replayed = answer.headers().contains_key("idempotency-replayed");
        (replayed, to_bytes(answer.into_body(), usize::MAX).await.expect("a body"))
    };
    // The first use of a key is written to the table.
    assert_eq!(stack.ask(&app, Method::GET, "/api/v1/import", Value::Null).await.0, 200);
    meter.lap();
    let (replayed, first) = send().await;
    assert!(!replayed && (20_000..300_000).contains(&first.len()), "{} bytes", first.len());
    // The lock, and the name of the response's file.
    let spent = Sum::of(&meter.lap());
    assert!(spent.write_units <= 2.0, "{spent:?}");
    assert_eq!(send().await, (true, first));
    stack.stop().await;
}
