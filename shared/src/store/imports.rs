//! The import jobs and their chunks.
//!
//! A chunk's counts are committed once: one transaction puts the chunk's part, if it is
//! absent, and adds its counts to the job. However often a chunk is delivered, it counts
//! once, and the cost of a commit does not depend on how many chunks there are.

mod read;

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{
    AttributeValue, CancellationReason, Delete, Put, TransactWriteItem, Update as UpdateAction,
};
use backon::{ExponentialBuilder, Retryable};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::expression::Update;
use super::item::{moment, text};
use super::jobs::{Job, JobStore, Part, count, expiry, expiry_value, to_item};
use super::table_keys;
use crate::failure::Failure;
use crate::id::{ImportId, OrgId, UploadId};
use crate::import::{Counts, ImportJob, ImportStatus, Upload};

/// The attribute that tells how many chunks there are to be.
const CHUNKS: &str = "chunks";
/// The attribute that tells since when the rows are counted.
const PLANNED_AT: &str = "planned_at";
/// How long a commit tries to get between the commits of other chunks.
const COMMIT_RETRIES: ExponentialBuilder = ExponentialBuilder::new()
    .with_jitter()
    .with_min_delay(Duration::from_millis(20))
    .with_max_delay(Duration::from_secs(2))
    .with_max_times(12);

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

