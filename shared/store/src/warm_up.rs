//! Connections that are opened while a function starts. Lambda gives a starting function a whole processor, and the first
//! connection to a service takes longer than the first call.

use std::time::Duration;

use futures::future::join_all;
use saldo_domain::id::{ImportId, OrgId};
use uuid::Uuid;

use crate::app::App;
use crate::failure::Failure;

/// How long a start waits for its connections. A service that does not answer must not prevent a function from starting.
const WARM_UP_MAX: Duration = Duration::from_secs(2);

/// The service that a function calls first, by the cheapest call that the function's role allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FirstCall {
    /// DynamoDB: the table of keys.
    Keys,
    /// DynamoDB: the table of jobs.
    Jobs,
    /// S3: files under this prefix.
    Files(&'static str),
    /// SQS: the queue of plans.
    Plans,
    /// SQS: the queue of chunks.
    Chunks,
    /// SQS: the queue of exports.
    Exports,
    /// SQS: the queue of synchronizations.
    Syncs,
    /// SQS: the queue of notifications.
    Notifications,
}

impl App {
    /// Connects to the services that will be called first. A connection that fails is left to that call.
    pub async fn warm_up(&self, calls: &[FirstCall]) {
        let connecting = join_all(calls.iter().map(|call| self.connect(*call)));
        if tokio::time::timeout(WARM_UP_MAX, connecting).await.is_err() {
            tracing::warn!("the connections were not opened in time; the first calls open them");
        }
    }

    /// Asks for a record or file that does not exist, or sends an empty batch.
    async fn connect(&self, call: FirstCall) {
        let placeholder = OrgId::placeholder();
        let answer: Result<(), Failure> = match call {
            FirstCall::Keys => self.keys.organization(&placeholder).await.map(drop),
            FirstCall::Jobs => {
                self.imports.get(&placeholder, &ImportId::of_seed(Uuid::nil())).await.map(drop)
            }
            FirstCall::Files(prefix) => self.files.get(&format!("{prefix}{placeholder}")).await.map(drop),
            FirstCall::Plans => self.plan_queue.connect().await,
            FirstCall::Chunks => self.import_queue.connect().await,
            FirstCall::Exports => self.export_queue.connect().await,
            FirstCall::Syncs => self.sync_queue.connect().await,
            FirstCall::Notifications => self.notification_queue.connect().await,
        };
        if let Err(failure) = answer {
            tracing::info!(?call, error = %failure.chain(), "a connection was not opened at the start; the first call opens it");
        }
    }
}
