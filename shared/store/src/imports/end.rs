//! The end of an import, and its redrive.
//!
//! A job has ended when every chunk is in its bucket. Each worker checks after its commit, with consistent reads,
//! whether its chunk was the last one: of several workers that commit at the same time, the last sees all other
//! chunks. If a worker dies before it has checked, the next delivery of its message does, or the DLQ handler.

use jiff::Timestamp;
use saldo_domain::import::{Closing, ClosingPhase, Import, ImportJob, ImportStatus, Progress};

use super::bucket::{Bucket, CHUNKS_PER_BUCKET};
use super::{
    ATTEMPTS_MAX, CANCEL_REQUESTED_AT, CHUNKS, CLOSING, ImportStore, REASON, UNREADABLE, closing_value,
    require_status, status_value,
};
use crate::dynamodb::item::{EXPIRES_AT, count, moment, nested, text};
use crate::dynamodb::{Update, is};
use crate::failure::Failure;
use crate::jobs::expiry_value;

/// What has ended with the last row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The job has ended at this moment.
    Job(Timestamp),
    /// The rows are done, and the closing of what the file omits begins. Returned more than once.
    Rows,
    /// The list of what the file omits is made, and waits for a confirmation since this moment. Returned more than once.
    List(Timestamp),
}

/// The attribute with the number of redrives.
const ROUND: &str = "round";
/// The attribute with the final progress.
const TOTALS: &str = "totals";

impl ImportStore {
    /// Ends the job if all its chunks are done, or begins to close what its file omits. Of several callers one ends it; the others
    /// change nothing. Returns what has ended now.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn end_if_done(&self, job: &ImportJob, now: Timestamp) -> Result<Option<End>, Failure> {
        match self.get(&job.org, &job.id).await? {
            Some(job) => Box::pin(self.end_as_read(job, now)).await,
            None => Ok(None),
        }
    }

    /// The same with a job that the caller read after its last commit.
    pub(super) async fn end_as_read(
        &self,
        mut job: ImportJob,
        now: Timestamp,
    ) -> Result<Option<End>, Failure> {
        for _ in 0..ATTEMPTS_MAX {
            if job.status != ImportStatus::Processing {
                // Another caller has ended it; or the SDK tried twice and the first answer was lost.
                return Ok(ended_at(&job, now));
            }
            if job.closing.is_some() {
                return Ok(Some(End::Rows));
            }
            let Some(progress) = self.final_progress(&job).await? else { return Ok(None) };
            let import = Import { job, progress };
            let closing = import.closing_after_rows();
            match &closing {
                Some(begins) if begins.phase != ClosingPhase::Ended => {
                    if self.advance(&import, begins, ImportStatus::Processing).await? {
                        return Ok(Some(End::Rows));
                    }
                }
                closing => {
                    if self.end(&import, closing.as_ref(), now).await? {
                        return Ok(Some(End::Job(now)));
                    }
                }
            }
            let Some(again) = self.get(&import.job.org, &import.job.id).await? else { return Ok(None) };
            job = again;
        }
        Err(Failure::Throttled { operation: "UpdateItem on a job that others change" })
    }

    /// The progress of a job whose chunks are all done.
    async fn final_progress(&self, job: &ImportJob) -> Result<Option<Progress>, Failure> {
        let Some(chunks) = job.chunks else { return Ok(None) };
        // Chunks are queued in order, so while chunks are left, the last bucket is mostly incomplete. Reading it
        // costs one read unit, and the sum of a thousand buckets two hundred.
        if chunks > CHUNKS_PER_BUCKET {
            let last = Bucket::number_of(chunks - 1);
            if !self.bucket(job, last).await?.is_complete(last, chunks, job.round) {
                return Ok(None);
            }
        }
        let progress = self.progress(job).await?;
        Ok((progress.chunks_done == chunks).then_some(progress))
    }

    /// Ends the job if it is still as it was read, with this closing. Returns whether it is.
    pub(super) async fn end(
        &self,
        import: &Import,
        closing: Option<&Closing>,
        now: Timestamp,
    ) -> Result<bool, Failure> {
        let (Import { job, progress }, status) = (import, import.outcome());
        let mut update = unchanged(import)?;
        update.set("status", status_value(status)?);
        update.set("completed_at", moment(now));
        if let Some(closing) = closing_value(closing)? {
            update.set(CLOSING, closing);
        }
        let done = self.update(job, &update).await?;
        if done {
            let totals = Some(progress.clone()).filter(|progress| progress.chunks_exhausted == 0);
            let (completed_at, closing) = (Some(now), closing.cloned());
            self.leave_if_settled(&ImportJob { status, completed_at, totals, closing, ..job.clone() }).await;
        }
        Ok(done)
    }

    /// Gives the job another closing and status, if it is still as it was read. Returns whether it is. The job has not ended
    /// then.
    pub(super) async fn advance(
        &self,
        import: &Import,
        closing: &Closing,
        status: ImportStatus,
    ) -> Result<bool, Failure> {
        let mut update = unchanged(import)?;
        update.set("status", status_value(status)?);
        update.remove("completed_at");
        update.set_or_remove(CLOSING, closing_value(Some(closing))?);
        self.update(&import.job, &update).await
    }

    /// Begins another round of the job: the exhausted chunks are open again, and a job that has ended runs
    /// again. If the job failed, the number of its chunks is unknown again, until its planner has queued them all.
    /// Returns the job as it is now, or `None` if it has changed since it was read.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn begin_round(&self, job: &ImportJob) -> Result<Option<ImportJob>, Failure> {
        let mut update = Update::default();
        require_status(&mut update, job.status)?;
        update.require(is(ROUND, Some(count(job.round))));
        update.set(ROUND, count(u64::from(job.round) + 1));
        if job.status != ImportStatus::Processing {
            update.set("status", status_value(ImportStatus::Processing)?);
            let failed = job.reason.is_some().then_some(CHUNKS);
            for name in [REASON, UNREADABLE, "completed_at", TOTALS, CLOSING].into_iter().chain(failed) {
                update.remove(name);
            }
        }
        match self.update(job, &update).await? {
            true => self.get(&job.org, &job.id).await,
            false => Ok(None),
        }
    }
}

/// An update of the job if it is still as it was read.
fn unchanged(Import { job, progress }: &Import) -> Result<Update, Failure> {
    let mut update = Update::default();
    require_status(&mut update, job.status)?;
    for (name, value) in [
        (CHUNKS, job.chunks.map(count)),
        (ROUND, Some(count(job.round))),
        (REASON, job.reason.as_ref().map(text)),
        (CANCEL_REQUESTED_AT, job.cancel_requested_at.map(moment)),
        (CLOSING, closing_value(job.closing.as_ref())?),
    ] {
        update.require(is(name, value));
    }
    update.set(EXPIRES_AT, expiry_value(job));
    // A slow worker may still replace a chunk that is exhausted. All other chunks are final.
    if progress.chunks_exhausted == 0 {
        update.set(TOTALS, nested(progress, "an import's totals")?);
    }
    Ok(update)
}

/// The end of a job, if it has ended at this moment: by the caller, whose answer was lost.
pub(super) fn ended_at(job: &ImportJob, now: Timestamp) -> Option<End> {
    job.completed_at.filter(|at| at.as_millisecond() == now.as_millisecond()).map(End::Job)
}
