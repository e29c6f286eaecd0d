//! The import jobs and their chunks.
//!
//! The counts of chunks lie beside the job, in buckets of sixteen chunks. A commit is one
//! conditional update of a bucket: however often a chunk is delivered, it counts once, at one
//! write unit, and workers don't write the job's own item, which its planner, its cancellation and its
//! end write. The sum of the buckets is the job's progress; once that can't change any more, it
//! stands in the job's item.

mod bucket;
mod commit;
mod end;
mod read;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use saldo_domain::id::{ImportId, OrgId, UploadId};
use saldo_domain::import::{Counts, ImportJob, ImportStatus, Upload};
use uuid::Uuid;

use super::expression::Update;
use super::item::{moment, text};
use super::jobs::{Job, JobStore, count, expiry_value};
use crate::failure::Failure;

/// The attribute that tells how many chunks there are to be.
const CHUNKS: &str = "chunks";
/// The attribute that tells since when the rows are counted.
const PLANNED_AT: &str = "planned_at";
/// The imports of all organizations.
pub type ImportStore = JobStore<ImportJob>;

impl Job for ImportJob {
    type Id = ImportId;

    const LIST: &'static str = "import";
    const BEGUN: &'static str = PLANNED_AT;

    fn id(&self) -> &ImportId {
        &self.id
    }

    fn org(&self) -> &OrgId {
        &self.org
    }

    fn created_at(&self) -> Timestamp {
        self.created_at
    }
}

/// The files of all organizations that are sent to be imported.
pub type UploadStore = JobStore<Upload>;

impl Job for Upload {
    type Id = UploadId;

    const LIST: &'static str = "upload";
    // Nothing is done to an upload, so it is kept as long as a job that nobody has begun.
    const BEGUN: &'static str = "begun";

    fn id(&self) -> &UploadId {
        &self.id
    }

    fn org(&self) -> &OrgId {
        &self.org
    }

    fn created_at(&self) -> Timestamp {
        self.created_at
    }
}

/// A committed chunk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChunkPart {
    /// The chunk's number in the import, from 0 on.
    pub number: u32,
    /// Its rows by their outcome.
    pub counts: Counts,
    /// Whether it was given up or left out, and a slow worker or a redrive may still process it.
    pub exhausted: bool,
    /// Which of its reports counts, if there was a finding in its rows.
    pub report: Option<Uuid>,
}

impl ChunkPart {
    /// A chunk that was given up and of whose rows nothing is known.
    #[must_use]
    pub fn exhausted(number: u32) -> Self {
        Self { number, counts: Counts::default(), exhausted: true, report: None }
    }
}

impl ImportStore {
    /// Records what is known once a payload was read: its rows, how many of them are
    /// superseded, and whether the others are `one` chunk. Returns the job as it is now, unless it was taken back.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn counted(
        &self,
        job: &ImportJob,
        total: u64,
        superseded: u64,
        one: bool,
        now: Timestamp,
    ) -> Result<Option<ImportJob>, Failure> {
        let mut update = Update::default();
        update.set("total_records", count(total));
        update.set("superseded", count(superseded));
        update.set(PLANNED_AT, moment(now));
        if one {
            update.set_if_absent(CHUNKS, count(1));
        }
        update.set("expires_at", expiry_value(job));
        update.require("attribute_not_exists(#planned_at)".to_owned());
        require_status(&mut update, ImportStatus::Processing)?;
        self.update(job, update).await?;
        self.get(&job.org, &job.id).await
    }

    /// Records that the chunks before number `queued` are queued, and that these are all, if
    /// they are. Says whether the job still runs, as if nothing had happened.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn queued(&self, job: &ImportJob, queued: u32, all: bool) -> Result<bool, Failure> {
        let mut update = Update::default();
        update.set("queued", count(queued.into()));
        if all {
            update.set(CHUNKS, count(queued.into()));
        }
        for name in ["reason", "cancel_requested_at"] {
            let name = update.name(name);
            update.require(format!("attribute_not_exists({name})"));
        }
        // Another planner may have come further.
        let (name, value) = (update.name("queued"), update.value(count(queued.into())));
        update.require(format!("{name} <= {value}"));
        require_status(&mut update, ImportStatus::Processing)?;
        self.update(job, update).await
    }

    /// Records that no chunks are queued any more, and that there are as many. Whoever comes
    /// first is right.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn queued_no_more(&self, job: &ImportJob, chunks: u32) -> Result<(), Failure> {
        let mut update = Update::default();
        update.set_if_absent(CHUNKS, count(chunks.into()));
        update.require("attribute_exists(job)".to_owned());
        self.update(job, update).await.map(drop)
    }

    /// Has the job fail, for this reason: chunks that nobody has begun are left out from now
    /// on. Returns the job as it is now, unless it was taken back.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn fail(&self, job: &ImportJob, reason: &str) -> Result<Option<ImportJob>, Failure> {
        self.stop(&job.org, &job.id, "reason", text(reason)).await
    }

    /// Calls the job off: chunks that nobody has begun are left out from now on. Returns the
    /// job as it is now, if the organization has it.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn cancel(
        &self,
        org: &OrgId,
        id: &ImportId,
        now: Timestamp,
    ) -> Result<Option<ImportJob>, Failure> {
        self.stop(org, id, "cancel_requested_at", moment(now)).await
    }

    async fn stop(
        &self,
        org: &OrgId,
        id: &ImportId,
        why: &str,
        value: AttributeValue,
    ) -> Result<Option<ImportJob>, Failure> {
        let Some(job) = self.get(org, id).await? else { return Ok(None) };
        let mut update = Update::default();
        update.set_if_absent(why, value);
        // What has ended is settled.
        require_status(&mut update, ImportStatus::Processing)?;
        self.update(&job, update).await?;
        self.get(org, id).await
    }
}

/// Requires that the job has this status.
fn require_status(update: &mut Update, status: ImportStatus) -> Result<(), Failure> {
    update.require_value("status", Some(status_value(status)?));
    Ok(())
}

fn status_value(status: ImportStatus) -> Result<AttributeValue, Failure> {
    serde_dynamo::to_attribute_value(status).map_err(Failure::corrupt("a status"))
}
