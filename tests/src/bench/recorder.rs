//! Records the requests that functions in processes of their own send to DynamoDB, and passes them on.

use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::{CONTENT_LENGTH, HOST, TRANSFER_ENCODING};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tokio_util::task::AbortOnDropHandle;

use super::server::serve;

/// A proxy between functions and DynamoDB.
pub struct Recorder {
    /// Its URL.
    pub url: String,
    wire: Arc<Wire>,
    _server: AbortOnDropHandle<()>,
}

struct Wire {
    client: reqwest::Client,
    dynamodb: String,
    calls: Mutex<Vec<Value>>,
}

impl Recorder {
    /// Starts a proxy for the DynamoDB at the URL `dynamodb`.
    ///
    /// # Panics
    /// When it can't be started.
    pub async fn start(dynamodb: String) -> Self {
        let wire = Wire { client: reqwest::Client::new(), dynamodb, calls: Mutex::default() };
        let wire = Arc::new(wire);
        let (url, server) = serve(Router::new().fallback(pass).with_state(Arc::clone(&wire))).await;
        Self { url, wire, _server: server }
    }

    /// Returns the requests since the last call, each an object with the operation as the name of its body.
    #[must_use]
    pub fn lap(&self) -> Vec<Value> {
        std::mem::take(&mut *self.wire.calls.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

async fn pass(State(wire): State<Arc<Wire>>, mut headers: HeaderMap, body: Bytes) -> Response {
    let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    let operation = target.strip_prefix("DynamoDB_20120810.").unwrap_or(target);
    let request: Value = serde_json::from_slice(&body).unwrap_or_default();
    wire.calls.lock().unwrap_or_else(PoisonError::into_inner).push(json!({ operation: request }));
    headers.remove(HOST);
    headers.remove(CONTENT_LENGTH);
    let answer = async {
        let answer = wire.client.post(&wire.dynamodb).headers(headers).body(body).send().await?;
        let (status, mut headers) = (answer.status(), answer.headers().clone());
        headers.remove(TRANSFER_ENCODING);
        Ok::<_, reqwest::Error>((status, headers, answer.bytes().await?))
    };
    match answer.await {
        Ok(answer) => answer.into_response(),
        Err(error) => (StatusCode::BAD_GATEWAY, error.to_string()).into_response(),
    }
}
