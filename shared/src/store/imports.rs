//! The import jobs and their chunks.
//!
//! A chunk's counts are committed once: one transaction puts the chunk's part, if it is
//! absent, and adds its counts to the job. However often a chunk is delivered, it counts
//! once, and the cost of a commit does not depend on how many chunks there are.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{
    AttributeValue, CancellationReason, KeysAndAttributes, Put, TransactWriteItem, Update as UpdateAction,
};
use backon::{ExponentialBuilder, Retryable};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::expression::Update;
use super::item::{Item, moment, text};
use super::table_keys::{self, CHUNK_PARTS, JOB_PART};
use crate::failure::Failure;
use crate::id::{ImportId, OrgId};
use crate::import::{Counts, ImportJob, ImportStatus, Plan};

/// How long a job is kept: 90 days.
const KEPT: SignedDuration = SignedDuration::from_hours(90 * 24);
/// How long a job is kept that nobody has begun: as long as a queue keeps a message. A
/// job whose message was never sent (its caller got an error, or a crash) goes away by
/// itself.
const KEPT_UNPLANNED: SignedDuration = SignedDuration::from_hours(4 * 24);
/// The most items DynamoDB returns for one `BatchGetItem`.
const BATCH_GET_MAX: usize = 100;
/// How long a commit tries to get between the commits of other chunks.
const COMMIT_RETRIES: ExponentialBuilder = ExponentialBuilder::new()
    .with_jitter()
    .with_min_delay(Duration::from_millis(20))
    .with_max_delay(Duration::from_secs(2))
    .with_max_times(12);

