//! The import jobs and their chunks.
//!
//! The counts of chunks, and the sums of their amounts, are stored beside the job, in buckets of seven chunks. A commit is one conditional update of
//! a bucket: a chunk counts once, however often it is delivered, and costs one write unit. Workers do not write the
//! job's own item, which the planner, the cancellation and the end of the import write. The job's progress is the sum
//! of its buckets; once it is final, it is stored in the job's item.

mod bucket;
mod closing;
mod commit;
mod end;
mod list;
mod open;
mod read;
mod scopes;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use saldo_domain::id::{ImportId, OrgId, UploadId};
use saldo_domain::import::{Closing, Counts, ImportJob, ImportStatus, Sums, Upload};
use uuid::Uuid;

use crate::dynamodb::item::{EXPIRES_AT, count, moment, nested, text};
use crate::dynamodb::{Update, absent, at_most, equals, exists, is};
use crate::failure::Failure;
use crate::jobs::{Job, JobStore, expiry_value};

pub use closing::Confirmed;
pub use end::End;
pub use list::ImportPage;

/// How often the end of a job, or the commit of a chunk, is tried while other requests change what it writes. The entry of a
/// chunk changes when it is created, when a later round gives it up again, and when it is processed: three times per
/// redrive.
const ATTEMPTS_MAX: u32 = 8;

/// The attribute with the number of chunks, once it is known.
const CHUNKS: &str = "chunks";
/// The attribute with the time at which the rows were counted.
const PLANNED_AT: &str = "planned_at";
const QUEUED: &str = "queued";
const REASON: &str = "reason";
/// The attribute of a job that fails because its payload can't be read.
const UNREADABLE: &str = "unreadable";
const CANCEL_REQUESTED_AT: &str = "cancel_requested_at";
/// The attribute with the closing of a complete file.
const CLOSING: &str = "closing";

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

/// The uploaded files of all organizations.
pub type UploadStore = JobStore<Upload>;

impl Job for Upload {
    type Id = UploadId;

    const LIST: &'static str = "upload";
    // No worker begins an upload, so it is kept as long as a job that no worker has begun.
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
    /// The chunk's number in the import, from 0.
    pub number: u32,
    /// The number of rows by outcome.
    pub counts: Counts,
    /// The sums of their amounts.
    pub sums: Sums,
    /// Whether it failed for good or was left out. A slow worker or a redrive may still process it.
    pub exhausted: bool,
    /// The valid report of its rows, if their outcome is known.
    pub report: Option<Uuid>,
}

impl ChunkPart {
    /// A chunk that failed for good, with no known outcome of its rows.
    #[must_use]
    pub fn exhausted(number: u32) -> Self {
        Self { number, counts: Counts::default(), sums: Sums::default(), exhausted: true, report: None }
    }
}

/// The result of the planner's first reading of a payload.
#[derive(Clone, Debug)]
pub struct Counted {
    /// The number of rows.
    pub total: u64,
    /// Whether they are one chunk.
    pub one: bool,
    /// Whether rows that change nothing leave marks.
    pub marks_unchanged: bool,
    /// The number of rows of a complete file of which it is not certain what account they name.
    pub unidentified: u64,
    /// The encoding that was assumed, if it was.
    pub assumed_encoding: Option<&'static str>,
    /// The names of the sheets with cells that are not read, if there are any.
    pub unread_sheets: Option<String>,
}