/// A chunk that was processed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChunkPart {
    /// Which chunk of the import it is.
    pub number: u32,
    /// What became of its rows.
    #[serde(flatten)]
    pub counts: Counts,
    /// Whether it was given up, or left out, and may be processed another time.
    #[serde(default)]
    pub given_up: bool,
    /// Where its report lies among the files, if anything was found in its rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report: Option<String>,
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
        update.require("attribute_exists(job)".to_owned());
        update.require("attribute_not_exists(#planned_at)".to_owned());
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
        let (status, processing) =
            (update.name("status"), update.value(status_value(ImportStatus::Processing)?));
        update.require(format!("{status} = {processing}"));
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
        // What the job will be of a status that has ended already is settled.
        let (status, processing) =
            (update.name("status"), update.value(status_value(ImportStatus::Processing)?));
        update.require(format!("{status} = {processing}"));
        self.update(&job, update).await?;
        self.get(org, id).await
    }

    /// Commits a chunk that is done with, if it was not committed before. One that was
    /// processed after all counts in place of one that was given up.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails, or other chunks' commits leave no gap.
    pub async fn commit(&self, job: &ImportJob, part: &ChunkPart) -> Result<(), Failure> {
        let put = self.put_part(job, part, "attribute_not_exists(part)")?;
        // An import that has ended counts nothing more.
        let add = self.add_counts(job, part.counts.signed(1), 1, 0, Some(ImportStatus::Processing))?;
        if self.transact(put, add).await? || part.given_up {
            return Ok(());
        }
        // Somebody was faster, or thought that nobody would come.
        let Some(before) = self.part(job, part.number).await?.filter(|before| before.given_up) else {
            return Ok(());
        };
        let Some(job) = self.get(&job.org, &job.id).await? else { return Ok(()) };
        let (now, then) = (part.counts.signed(1), before.counts.signed(-1));
        let difference = [0, 1, 2, 3].map(|at| now[at] + then[at]);
        let processed = difference[0] + difference[1] + difference[2];
        let unprocessed = if job.status == ImportStatus::Processing { 0 } else { -processed };
        let put = self.put_part(&job, part, "given_up = :given_up")?;
        let add = self.add_counts(&job, difference, 0, unprocessed, Some(job.status))?;
        self.transact(put, add).await.map(drop)
    }

    /// Writes a chunk's part on a condition, which may speak of `:given_up`, that is true.
    fn put_part(
        &self,
        job: &ImportJob,
        part: &ChunkPart,
        condition: &str,
    ) -> Result<TransactWriteItem, Failure> {
        let record = Part {
            job: table_keys::job(&job.org, &job.id),
            part: table_keys::chunk_part(part.number),
            listed: None,
            expires_at: expiry(job).as_second(),
            record: part,
        };
        let values = condition.contains(":given_up").then(given_up_is_true);
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(to_item(record)?))
            .condition_expression(condition)
            .set_expression_attribute_values(values)
            .build()
            .map_err(Failure::unsendable("TransactWriteItems on jobs"))?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    /// Adds to a job's counts (imported, updated, failed, warnings), to the chunks that are done
    /// with and to the rows that never will be, if the job has this status.
    fn add_counts(
        &self,
        job: &ImportJob,
        counts: [i64; 4],
        chunks: i64,
        unprocessed: i64,
        status: Option<ImportStatus>,
    ) -> Result<TransactWriteItem, Failure> {
        let [imported, updated, failed, warnings] = counts;
        let signed = |count: i64| AttributeValue::N(count.to_string());
        let mut add = UpdateAction::builder()
            .table_name(&self.table)
            .set_key(Some(table_keys::job_itself(&job.org, &job.id)))
            .update_expression(
                "ADD imported :imported, updated :updated, failed :failed, warnings :warnings, \
                 chunks_done :chunks, #unprocessed :unprocessed",
            )
            .expression_attribute_names("#unprocessed", "unprocessed")
            .expression_attribute_values(":imported", signed(imported))
            .expression_attribute_values(":updated", signed(updated))
            .expression_attribute_values(":failed", signed(failed))
            .expression_attribute_values(":warnings", signed(warnings))
            .expression_attribute_values(":chunks", signed(chunks))
            .expression_attribute_values(":unprocessed", signed(unprocessed));
        if let Some(status) = status {
            add = add
                .condition_expression("#status = :status")
                .expression_attribute_names("#status", "status")
                .expression_attribute_values(":status", status_value(status)?);
        }
        let add = add.build().map_err(Failure::unsendable("TransactWriteItems on jobs"))?;
        Ok(TransactWriteItem::builder().update(add).build())
    }

    /// Does two things or, if one of them must not be done, neither. Says whether it did.
    async fn transact(&self, one: TransactWriteItem, other: TransactWriteItem) -> Result<bool, Failure> {
        let transact = || async {
            let both = self.client.transact_write_items();
            both.transact_items(one.clone()).transact_items(other.clone()).send().await
        };
        match transact.retry(COMMIT_RETRIES).when(|error| cancelled_by(error, "TransactionConflict")).await {
            Err(error) if cancelled_by(&error, "ConditionalCheckFailed") => Ok(false),
            // Work that others do at the same moment is a reason to come back later.
            Err(error) if cancelled_by(&error, "TransactionConflict") || is_throttled(&error) => {
                Err(Failure::Throttled { operation: "TransactWriteItems on jobs" })
            }
            outcome => outcome.map(|_| true).map_err(Failure::of("TransactWriteItems on jobs")),
        }
    }

    /// Ends the job if every planned chunk is committed. Whoever sees that first does it;
    /// the others change nothing. Returns the moment at which it ended, if that was now.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn end_if_done(&self, job: &ImportJob, now: Timestamp) -> Result<Option<Timestamp>, Failure> {
        let job = self.get(&job.org, &job.id).await?;
        let Some((job, outcome)) = job.as_ref().and_then(|job| Some((job, job.outcome()?))) else {
            return Ok(None);
        };
        if self.end(job, outcome, now, Update::default()).await? {
            return Ok(Some(now));
        }
        // Somebody else has ended it; or the SDK tried twice and the first answer was lost.
        let ended = self.get(&job.org, &job.id).await?.and_then(|job| job.completed_at);
        Ok(ended.filter(|at| at.as_millisecond() == now.as_millisecond()))
    }

    /// Takes a job that has ended up again, and returns it, if it is one that others gave up.
    /// What they gave up is [reopened](Self::reopen) before.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn resume(&self, job: &ImportJob) -> Result<(), Failure> {
        let mut update = Update::default();
        update.set("status", status_value(ImportStatus::Processing)?);
        update.set("unprocessed", count(0));
        if job.reason.is_some() {
            update.remove("reason");
            update.remove(CHUNKS);
        }
        update.remove("completed_at");
        update.require("attribute_exists(job)".to_owned());
        let status = update.value(status_value(job.status)?);
        let name = update.name("status");
        update.require(format!("{name} = {status}"));
        self.update(job, update).await.map(drop)
    }

    /// Undoes the commit of a chunk that was given up or left out, so that it can be processed
    /// again. Done twice, it changes nothing.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn reopen(&self, job: &ImportJob, part: &ChunkPart) -> Result<(), Failure> {
        let delete = Delete::builder()
            .table_name(&self.table)
            .key("job", text(table_keys::job(&job.org, &job.id)))
            .key("part", text(table_keys::chunk_part(part.number)))
            .condition_expression("given_up = :given_up")
            .set_expression_attribute_values(Some(given_up_is_true()))
            .build()
            .map_err(Failure::unsendable("TransactWriteItems on jobs"))?;
        let delete = TransactWriteItem::builder().delete(delete).build();
        let undo = self.add_counts(job, part.counts.signed(-1), -1, 0, None)?;
        self.transact(delete, undo).await.map(drop)
    }

    /// Ends the job, if it still runs and its counts are as they were read. Says whether
    /// it did.
    async fn end(
        &self,
        job: &ImportJob,
        status: ImportStatus,
        now: Timestamp,
        mut update: Update,
    ) -> Result<bool, Failure> {
        let processing = update.value(status_value(ImportStatus::Processing)?);
        update.require(format!("#status = {processing}"));
        // Whoever has changed one of these since comes to end the job, too.
        for (name, value) in [
            ("chunks_done", job.chunks_done.into()),
            ("superseded", job.superseded),
            ("imported", job.counts.imported),
            ("updated", job.counts.updated),
            ("failed", job.counts.failed),
        ] {
            let (name, value) = (update.name(name), update.value(count(value)));
            update.require(format!("{name} = {value}"));
        }
        update.set("status", status_value(status)?);
        let unprocessed = match status {
            ImportStatus::Cancelled | ImportStatus::Failed => {
                job.total_records.unwrap_or_default().saturating_sub(job.processed())
            }
            ImportStatus::Processing | ImportStatus::Completed | ImportStatus::CompletedWithErrors => 0,
        };
        update.set("unprocessed", count(unprocessed));
        update.set("completed_at", moment(now));
        update.set("expires_at", expiry_value(job));
        self.update(job, update).await
    }
}

fn given_up_is_true() -> HashMap<String, AttributeValue> {
    [(":given_up".to_owned(), AttributeValue::Bool(true))].into()
}

fn is_throttled<R>(error: &SdkError<TransactWriteItemsError, R>) -> bool {
    ["ThrottlingError", "ProvisionedThroughputExceeded"].iter().any(|reason| cancelled_by(error, reason))
}

fn status_value(status: ImportStatus) -> Result<AttributeValue, Failure> {
    serde_dynamo::to_attribute_value(status).map_err(Failure::corrupt("a status"))
}

fn cancelled_by<R>(error: &SdkError<TransactWriteItemsError, R>, reason: &str) -> bool {
    match error.as_service_error() {
        Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => cancelled
            .cancellation_reasons()
            .iter()
            .filter_map(CancellationReason::code)
            .any(|code| code == reason),
        _ => false,
    }
}
