//! The synchronizations.

use jiff::Timestamp;
use saldo_domain::id::{AccessId, OrgId, SyncId};
use saldo_domain::sync::SyncJob;

use crate::failure::Failure;
use crate::jobs::{Job, JobStore};

/// The synchronizations of all organizations.
pub type SyncStore = JobStore<SyncJob>;

impl Job for SyncJob {
    type Id = SyncId;

    const LIST: &'static str = "sync";
    const BEGUN: &'static str = "started_at";
    const UNFINISHED: &'static [&'static str] = &["QUEUED", "RUNNING", "AWAIT_AUTH"];

    fn list(&self) -> String {
        list(&self.access)
    }

    fn id(&self) -> &SyncId {
        &self.id
    }

    fn org(&self) -> &OrgId {
        &self.org
    }

    fn created_at(&self) -> Timestamp {
        self.created_at
    }
}

/// The list of an access's synchronizations.
fn list(access: &AccessId) -> String {
    format!("{}#{access}", SyncJob::LIST)
}

impl SyncStore {
    /// An access's synchronizations, newest first: at most `limit` of them.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn of_access(
        &self,
        org: &OrgId,
        access: &AccessId,
        limit: usize,
    ) -> Result<Vec<SyncJob>, Failure> {
        self.list_of(org, &list(access), None, limit).await.map(|(syncs, _)| syncs)
    }
}
