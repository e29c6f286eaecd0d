//! The export jobs.

use jiff::Timestamp;
use saldo_domain::export::{Attempt, ExportJob, ExportStatus, ExportedFile};
use saldo_domain::id::{ExportId, OrgId};

use crate::dynamodb::item::{EXPIRES_AT, count, moment, text};
use crate::dynamodb::{Update, equals, is};
use crate::failure::Failure;
use crate::jobs::{Job, JobStore, RUNNING, expiry_value};

/// The attribute that names the file of the current attempt.
const ATTEMPT_FILE: &str = "attempt_file";
/// The attribute that names its upload.
const ATTEMPT_UPLOAD: &str = "attempt_upload";

/// The exports of all organizations.
pub type ExportStore = JobStore<ExportJob>;

impl Job for ExportJob {
    type Id = ExportId;

    const LIST: &'static str = "export";
    const BEGUN: &'static str = ATTEMPT_FILE;

    fn id(&self) -> &ExportId {
        &self.id
    }

    fn org(&self) -> &OrgId {
        &self.org
    }

    fn created_at(&self) -> Timestamp {
        self.created_at
    }
}

impl ExportStore {
    /// Makes an attempt the current one, in place of the one that was current when `job` was read. The older attempt
    /// can't end the job any more, so its partial upload can be removed. Returns whether the attempt is current:
    /// otherwise the job has ended, or yet another attempt is current.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn attempt(&self, job: &ExportJob, attempt: &Attempt) -> Result<bool, Failure> {
        let mut update = running();
        // If the attempt is there already, the SDK tried twice and the answer to the first attempt was lost.
        let mine = equals(ATTEMPT_UPLOAD, text(&attempt.upload));
        update.require(mine.or(is(ATTEMPT_UPLOAD, job.attempt().map(|before| text(before.upload)))));
        update.set(ATTEMPT_FILE, text(&attempt.file));
        update.set(ATTEMPT_UPLOAD, text(&attempt.upload));
        update.set(EXPIRES_AT, expiry_value(job));
        self.update(job, &update).await
    }

    /// Ends the job with the file of an attempt. Returns whether it did: another attempt may be current by now, or
    /// have ended the job.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn complete(
        &self,
        job: &ExportJob,
        attempt: &Attempt,
        file: &ExportedFile,
        now: Timestamp,
    ) -> Result<bool, Failure> {
        let mut update = running();
        update.require(equals(ATTEMPT_UPLOAD, text(&attempt.upload)));
        update.set("status", text(ExportStatus::Completed.name()));
        update.set("rows", count(file.rows));
        update.set("bytes", count(file.bytes));
        update.set("sha256", text(&file.sha256));
        update.set("completed_at", moment(now));
        if self.update(job, &update).await? {
            return Ok(true);
        }
        // The SDK may have tried twice, and the answer to the first attempt was lost.
        let now = self.get(&job.org, &job.id).await?;
        Ok(now.is_some_and(|now| {
            now.status == ExportStatus::Completed && now.attempt().as_ref() == Some(attempt)
        }))
    }

    /// Ends a job that can't be done, if it has not ended.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn fail(&self, job: &ExportJob, reason: &str, now: Timestamp) -> Result<(), Failure> {
        let mut update = running();
        update.set("status", text(ExportStatus::Failed.name()));
        update.set("reason", text(reason));
        update.set("completed_at", moment(now));
        update.set(EXPIRES_AT, expiry_value(job));
        self.update(job, &update).await.map(drop)
    }
}

/// An update of a job that has not ended.
fn running() -> Update {
    let mut update = Update::default();
    update.require(equals("status", text(RUNNING)));
    update
}
