//! An HTTP server for winterbaume's services.

use std::sync::Arc;

use anyhow::Result;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use winterbaume_core::{MockRequest, MockService};

/// Serves a service on a port of its own and returns its URL.
pub(super) async fn serve(
    service: Arc<dyn MockService>,
    tasks: &mut JoinSet<Result<()>>,
    stop: CancellationToken,
) -> Result<String> {
    let router = Router::new().fallback(move |method: Method, uri: Uri, headers: HeaderMap, body: Bytes| {
        let request = MockRequest { method: method.to_string(), uri: uri.to_string(), headers, body };
        answer(Arc::clone(&service), request)
    });
    let (listener, url) = super::listen().await?;
    tasks.spawn(async move { Ok(crate::server::serve(listener, router, stop).await?) });
    Ok(url)
}

async fn answer(service: Arc<dyn MockService>, request: MockRequest) -> Response {
    let answer = service.handle(request).await;
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, answer.headers, Body::from(answer.body)).into_response()
}
