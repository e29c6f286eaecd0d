//! The import jobs and their chunks.
//!
//! A chunk's counts are committed once: one transaction puts the chunk's part, if it is
//! absent, and adds its counts to the job. However often a chunk is delivered, it counts
//! once, and the cost of a commit does not depend on how many chunks there are.

mod read;

use std::time::Duration;

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{
    AttributeValue, CancellationReason, Put, TransactWriteItem, Update as UpdateAction,
};
use backon::{ExponentialBuilder, Retryable};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::expression::Update;
use super::item::{moment, text};
use super::jobs::{Job, JobStore, Part, count, expiry, expiry_value, to_item};
use super::table_keys;
use crate::failure::Failure;
use crate::id::{ImportId, OrgId};
use crate::import::{Counts, ImportJob, ImportStatus, Plan};

/// The attribute that tells how many chunks were planned.
const CHUNKS: &str = "chunks";
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
    const BEGUN: &'static str = CHUNKS;

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

/// A chunk that was processed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChunkPart {
    /// Which chunk of the import it is.
    pub number: u32,
    /// What became of its rows.
    #[serde(flatten)]
    pub counts: Counts,
    /// Where its report lies among the files, if anything was found in its rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report: Option<String>,
}

impl ImportStore {
    /// Records the plan, once: delivered again, it changes nothing. Says whether the job is
    /// still there; it may have been taken back meanwhile.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn plan(&self, job: &ImportJob, plan: &Plan) -> Result<bool, Failure> {
        let mut update = Update::default();
        update.set("total_records", count(plan.total));
        update.set("superseded", count(plan.superseded));
        update.set(CHUNKS, count(plan.chunks.len() as u64));
        update.set("expires_at", expiry_value(job));
        update.require("attribute_exists(job)".to_owned());
        update.require("attribute_not_exists(#chunks)".to_owned());
        let recorded = self.update(job, update).await?;
        Ok(recorded || self.get(&job.org, &job.id).await?.is_some())
    }

    /// Commits a processed chunk, if it was not committed before.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails, or other chunks' commits leave no gap.
    pub async fn commit(&self, job: &ImportJob, part: &ChunkPart) -> Result<(), Failure> {
        let record = Part {
            job: table_keys::job(&job.org, &job.id),
            part: table_keys::chunk_part(part.number),
            listed: None,
            expires_at: expiry(job).as_second(),
            record: part,
        };
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(to_item(record)?))
            .condition_expression("attribute_not_exists(part)")
            .build()
            .map_err(Failure::unsendable("TransactWriteItems on jobs"))?;
        let add = UpdateAction::builder()
            .table_name(&self.table)
            .set_key(Some(table_keys::job_itself(&job.org, &job.id)))
            .update_expression(
                "ADD imported :imported, updated :updated, failed :failed, warnings :warnings, chunks_done :one",
            )
            .expression_attribute_values(":imported", count(part.counts.imported))
            .expression_attribute_values(":updated", count(part.counts.updated))
            .expression_attribute_values(":failed", count(part.counts.failed))
            .expression_attribute_values(":warnings", count(part.counts.warnings))
            .expression_attribute_values(":one", count(1))
            // An import that has ended counts nothing more.
            .condition_expression("#status = :processing")
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":processing", status_value(ImportStatus::Processing)?)
            .build()
            .map_err(Failure::unsendable("TransactWriteItems on jobs"))?;
        let transact = || async {
            self.client
                .transact_write_items()
                .transact_items(TransactWriteItem::builder().put(put.clone()).build())
                .transact_items(TransactWriteItem::builder().update(add.clone()).build())
                .send()
                .await
        };
        match transact.retry(COMMIT_RETRIES).when(|error| cancelled_by(error, "TransactionConflict")).await {
            Err(error) if cancelled_by(&error, "ConditionalCheckFailed") => Ok(()),
            outcome => outcome.map(drop).map_err(Failure::of("TransactWriteItems on jobs")),
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

    /// Ends a job that can't be run: every row whose fate is not known counts as failed.
    /// Returns the moment at which it ended, unless it was taken back.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails, or a chunk is committed at the same moment.
    pub async fn fail(
        &self,
        job: &ImportJob,
        reason: &str,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, Failure> {
        let Some(job) = self.get(&job.org, &job.id).await? else {
            return Ok(None);
        };
        let known = job.processed() - job.counts.failed;
        let mut update = Update::default();
        update.set("reason", text(reason));
        update.set("failed", count(job.total_records.saturating_sub(known)));
        if self.end(&job, ImportStatus::Failed, now, update).await? {
            return Ok(Some(now));
        }
        if job.status != ImportStatus::Processing {
            return Ok(job.completed_at);
        }
        Err(Failure::Throttled { operation: "UpdateItem on a job that goes on" })
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
        let chunks_done = update.value(count(job.chunks_done.into()));
        update.require(format!("#status = {processing}"));
        update.require(format!("chunks_done = {chunks_done}"));
        let superseded = update.value(count(job.superseded));
        update.require(format!("superseded = {superseded}"));
        update.set("status", status_value(status)?);
        update.set("completed_at", moment(now));
        update.set("expires_at", expiry_value(job));
        self.update(job, update).await
    }
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
