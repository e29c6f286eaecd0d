//! A halt at a given request, until it may go on.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use aws_smithy_runtime_api::client::http::{HttpConnector, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use futures::future::BoxFuture;
use tokio::sync::Semaphore;

use super::tap::Tap;

/// Halts whoever sends requests after so many of them.
#[derive(Debug)]
pub struct Gate {
    /// The requests left before the halt.
    left: AtomicI64,
    /// Has a permit once somebody has come to the gate.
    arrived: Semaphore,
    /// Has permits once it is open.
    open: Semaphore,
}

impl Gate {
    /// A gate that lets `requests` through and halts the one after them.
    #[must_use]
    pub fn after(requests: i64) -> Self {
        Self { left: AtomicI64::new(requests), arrived: Semaphore::new(0), open: Semaphore::new(0) }
    }

    /// Waits until somebody has been halted.
    pub async fn arrival(&self) {
        let _for_good = self.arrived.acquire().await;
    }

    /// Lets everything go on.
    pub fn open(&self) {
        self.open.add_permits(Semaphore::MAX_PERMITS / 2);
    }
}

impl Tap for Gate {
    fn call(
        self: Arc<Self>,
        wire: SharedHttpConnector,
        request: HttpRequest,
    ) -> BoxFuture<'static, Result<HttpResponse, ConnectorError>> {
        Box::pin(async move {
            if self.left.fetch_sub(1, Ordering::SeqCst) <= 0 {
                self.arrived.add_permits(1);
                let _pass = self.open.acquire().await;
            }
            wire.call(request).await
        })
    }
}
