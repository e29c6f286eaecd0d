//! Answers that a test gives instead of a service.

use std::fmt;
use std::sync::Arc;

use aws_smithy_runtime_api::client::http::{HttpConnector, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use futures::future::BoxFuture;
use serde_json::Value;

use super::tap::Tap;

/// Asks a function for the status and the JSON body of the answer to each request, given the
/// request's operation (`AmazonSQS.SendMessageBatch`) and its JSON body. Where the function has
/// none, the request goes over the wire.
pub struct Instead<F>(pub F);

impl<F> fmt::Debug for Instead<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Instead")
    }
}

impl<F> Tap for Instead<F>
where
    F: Fn(&str, &Value) -> Option<(u16, Value)> + Send + Sync + 'static,
{
    fn call(
        self: Arc<Self>,
        wire: SharedHttpConnector,
        request: HttpRequest,
    ) -> BoxFuture<'static, Result<HttpResponse, ConnectorError>> {
        Box::pin(async move {
            let operation = request.headers().get("x-amz-target").unwrap_or_default();
            let body = request.body().bytes().and_then(|body| serde_json::from_slice(body).ok());
            match (self.0)(operation, &body.unwrap_or_default()) {
                None => wire.call(request).await,
                Some((status, body)) => {
                    let status = StatusCode::try_from(status).expect("a status");
                    Ok(HttpResponse::new(status, SdkBody::from(body.to_string())))
                }
            }
        })
    }
}
