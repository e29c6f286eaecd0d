//! The end of an import, and what comes after it.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;

use super::{CHUNKS, ImportStore, require_status, status_value};
use crate::failure::Failure;
use crate::import::{ImportJob, ImportStatus};
use crate::store::expression::Update;
use crate::store::item::{moment, text};
use crate::store::jobs::{count, expiry_value};

/// How often a job is tried to be ended that changes meanwhile.
const ATTEMPTS_MAX: u32 = 8;

impl ImportStore {
    /// Ends the job if all its chunks are done with. Whoever sees that first does it; the others
    /// change nothing. Returns the moment at which it ended, if that was now.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn end_if_done(&self, job: &ImportJob, now: Timestamp) -> Result<Option<Timestamp>, Failure> {
        for _ in 0..ATTEMPTS_MAX {
            let Some(job) = self.get(&job.org, &job.id).await? else { return Ok(None) };
            if job.status != ImportStatus::Processing {
                // Somebody else has ended it; or the SDK tried twice and the first answer was lost.
                return Ok(job.completed_at.filter(|at| at.as_millisecond() == now.as_millisecond()));
            }
            let Some(outcome) = job.outcome() else { return Ok(None) };
            if self.end(&job, outcome, now).await? {
                return Ok(Some(now));
            }
        }
        Err(Failure::Throttled { operation: "UpdateItem on a job that goes on changing" })
    }

    /// Ends the job, if it is as it was read. Says whether it did.
    async fn end(&self, job: &ImportJob, status: ImportStatus, now: Timestamp) -> Result<bool, Failure> {
        let mut update = Update::default();
        require_status(&mut update, ImportStatus::Processing)?;
        for (name, value) in [
            ("chunks_done", Some(count(job.chunks_done.into()))),
            ("superseded", Some(count(job.superseded))),
            ("imported", Some(count(job.counts.imported))),
            ("updated", Some(count(job.counts.updated))),
            ("failed", Some(count(job.counts.failed))),
            ("reason", job.reason.as_ref().map(text)),
            ("cancel_requested_at", job.cancel_requested_at.map(moment)),
        ] {
            update.require_value(name, value);
        }
        update.set("status", status_value(status)?);
        update.set("unprocessed", count(unprocessed(job, status)));
        update.set("completed_at", moment(now));
        update.set("expires_at", expiry_value(job));
        self.update(job, update).await
    }

    /// Takes up a job again that has ended. It will not end before it is told how many chunks
    /// there are to be ([`queued_no_more`](Self::queued_no_more), or its planner), so that what
    /// was given up can be [reopened](Self::reopen) first.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn resume(&self, job: &ImportJob) -> Result<(), Failure> {
        let mut update = Update::default();
        require_status(&mut update, job.status)?;
        update.set("status", status_value(ImportStatus::Processing)?);
        update.set("unprocessed", AttributeValue::N("0".to_owned()));
        for name in ["reason", CHUNKS, "completed_at"] {
            update.remove(name);
        }
        self.update(job, update).await.map(drop)
    }
}

/// The rows that a job ends without whose fate is open.
fn unprocessed(job: &ImportJob, status: ImportStatus) -> u64 {
    match status {
        ImportStatus::Cancelled | ImportStatus::Failed => {
            job.total_records.unwrap_or_default().saturating_sub(job.processed())
        }
        ImportStatus::Processing | ImportStatus::Completed | ImportStatus::CompletedWithErrors => 0,
    }
}