/// The imports of all organizations.
#[derive(Clone, Debug)]
pub struct ImportStore {
    client: Client,
    table: String,
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

/// A record as it lies in the table.
#[derive(Serialize, Deserialize)]
struct Part<T> {
    job: String,
    part: String,
    /// In the index of the organization's jobs; only jobs are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    listed: Option<String>,
    /// When DynamoDB may delete it, in seconds since 1970.
    expires_at: i64,
    #[serde(flatten)]
    record: T,
}

impl ImportStore {
    pub(crate) fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    /// Records a job that was just accepted. If it is there already, nothing happens.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn accept(&self, job: &ImportJob) -> Result<(), Failure> {
        let part = Part {
            job: table_keys::job(&job.org, &job.id),
            part: JOB_PART.to_owned(),
            listed: Some(table_keys::listed_imports(&job.org)),
            expires_at: (job.created_at + KEPT_UNPLANNED).as_second(),
            record: job,
        };
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(to_item(part)?))
            .condition_expression("attribute_not_exists(job)")
            .send()
            .await;
        match put {
            Err(error) if is_condition_failure(&error) => Ok(()),
            put => put.map(drop).map_err(Failure::of("PutItem on jobs")),
        }
    }

    /// Forgets a job that could not be queued, unless it has been begun all the same.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn discard(&self, org: &OrgId, id: &ImportId) -> Result<(), Failure> {
        let delete = self
            .client
            .delete_item()
            .table_name(&self.table)
            .key("job", text(table_keys::job(org, id)))
            .key("part", text(JOB_PART))
            .condition_expression("attribute_not_exists(chunks)")
            .send()
            .await;
        match delete {
            Err(error) if is_condition_failure(&error) => Ok(()),
            delete => delete.map(drop).map_err(Failure::of("DeleteItem on jobs")),
        }
    }

    /// The job, if the organization has it.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn get(&self, org: &OrgId, id: &ImportId) -> Result<Option<ImportJob>, Failure> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.table)
            .key("job", text(table_keys::job(org, id)))
            .key("part", text(JOB_PART))
            .consistent_read(true)
            .send()
            .await
            .map_err(Failure::of("GetItem on jobs"))?;
        answer.item.map(from_item).transpose()
    }

    /// The organization's imports, newest first: at most `limit`
    /// of those older than `after`.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn list(
        &self,
        org: &OrgId,
        after: Option<&ImportId>,
        limit: usize,
    ) -> Result<Vec<ImportJob>, Failure> {
        let listed = text(table_keys::listed_imports(org));
        let start = after.map(|after| {
            Item::from([
                ("listed".to_owned(), listed.clone()),
                ("job".to_owned(), text(table_keys::job(org, after))),
                ("part".to_owned(), text(JOB_PART)),
            ])
        });
        let page = self
            .client
            .query()
            .table_name(&self.table)
            .index_name("by_org")
            .key_condition_expression("listed = :listed")
            .expression_attribute_values(":listed", listed)
            .scan_index_forward(false)
            .set_exclusive_start_key(start)
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .send()
            .await
            .map_err(Failure::of("Query on jobs by_org"))?;
        let keys = page.items.unwrap_or_default().into_iter().map(|mut item| {
            item.retain(|name, _| name == "job" || name == "part");
            item
        });
        let mut jobs: Vec<ImportJob> = self.read_all(keys.collect()).await?;
        jobs.sort_by(|a, b| b.id.cmp(&a.id));
        Ok(jobs)
    }

    async fn read_all(&self, mut keys: Vec<Item>) -> Result<Vec<ImportJob>, Failure> {
        let mut jobs = Vec::with_capacity(keys.len());
        while !keys.is_empty() {
            let later = keys.split_off(keys.len().min(BATCH_GET_MAX));
            let wanted = KeysAndAttributes::builder()
                .set_keys(Some(keys))
                .build()
                .map_err(Failure::unsendable("BatchGetItem on jobs"))?;
            let mut answer = self
                .client
                .batch_get_item()
                .request_items(&self.table, wanted)
                .send()
                .await
                .map_err(Failure::of("BatchGetItem on jobs"))?;
            let found = answer.responses.as_mut().and_then(|tables| tables.remove(&self.table));
            for item in found.unwrap_or_default() {
                jobs.push(from_item(item)?);
            }
            let left = answer.unprocessed_keys.and_then(|mut tables| tables.remove(&self.table));
            keys = left.map(|left| left.keys).unwrap_or_default();
            keys.extend(later);
        }
        Ok(jobs)
    }

    /// Records the plan, once: delivered again, it changes nothing.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn plan(&self, job: &ImportJob, plan: &Plan) -> Result<(), Failure> {
        let mut update = Update::default();
        update.set("total_records", count(plan.total));
        update.set("superseded", count(plan.superseded));
        update.set("chunks", count(plan.chunks.len() as u64));
        update.set("expires_at", expiry(job));
        update.require("attribute_exists(job)".to_owned());
        update.require("attribute_not_exists(#chunks)".to_owned());
        self.update(job, update).await
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
            expires_at: (job.created_at + KEPT).as_second(),
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
            .key("job", text(table_keys::job(&job.org, &job.id)))
            .key("part", text(JOB_PART))
            .update_expression(
                "ADD imported :imported, updated :updated, failed :failed, warnings :warnings, chunks_done :one",
            )
            .expression_attribute_values(":imported", count(part.counts.imported))
            .expression_attribute_values(":updated", count(part.counts.updated))
            .expression_attribute_values(":failed", count(part.counts.failed))
            .expression_attribute_values(":warnings", count(part.counts.warnings))
            .expression_attribute_values(":one", count(1))
            .condition_expression("attribute_exists(job)")
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

    /// Whether the chunk was committed.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn is_committed(&self, job: &ImportJob, chunk: u32) -> Result<bool, Failure> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.table)
            .key("job", text(table_keys::job(&job.org, &job.id)))
            .key("part", text(table_keys::chunk_part(chunk)))
            .projection_expression("part")
            .send()
            .await
            .map_err(Failure::of("GetItem on jobs"))?;
        Ok(answer.item.is_some())
    }

    /// Ends the job if every planned chunk is committed. Whoever sees that first does it;
    /// the others change nothing.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn end_if_done(&self, job: &ImportJob, now: Timestamp) -> Result<(), Failure> {
        let job = self.get(&job.org, &job.id).await?;
        match job.as_ref().and_then(|job| Some((job, job.outcome()?))) {
            Some((job, outcome)) if job.status == ImportStatus::Processing => {
                self.end(job, outcome, None, now).await
            }
            _ => Ok(()),
        }
    }

    /// Ends a job that can't be run: all its rows count as failed.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn fail(&self, job: &ImportJob, reason: &str, now: Timestamp) -> Result<(), Failure> {
        self.end(job, ImportStatus::Failed, Some(reason), now).await
    }

    async fn end(
        &self,
        job: &ImportJob,
        status: ImportStatus,
        reason: Option<&str>,
        now: Timestamp,
    ) -> Result<(), Failure> {
        let mut update = Update::default();
        let processing = update.value(status_value(ImportStatus::Processing)?);
        update.require(format!("#status = {processing}"));
        update.set("status", status_value(status)?);
        update.set("completed_at", moment(now));
        update.set("expires_at", expiry(job));
        if let Some(reason) = reason {
            update.set("reason", text(reason));
            update.set("failed", count(job.total_records));
        }
        self.update(job, update).await
    }

    /// Updates the job; does nothing if the update's condition does not hold.
    async fn update(&self, job: &ImportJob, update: Update) -> Result<(), Failure> {
        let request = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("job", text(table_keys::job(&job.org, &job.id)))
            .key("part", text(JOB_PART))
            .update_expression(update.expression())
            .set_condition_expression(update.condition());
        let (names, values) = update.into_placeholders();
        let answer = request
            .set_expression_attribute_names(Some(names))
            .set_expression_attribute_values(Some(values))
            .send()
            .await;
        match answer {
            Err(error) if is_condition_failure(&error) => Ok(()),
            answer => answer.map(drop).map_err(Failure::of("UpdateItem on jobs")),
        }
    }

    /// The committed chunks from number `from` on, in order: one page of them, and
    /// whether there are more.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn committed_chunks(
        &self,
        job: &ImportJob,
        from: u32,
    ) -> Result<(Vec<ChunkPart>, bool), Failure> {
        let page = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("job = :job AND part BETWEEN :from AND :to")
            .expression_attribute_values(":job", text(table_keys::job(&job.org, &job.id)))
            .expression_attribute_values(":from", text(table_keys::chunk_part(from)))
            .expression_attribute_values(":to", text(format!("{CHUNK_PARTS}~")))
            .consistent_read(true)
            .send()
            .await
            .map_err(Failure::of("Query on jobs"))?;
        let more = page.last_evaluated_key.is_some();
        let parts = page.items.unwrap_or_default().into_iter().map(from_item).collect::<Result<_, _>>()?;
        Ok((parts, more))
    }

    /// Every job that has not ended, of all organizations. Reads the whole table: it is
    /// for a start after the queue was lost, not for a request.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn unfinished(&self) -> Result<Vec<ImportJob>, Failure> {
        let mut pages = self
            .client
            .scan()
            .table_name(&self.table)
            .filter_expression("part = :job AND #status = :processing")
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":job", text(JOB_PART))
            .expression_attribute_values(":processing", status_value(ImportStatus::Processing)?)
            .into_paginator()
            .items()
            .send();
        let mut jobs = Vec::new();
        while let Some(item) = pages.next().await {
            jobs.push(from_item(item.map_err(Failure::of("Scan on jobs"))?)?);
        }
        Ok(jobs)
    }
}

fn expiry(job: &ImportJob) -> AttributeValue {
    AttributeValue::N((job.created_at + KEPT).as_second().to_string())
}

fn count(count: u64) -> AttributeValue {
    AttributeValue::N(count.to_string())
}

fn status_value(status: ImportStatus) -> Result<AttributeValue, Failure> {
    serde_dynamo::to_attribute_value(status).map_err(Failure::corrupt("a status"))
}

fn to_item<T: Serialize>(part: Part<T>) -> Result<Item, Failure> {
    serde_dynamo::to_item(part).map_err(Failure::corrupt("a job"))
}

fn from_item<T: serde::de::DeserializeOwned>(item: Item) -> Result<T, Failure> {
    serde_dynamo::from_item::<_, Part<T>>(item).map(|part| part.record).map_err(Failure::corrupt("a job"))
}

fn is_condition_failure<E, R>(error: &SdkError<E, R>) -> bool
where
    E: aws_sdk_dynamodb::error::ProvideErrorMetadata,
{
    let code = error.as_service_error().and_then(aws_sdk_dynamodb::error::ProvideErrorMetadata::code);
    code == Some("ConditionalCheckFailedException")
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
