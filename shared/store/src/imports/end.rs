//! The end of an import, and its redrive.
//!
//! A job has ended when every chunk is in its bucket. Whoever commits a chunk looks whether it was
//! the last one, after the commit and with consistent reads: so the last of several that commit at
//! the same time sees all the others' chunks. A worker that dies before it has looked leaves that
//! to the next delivery of its message, or to the handler of dead letters.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use saldo_domain::import::{Import, ImportJob, ImportStatus, Progress};

use super::bucket::{Bucket, CHUNKS_PER_BUCKET};
use super::{CHUNKS, ImportStore, require_status, status_value};
use crate::expression::Update;
use crate::failure::Failure;
use crate::item::{moment, text};
use crate::jobs::{count, expiry_value};

/// How often the end of a job is tried that changes at the same time.
const ATTEMPTS_MAX: u32 = 8;

/// The attribute that holds how often the job was redriven.
const ROUND: &str = "round";
/// The attribute that holds the final progress.
const TOTALS: &str = "totals";

impl ImportStore {
    /// Ends the job if all its chunks are done. Of several callers one does it; the others change
    /// nothing. Returns the moment at which it ended, if that was now.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn end_if_done(&self, job: &ImportJob, now: Timestamp) -> Result<Option<Timestamp>, Failure> {
        match self.get(&job.org, &job.id).await? {
            Some(job) => self.end_as_read(job, now).await,
            None => Ok(None),
        }
    }

    /// Does the same with a job that was read after the last commit of the caller.
    pub(super) async fn end_as_read(
        &self,
        mut job: ImportJob,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, Failure> {
        for _ in 0..ATTEMPTS_MAX {
            if job.status != ImportStatus::Processing {
                // Another caller has ended it; or the SDK tried twice and the first answer was lost.
                return Ok(job.completed_at.filter(|at| at.as_millisecond() == now.as_millisecond()));
            }
            let Some(progress) = self.final_progress(&job).await? else { return Ok(None) };
            let import = Import { job, progress };
            if self.end(&import, now).await? {
                return Ok(Some(now));
            }
            let Some(again) = self.get(&import.job.org, &import.job.id).await? else { return Ok(None) };
            job = again;
        }
        Err(Failure::Throttled { operation: "UpdateItem on a job that others change" })
    }

    /// The progress of a job whose chunks are all done.
    async fn final_progress(&self, job: &ImportJob) -> Result<Option<Progress>, Failure> {
        let Some(chunks) = job.chunks else { return Ok(None) };
        // Chunks are queued in order, so the last bucket tells most of the time that some are
        // left. That costs one read unit, the sum of a thousand buckets two hundred.
        if chunks > CHUNKS_PER_BUCKET {
            let last = Bucket::number_of(chunks - 1);
            if !self.bucket(job, last).await?.is_complete(last, chunks, job.round) {
                return Ok(None);
            }
        }
        let progress = self.progress(job).await?;
        Ok((progress.chunks_done == chunks).then_some(progress))
    }

    /// Ends the job if it is as it was read. Says whether it was.
    async fn end(&self, import: &Import, now: Timestamp) -> Result<bool, Failure> {
        let Import { job, progress } = import;
        let mut update = Update::default();
        require_status(&mut update, ImportStatus::Processing)?;
        for (name, value) in [
            (CHUNKS, job.chunks.map(|chunks| count(chunks.into()))),
            (ROUND, Some(count(job.round.into()))),
            ("reason", job.reason.as_ref().map(text)),
            ("cancel_requested_at", job.cancel_requested_at.map(moment)),
        ] {
            update.require_value(name, value);
        }
        update.set("status", status_value(import.outcome())?);
        update.set("completed_at", moment(now));
        update.set("expires_at", expiry_value(job));
        // A chunk that was given up may still be replaced by a worker that was slow. All others
        // stay as they are.
        if progress.chunks_exhausted == 0 {
            update.set(TOTALS, totals_value(progress)?);
        }
        self.update(job, update).await
    }

    /// Begins another round of the job: the chunks that were given up are open again, and a job
    /// that has ended runs again. Of a job that failed, the number of chunks is open, too, until
    /// its planner has queued them all. Returns the job as it is now, unless it was changed since
    /// it was read.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn begin_round(&self, job: &ImportJob) -> Result<Option<ImportJob>, Failure> {
        let mut update = Update::default();
        require_status(&mut update, job.status)?;
        update.require_value(ROUND, Some(count(job.round.into())));
        update.set(ROUND, count(u64::from(job.round) + 1));
        if job.status != ImportStatus::Processing {
            update.set("status", status_value(ImportStatus::Processing)?);
            let failed = job.reason.is_some().then_some(CHUNKS);
            for name in ["reason", "completed_at", TOTALS].into_iter().chain(failed) {
                update.remove(name);
            }
        }
        match self.update(job, update).await? {
            true => self.get(&job.org, &job.id).await,
            false => Ok(None),
        }
    }
}

fn totals_value(progress: &Progress) -> Result<AttributeValue, Failure> {
    serde_dynamo::to_attribute_value(progress).map_err(Failure::corrupt("an import's totals"))
}
