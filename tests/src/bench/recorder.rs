//! Records the requests that functions in processes of their own send to DynamoDB, and passes them on.

use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tokio_util::task::AbortOnDropHandle;

use super::forward::{Forward, operation};
use super::server::serve;

/// A proxy between functions and DynamoDB.
pub struct Recorder {
    /// Its URL.
    pub url: String,
    wire: Arc<Wire>,
    _server: AbortOnDropHandle<()>,
}

struct Wire {
    dynamodb: Forward,
    calls: Mutex<Vec<Value>>,
}

impl Recorder {
    /// Starts a proxy for the DynamoDB at the URL `dynamodb`.
    ///
    /// # Panics
    /// When it can't be started.
    pub async fn start(dynamodb: String) -> Self {
        let wire = Wire { dynamodb: Forward::to(dynamodb), calls: Mutex::default() };
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

async fn pass(State(wire): State<Arc<Wire>>, headers: HeaderMap, body: Bytes) -> Response {
    let request: Value = serde_json::from_slice(&body).unwrap_or_default();
    let call = json!({ operation(&headers): request });
    wire.calls.lock().unwrap_or_else(PoisonError::into_inner).push(call);
    wire.dynamodb.send(headers, body).await.into_response()
}
