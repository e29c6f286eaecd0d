//! Requests that are refused a given number of times before they go through.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use aws_smithy_runtime_api::client::http::{HttpConnector, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use futures::future::BoxFuture;

use super::tap::Tap;

/// Refuses requests for some operations whose body contains a text.
#[derive(Debug)]
pub struct Refusals {
    operations: &'static [&'static str],
    text: String,
    answer: fn(&str) -> HttpResponse,
    left: AtomicI64,
}

impl Refusals {
    /// Refuses nothing yet. `answer` makes an answer for a target.
    #[must_use]
    pub fn new(
        operations: &'static [&'static str],
        text: &str,
        answer: fn(&str) -> HttpResponse,
    ) -> Arc<Self> {
        Arc::new(Self { operations, text: text.to_owned(), answer, left: AtomicI64::new(0) })
    }

    /// Refuses the next `times` of these requests.
    pub fn refuse(&self, times: i64) {
        self.left.store(times, Ordering::SeqCst);
    }

    /// How many are still to be refused.
    pub fn left(&self) -> i64 {
        self.left.load(Ordering::SeqCst).max(0)
    }

    fn concerns(&self, target: &str, body: &[u8]) -> bool {
        let operation = target.split('.').next_back().unwrap_or_default();
        self.operations.contains(&operation) && String::from_utf8_lossy(body).contains(&self.text)
    }
}

impl Tap for Refusals {
    fn call(
        self: Arc<Self>,
        wire: SharedHttpConnector,
        request: HttpRequest,
    ) -> BoxFuture<'static, Result<HttpResponse, ConnectorError>> {
        Box::pin(async move {
            let target = request.headers().get("x-amz-target").unwrap_or_default().to_owned();
            let concerned = self.concerns(&target, request.body().bytes().unwrap_or_default());
            if concerned && self.left.fetch_sub(1, Ordering::SeqCst) > 0 {
                return Ok((self.answer)(&target));
            }
            wire.call(request).await
        })
    }
}
