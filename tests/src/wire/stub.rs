//! Responses that a test gives in a service's place.

use std::fmt;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use local::{Call, CallResult, Interceptor};
use serde_json::Value;

/// Responds with the status and the JSON body that a function returns for the call's target, such
/// as `AmazonSQS.SendMessageBatch`, and its JSON body. Calls for which it returns none are sent.
pub struct StubResponses<F>(pub F);

impl<F> fmt::Debug for StubResponses<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StubResponses")
    }
}

impl<F> Interceptor for StubResponses<F>
where
    F: Fn(&str, &Value) -> Option<(u16, Value)> + Send + Sync + 'static,
{
    async fn intercept(&self, call: Call) -> CallResult {
        match (self.0)(call.target(), &call.json()) {
            None => call.send().await,
            Some((status, body)) => {
                let status = StatusCode::try_from(status).expect("a status");
                Ok(HttpResponse::new(status, SdkBody::from(body.to_string())))
            }
        }
    }
}
