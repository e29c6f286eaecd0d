//! The commits of chunks: each counts once, whoever commits it, and how often.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{
    AttributeValue, CancellationReason, Delete, Put, TransactWriteItem, Update as UpdateAction,
};
use backon::{ExponentialBuilder, Retryable};

use super::{ChunkPart, ImportStore, status_value};
use crate::failure::Failure;
use crate::import::{ImportJob, ImportStatus};
use crate::store::item::text;
use crate::store::jobs::{Part, expiry, to_item};
use crate::store::table_keys;

const OPERATION: &str = "TransactWriteItems on jobs";
/// How long a commit tries to get between the commits of other chunks.
const COMMIT_RETRIES: ExponentialBuilder = ExponentialBuilder::new()
    .with_jitter()
    .with_min_delay(Duration::from_millis(20))
    .with_max_delay(Duration::from_secs(2))
    .with_max_times(12);
/// How often a commit tries to take the place of an assumed one. Each loses only to the end of
/// the job, or to another commit.
const REPLACEMENTS_MAX: u32 = 4;

impl ImportStore {
    /// Commits a chunk that is done with, if it was not committed before. One that was
    /// processed after all counts in place of one that was given up.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails, or other chunks' commits leave no gap.
    pub async fn commit(&self, job: &ImportJob, part: &ChunkPart) -> Result<(), Failure> {
        let put = self.put_part(job, part, "attribute_not_exists(part)")?;
        // An import that has ended counts nothing more.
        let add = self.add_counts(job, part.counts.signed(1), 1, 0, ImportStatus::Processing)?;
        if self.transact(put, add).await? || part.given_up {
            return Ok(());
        }
        for _ in 0..REPLACEMENTS_MAX {
            // Somebody was faster, or thought that nobody would come.
            let Some(before) = self.part(job, part.number).await? else {
                tracing::error!(import = %job.id, chunk = part.number, "processed after the end");
                return Ok(());
            };
            if !before.given_up || self.replace(job, &before, part).await? {
                return Ok(());
            }
        }
        Err(Failure::Throttled { operation: OPERATION })
    }

    /// Has a chunk that was processed count in place of what was assumed of it. Says whether
    /// it does; otherwise the job, or the part, has changed meanwhile.
    async fn replace(&self, job: &ImportJob, before: &ChunkPart, part: &ChunkPart) -> Result<bool, Failure> {
        let Some(job) = self.get(&job.org, &job.id).await? else { return Ok(true) };
        let (now, then) = (part.counts.signed(1), before.counts.signed(-1));
        let difference = [0, 1, 2, 3].map(|at| now[at] + then[at]);
        let processed = difference[0] + difference[1] + difference[2];
        let unprocessed = if job.status == ImportStatus::Processing { 0 } else { -processed };
        let put = self.put_part(&job, part, "given_up = :given_up")?;
        let add = self.add_counts(&job, difference, 0, unprocessed, job.status)?;
        self.transact(put, add).await
    }

    /// Undoes the commit of a chunk that was given up, in a job that runs, so that it can be
    /// processed again. Says whether it did: done twice, it changes nothing.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn reopen(&self, job: &ImportJob, part: &ChunkPart) -> Result<bool, Failure> {
        let delete = Delete::builder()
            .table_name(&self.table)
            .key("job", text(table_keys::job(&job.org, &job.id)))
            .key("part", text(table_keys::chunk_part(part.number)))
            .condition_expression("given_up = :given_up")
            .set_expression_attribute_values(Some(given_up_is_true()))
            .build()
            .map_err(Failure::unsendable(OPERATION))?;
        let delete = TransactWriteItem::builder().delete(delete).build();
        let undo = self.add_counts(job, part.counts.signed(-1), -1, 0, ImportStatus::Processing)?;
        self.transact(delete, undo).await
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
            .map_err(Failure::unsendable(OPERATION))?;
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
        status: ImportStatus,
    ) -> Result<TransactWriteItem, Failure> {
        let [imported, updated, failed, warnings] = counts;
        let signed = |count: i64| AttributeValue::N(count.to_string());
        let add = UpdateAction::builder()
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
            .expression_attribute_values(":unprocessed", signed(unprocessed))
            .condition_expression("#status = :status")
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":status", status_value(status)?);
        let add = add.build().map_err(Failure::unsendable(OPERATION))?;
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
                Err(Failure::Throttled { operation: OPERATION })
            }
            outcome => outcome.map(|_| true).map_err(Failure::of(OPERATION)),
        }
    }
}

fn given_up_is_true() -> HashMap<String, AttributeValue> {
    [(":given_up".to_owned(), AttributeValue::Bool(true))].into()
}

fn is_throttled<R>(error: &SdkError<TransactWriteItemsError, R>) -> bool {
    ["ThrottlingError", "ProvisionedThroughputExceeded"].iter().any(|reason| cancelled_by(error, reason))
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
