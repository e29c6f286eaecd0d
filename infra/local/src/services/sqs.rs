//! SQS, by winterbaume, in memory: visibility, long polls and redrive work. What it does
//! not enforce (ten entries and 1 MiB a batch), Saldo's own code keeps to.

use std::sync::Arc;

use anyhow::Result;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use winterbaume_core::{MockRequest, MockService};
use winterbaume_sqs::SqsService;

pub(super) async fn start(tasks: &mut JoinSet<Result<()>>, stop: CancellationToken) -> Result<String> {
    let service = Arc::new(SqsService::new());
    let router = Router::new().fallback(move |method: Method, uri: Uri, headers: HeaderMap, body: Bytes| {
        let request = MockRequest { method: method.to_string(), uri: uri.to_string(), headers, body };
        answer(Arc::clone(&service), request)
    });
    let (listener, url) = super::listen().await?;
    tasks.spawn(async move { Ok(crate::serve(listener, router, stop).await?) });
    Ok(url)
}

async fn answer(service: Arc<SqsService>, request: MockRequest) -> Response {
    let answer = service.handle(request).await;
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, answer.headers, Body::from(answer.body)).into_response()
}
