//! Requests that come too early are repeated, with the same idempotency key.

use std::sync::{Arc, Mutex};
use std::time::Instant;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use tokio::net::TcpListener;

use crate::cli::User;

/// The requests that were received: the idempotency key of each.
type Received = Arc<Mutex<Vec<String>>>;

/// Answers the first two requests with 429 and 503, as API Gateway and Saldo do, and the third with a job.
async fn busy(State(received): State<Received>, request: Request) -> Response {
    let key = request.headers().get("idempotency-key").and_then(|key| key.to_str().ok()).unwrap_or_default();
    let mut received = received.lock().expect("the list");
    received.push(key.to_owned());
    match received.len() {
        1 => (StatusCode::TOO_MANY_REQUESTS, r#"{"message":"Too Many Requests"}"#).into_response(),
        2 => {
            let problem = r#"{"code":"unavailable","detail":"the service is overloaded"}"#;
            (StatusCode::SERVICE_UNAVAILABLE, [("retry-after", "2")], problem).into_response()
        }
        _ => r#"{"job_id":"imp_1","status":"cancelled"}"#.into_response(),
    }
}

#[tokio::test]
async fn busy_api_is_asked_again_with_the_same_key() {
    let received = Received::default();
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let router = Router::new().fallback(busy).with_state(Arc::clone(&received));
    let server = tokio::spawn(async move { axum::serve(listener, router).await });

    let user = User::new().with("SALDO_URL", &url).with("SALDO_KEY", "saldo_k_1");
    let begun = Instant::now();
    let ran = user.run(&["jobs", "cancel", "imp_1"]).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(begun.elapsed().as_secs_f64() >= 2.5, "Retry-After is respected");
    let keys = received.lock().expect("the list").clone();
    assert!(keys.len() == 3 && !keys[0].is_empty() && keys.iter().all(|key| *key == keys[0]), "{keys:?}");
    server.abort();
}
