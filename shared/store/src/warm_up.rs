//! Connections that are opened while a function starts. Lambda gives a starting function a whole processor, and the first
//! connection to a service takes longer than the first call.
//!
//! A connection is opened by the cheapest call that the function's role allows: a read of a record or file that does not
//! exist, or an empty batch of messages.

use std::time::Duration;

use futures::future::{BoxFuture, join_all};
use saldo_domain::id::OrgId;

use crate::failure::Failure;
use crate::files::FileStore;
use crate::queue::{Message, WorkQueue};
use crate::table_keys::JobKey;
use crate::{Job, JobStore, KeyStore};

/// How long a start waits for its connections. A service that does not answer must not prevent a function from starting.
const WARM_UP_MAX: Duration = Duration::from_secs(2);

/// A connection that is being opened.
pub type Connecting<'a> = BoxFuture<'a, Result<(), Failure>>;

/// Opens connections at the same time. A connection that fails is left to the call that needs it.
pub async fn warm_up(connections: impl IntoIterator<Item = Connecting<'_>>) {
    let Ok(connected) = tokio::time::timeout(WARM_UP_MAX, join_all(connections)).await else {
        tracing::warn!("the connections were not opened in time; the first calls open them");
        return;
    };
    for failure in connected.into_iter().filter_map(Result::err) {
        tracing::info!(error = %failure.chain(), "a connection was not opened at the start; the first call opens it");
    }
}

impl KeyStore {
    /// Opens a connection to DynamoDB, by reading an organization.
    #[must_use]
    pub fn connect(&self) -> Connecting<'_> {
        Box::pin(async { self.organization(&OrgId::placeholder()).await.map(drop) })
    }
}

impl<J: Job> JobStore<J> {
    /// Opens a connection to DynamoDB, by reading a job.
    #[must_use]
    pub fn connect(&self) -> Connecting<'_> {
        let key = JobKey::new(&OrgId::placeholder(), &OrgId::placeholder());
        Box::pin(async move { self.table.get(&key).await.map(drop) })
    }
}

impl FileStore {
    /// Opens a connection to S3, by reading a file whose name begins with `prefix`.
    #[must_use]
    pub fn connect(&self, prefix: &str) -> Connecting<'_> {
        let name = format!("{prefix}{}", OrgId::placeholder());
        Box::pin(async move { self.get(&name).await.map(drop) })
    }
}

impl<M: Message> WorkQueue<M> {
    /// Opens a connection to SQS.
    #[must_use]
    pub fn connect(&self) -> Connecting<'_> {
        Box::pin(self.send_nothing())
    }
}
