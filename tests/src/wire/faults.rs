//! Death at a given request: the process is gone before the request leaves, or after it
//! took effect but before its answer came.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use aws_smithy_runtime_api::client::http::{HttpConnector, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::sync::Notify;

use super::tap::Tap;

/// Kills whoever sends requests after so many of them.
#[derive(Debug, Default)]
pub struct Faults {
    /// The requests left before death, while armed.
    left: AtomicI64,
    after_effect: AtomicBool,
    armed: AtomicBool,
    died: Notify,
}

impl Faults {
    /// Lets `requests` more through and strikes at the one after, before it leaves or
    /// after it took effect.
    pub fn arm(&self, requests: i64, after_effect: bool) {
        // Two requests at once die both, and the second death is nobody's.
        while self.died.notified().now_or_never().is_some() {}
        self.left.store(requests, Ordering::SeqCst);
        self.after_effect.store(after_effect, Ordering::SeqCst);
        self.armed.store(true, Ordering::SeqCst);
    }

    /// Lets everything through.
    pub fn disarm(&self) {
        self.armed.store(false, Ordering::SeqCst);
    }

    /// Runs `work` to its end, or until death strikes: then it is dropped where it stands
    /// and there is no result.
    pub async fn run<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            () = self.died.notified() => None,
            result = work => Some(result),
        }
    }
}

impl Tap for Faults {
    fn call(
        self: Arc<Self>,
        wire: SharedHttpConnector,
        request: HttpRequest,
    ) -> BoxFuture<'static, Result<HttpResponse, ConnectorError>> {
        Box::pin(async move {
            if self.armed.load(Ordering::SeqCst) && self.left.fetch_sub(1, Ordering::SeqCst) <= 0 {
                if self.after_effect.load(Ordering::SeqCst) {
                    let _lost_answer = wire.call(request).await;
                }
                self.died.notify_one();
                // The caller is dropped while it waits here.
                return std::future::pending().await;
            }
            wire.call(request).await
        })
    }
}
