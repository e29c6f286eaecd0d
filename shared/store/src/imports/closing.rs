//! The closing of what a complete file omits, as far as the job has it. Each step is one conditional update of the job, so of
//! several workers that make it, one counts.

use jiff::Timestamp;
use saldo_domain::id::{ImportId, OrgId};
use saldo_domain::import::{Closing, ClosingPhase, Import, ImportJob, ImportStatus};

use super::end::{End, ended_at};
use super::{ATTEMPTS_MAX, ImportStore};
use crate::failure::Failure;

/// What a confirmation did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Confirmed {
    /// The items are being closed, since this or an earlier confirmation.
    Closing(Box<ImportJob>),
    /// The job does not wait for a confirmation.
    NotAwaited(Box<ImportJob>),
    /// The organization has no such import.
    NotFound,
}

impl ImportStore {
    /// Gives the job another closing, if it is still as it was read. Returns the job as it is then, or `None` if it has
    /// changed: another worker has made the step, or the job is stopping.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn advance_closing(
        &self,
        job: &ImportJob,
        closing: Closing,
    ) -> Result<Option<ImportJob>, Failure> {
        let status = match closing.phase {
            ClosingPhase::Awaiting => ImportStatus::AwaitingConfirmation,
            _ => ImportStatus::Processing,
        };
        let import = self.with_progress(job.clone()).await?;
        let advanced = self.advance(&import, &closing, status).await?;
        Ok(advanced.then_some(ImportJob { status, closing: Some(closing), ..import.job }))
    }

    /// Ends a job whose rows are done with this closing, if it is still as it was read. Returns whether it ended now.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn end_closing(
        &self,
        job: &ImportJob,
        closing: &Closing,
        now: Timestamp,
    ) -> Result<Option<End>, Failure> {
        let import = self.with_progress(job.clone()).await?;
        if self.end(&import, Some(closing), now).await? {
            return Ok(Some(End::Job(now)));
        }
        let job = self.get(&job.org, &job.id).await?;
        Ok(job.and_then(|job| ended_at(&job, now)))
    }

    /// Confirms that the items on the list of an import are to be closed. Repeated, it changes nothing.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn confirm(&self, org: &OrgId, id: &ImportId) -> Result<Confirmed, Failure> {
        for _ in 0..ATTEMPTS_MAX {
            let Some(job) = self.get(org, id).await? else { return Ok(Confirmed::NotFound) };
            let closing = job.closing.clone().filter(|_| !job.is_stopping());
            match (job.status, closing) {
                (ImportStatus::Processing, Some(closing)) if closing.phase == ClosingPhase::Closing => {
                    return Ok(Confirmed::Closing(Box::new(job)));
                }
                (ImportStatus::AwaitingConfirmation, Some(closing)) => {
                    let confirmed = Closing { phase: ClosingPhase::Closing, ..closing };
                    if let Some(job) = self.advance_closing(&job, confirmed).await? {
                        return Ok(Confirmed::Closing(Box::new(job)));
                    }
                }
                _ => return Ok(Confirmed::NotAwaited(Box::new(job))),
            }
        }
        Err(Failure::Throttled { operation: "UpdateItem on a job that others change" })
    }

    /// Continues the closing of an import that has ended because it failed too often. Returns the job as it is then, or `None` if
    /// it has changed since it was read.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn continue_closing(&self, job: &ImportJob) -> Result<Option<ImportJob>, Failure> {
        let Some(closing) = job.closing.clone() else { return Ok(None) };
        let phase = if closing.list.is_some() { ClosingPhase::Closing } else { ClosingPhase::Listing };
        let closing = Closing { phase, not_closed: None, ..closing };
        let import: Import = self.with_progress(job.clone()).await?;
        let advanced = self.advance(&import, &closing, ImportStatus::Processing).await?;
        let (status, completed_at) = (ImportStatus::Processing, None);
        Ok(advanced.then_some(ImportJob { status, completed_at, closing: Some(closing), ..import.job }))
    }
}