impl ImportStore {
    /// Stores the result of the planner's first reading. If it was stored before, it stays as it is. Returns the job as
    /// it is now, unless it was deleted.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn counted(
        &self,
        job: &ImportJob,
        counted: &Counted,
        now: Timestamp,
    ) -> Result<Option<ImportJob>, Failure> {
        let mut update = Update::default();
        update.set("total_records", count(counted.total));
        update.set("marks_unchanged", AttributeValue::Bool(counted.marks_unchanged));
        if counted.unidentified > 0 {
            update.set("unidentified", count(counted.unidentified));
        }
        if let Some(encoding) = counted.assumed_encoding {
            update.set("assumed_encoding", text(encoding));
        }
        if let Some(names) = &counted.unread_sheets {
            update.set("unread_sheets", text(names));
        }
        update.set(PLANNED_AT, moment(now));
        if counted.one {
            update.set_if_absent(CHUNKS, count(1_u64));
        }
        update.set(EXPIRES_AT, expiry_value(job));
        update.require(absent(PLANNED_AT));
        require_status(&mut update, ImportStatus::Processing)?;
        self.update(job, &update).await?;
        self.get(&job.org, &job.id).await
    }

    /// Records that the chunks before number `queued` are queued, and whether these are all. Returns whether the job
    /// is still running and was neither cancelled nor failed.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn queued(&self, job: &ImportJob, queued: u32, all: bool) -> Result<bool, Failure> {
        let mut update = Update::default();
        update.set(QUEUED, count(queued));
        if all {
            update.set(CHUNKS, count(queued));
        }
        update.require(absent(REASON));
        update.require(absent(CANCEL_REQUESTED_AT));
        // Another planner may have queued more.
        update.require(at_most(QUEUED, count(queued)));
        require_status(&mut update, ImportStatus::Processing)?;
        self.update(job, &update).await
    }

    /// Records that no more chunks will be queued, and their number. The first caller's number stays.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn queued_no_more(&self, job: &ImportJob, chunks: u32) -> Result<(), Failure> {
        let mut update = Update::default();
        update.set_if_absent(CHUNKS, count(chunks));
        update.require(exists("job"));
        self.update(job, &update).await.map(drop)
    }

    /// Makes the job fail for this reason, which may be that its payload is `unreadable`: workers leave out chunks that
    /// they have not begun. Returns the job as it is now, unless it was deleted.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn fail(
        &self,
        job: &ImportJob,
        reason: &str,
        unreadable: bool,
    ) -> Result<Option<ImportJob>, Failure> {
        let mut update = Update::default();
        update.set_if_absent(REASON, text(reason));
        update.set(UNREADABLE, AttributeValue::Bool(unreadable));
        Box::pin(self.stop(&job.org, &job.id, &update)).await
    }

    /// Cancels the job: workers leave out chunks that they have not begun, and a list of closings that waits for a
    /// confirmation is dropped. A job that closes items does not change. Returns the job as it is now, if the organization has
    /// it.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn cancel(
        &self,
        org: &OrgId,
        id: &ImportId,
        now: Timestamp,
    ) -> Result<Option<ImportJob>, Failure> {
        let mut update = Update::default();
        update.set_if_absent(CANCEL_REQUESTED_AT, moment(now));
        Box::pin(self.stop(org, id, &update)).await
    }

    /// Makes an update that stops the job, unless it has ended or closes items.
    async fn stop(&self, org: &OrgId, id: &ImportId, update: &Update) -> Result<Option<ImportJob>, Failure> {
        for _ in 0..ATTEMPTS_MAX {
            let Some(job) = self.get(org, id).await? else { return Ok(None) };
            if !job.can_be_stopped() {
                return Ok(Some(job));
            }
            let mut update = update.clone();
            require_status(&mut update, job.status)?;
            update.require(is(CLOSING, closing_value(job.closing.as_ref())?));
            if self.update(&job, &update).await? {
                return self.get(org, id).await;
            }
        }
        Err(Failure::Throttled { operation: "UpdateItem on a job that others change" })
    }
}

/// Requires that the job has this status.
fn require_status(update: &mut Update, status: ImportStatus) -> Result<(), Failure> {
    update.require(equals("status", status_value(status)?));
    Ok(())
}

/// The attribute of a closing, if there is one.
fn closing_value(closing: Option<&Closing>) -> Result<Option<AttributeValue>, Failure> {
    closing.map(|closing| nested(closing, "the closing of an import")).transpose()
}

fn status_value(status: ImportStatus) -> Result<AttributeValue, Failure> {
    nested(&status, "a status")
}
