//! The outermost layer: gives every request an id and a log line, writes problem documents, and adds the headers that all
//! answers have.

use std::any::Any;
use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use saldo_store::metrics;
use tracing::Instrument;
use tracing::field::Empty;
use uuid::Uuid;

use super::headers;
use super::problem::{Dialect, Problem};
use super::request_id::RequestId;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

pub(super) async fn observe(mut request: Request, next: Next) -> Response {
    let id = RequestId(Uuid::now_v7());
    request.extensions_mut().insert(id);
    let id = format!("req_{}", id.0);
    let span = tracing::error_span!("request", request_id = %id, org = Empty, key = Empty, job = Empty);
    respond(request, next, &id).instrument(span).await
}

async fn respond(request: Request, next: Next, id: &str) -> Response {
    let begun = Instant::now();
    let method = request.method().clone();
    // The route, not the path, which may hold anything that a caller typed.
    let route = request.extensions().get::<MatchedPath>().cloned();
    let dialect = Dialect::of(request.uri().path());
    let mut response = next.run(request).await;
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        response = problem.into_document(id, dialect, response.headers());
    }
    if let Ok(id) = HeaderValue::from_str(id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    headers::secure(response.headers_mut());
    tracing::info!(
        %method,
        route = route.as_ref().map_or("none", MatchedPath::as_str),
        status = response.status().as_u16(),
        duration_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
        "answered"
    );
    metrics::flush();
    response
}

/// The answer after a panic in a handler. The panic hook logs the panic.
pub(super) fn panicked(_: Box<dyn Any + Send>) -> Response {
    Problem::internal().into_response()
}
