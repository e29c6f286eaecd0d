//! An import job: its state and its counts.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Counts, Notation, Progress};
use crate::id::{ImportId, OrgId};

/// How an import is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ImportStatus {
    /// Rows are still to be processed.
    Processing,
    /// Every row was imported, updated or superseded.
    Completed,
    /// Some rows, or all, were refused; the others are stored.
    CompletedWithErrors,
    /// Its owner called it off; what was stored before is stored.
    Cancelled,
    /// The job itself could not be run.
    Failed,
}

/// Where a payload lies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PayloadFile {
    /// The file's name in the bucket.
    pub name: String,
    /// Its bytes.
    pub bytes: u64,
    /// What S3 tells its content by, if others may write the file: it must stay the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
}

/// What is known of an import when it is accepted.
#[derive(Clone, Debug)]
pub struct Accepted {
    /// Where its payload lies.
    pub payload: PayloadFile,
    /// How that is written.
    pub notation: Notation,
    /// Its rows, if they were counted.
    pub total_records: Option<u64>,
    /// Whether it is only to be told what would become of them.
    pub dry_run: bool,
    /// How many of them make a chunk.
    pub rows_per_chunk: usize,
    /// How many chunks are queued at once.
    pub chunks_at_once: u32,
}

/// An import job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportJob {
    /// Its id.
    pub id: ImportId,
    /// Whose accounts are imported.
    pub org: OrgId,
    /// How it is doing.
    pub status: ImportStatus,
    /// Where the payload lies.
    pub payload: PayloadFile,
    /// How the payload is written.
    pub notation: Notation,
    /// Whether nothing is to be written to any account.
    pub dry_run: bool,
    /// How many rows a chunk has, settled when the job is accepted: a plan made again,
    /// even by another version of this code, must cut at the same places.
    pub rows_per_chunk: usize,
    /// How many chunks are queued between two records of that, settled likewise.
    pub chunks_at_once: u32,
    /// The rows of the payload; `None` until they are counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total_records: Option<u64>,
    /// Rows that a later row of the payload replaced; known once planned.
    pub superseded: u64,
    /// The chunks that were queued. Of the `chunks_at_once` after them, some may be.
    pub queued: u32,
    /// The number of chunks; `None` until all are queued.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chunks: Option<u32>,
    /// How often the job was redriven. A chunk that was given up before the last redrive
    /// counts as open.
    pub round: u32,
    /// The final progress. `None` while the job runs, and in a job with chunks that were given up,
    /// which a late worker may still replace: then the chunks are added up whenever the job is read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub totals: Option<Progress>,
    /// Why the job fails, or failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When it was accepted.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub created_at: Timestamp,
    /// When its owner called it off.
    #[serde(
        default,
        with = "jiff::fmt::serde::timestamp::millisecond::optional",
        skip_serializing_if = "Option::is_none"
    )]
    pub cancel_requested_at: Option<Timestamp>,
    /// When its rows were counted, and the first could be processed.
    #[serde(
        default,
        with = "jiff::fmt::serde::timestamp::millisecond::optional",
        skip_serializing_if = "Option::is_none"
    )]
    pub planned_at: Option<Timestamp>,
    /// When it ended.
    #[serde(
        default,
        with = "jiff::fmt::serde::timestamp::millisecond::optional",
        skip_serializing_if = "Option::is_none"
    )]
    pub completed_at: Option<Timestamp>,
}

impl ImportJob {
    /// A job that was just accepted.
    #[must_use]
    pub fn accepted(id: ImportId, org: OrgId, accepted: Accepted, now: Timestamp) -> Self {
        let Accepted { payload, notation, total_records, dry_run, rows_per_chunk, chunks_at_once } = accepted;
        Self {
            id,
            org,
            status: ImportStatus::Processing,
            payload,
            notation,
            dry_run,
            rows_per_chunk,
            chunks_at_once: chunks_at_once.max(1),
            total_records,
            superseded: 0,
            queued: 0,
            chunks: None,
            round: 0,
            totals: None,
            reason: None,
            created_at: now,
            cancel_requested_at: None,
            planned_at: None,
            completed_at: None,
        }
    }

    /// Whether chunks that nobody has begun are left out from now on.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        self.reason.is_some() || self.cancel_requested_at.is_some()
    }
}

/// An import job together with its progress.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    /// The job.
    pub job: ImportJob,
    /// Its progress.
    pub progress: Progress,
}

impl Import {
    /// The rows by their outcome.
    #[must_use]
    pub fn counts(&self) -> &Counts {
        &self.progress.counts
    }

    /// The rows whose outcome is known.
    #[must_use]
    pub fn processed(&self) -> u64 {
        let Counts { imported, updated, failed, .. } = self.counts();
        self.job.superseded + imported + updated + failed
    }

    /// The rows that no worker will process, because the job failed or was cancelled.
    #[must_use]
    pub fn unprocessed(&self) -> u64 {
        match self.job.status {
            ImportStatus::Cancelled | ImportStatus::Failed => {
                self.job.total_records.unwrap_or_default().saturating_sub(self.processed())
            }
            ImportStatus::Processing | ImportStatus::Completed | ImportStatus::CompletedWithErrors => 0,
        }
    }

    /// The rows that failed: those that were refused and, of a job that failed, those that were
    /// not processed.
    #[must_use]
    pub fn failed(&self) -> u64 {
        let unprocessed = if self.job.status == ImportStatus::Failed { self.unprocessed() } else { 0 };
        self.counts().failed + unprocessed
    }

    /// The rows that were left out because the job was cancelled.
    #[must_use]
    pub fn skipped(&self) -> u64 {
        if self.job.status == ImportStatus::Cancelled { self.unprocessed() } else { 0 }
    }

    /// The status in which a job ends that has this progress once every chunk is done.
    #[must_use]
    pub fn outcome(&self) -> ImportStatus {
        match (&self.job.reason, self.job.cancel_requested_at, self.counts().failed) {
            (Some(_), _, _) => ImportStatus::Failed,
            (None, Some(_), _) => ImportStatus::Cancelled,
            (None, None, 0) => ImportStatus::Completed,
            (None, None, _) => ImportStatus::CompletedWithErrors,
        }
    }

    /// The rows per second that were processed between the counting of the rows and `now`, or
    /// the end; and while rows are left, the seconds that they will take at that rate.
    #[must_use]
    pub fn pace(&self, now: Timestamp) -> Option<(u64, Option<u64>)> {
        let elapsed = self.job.completed_at.unwrap_or(now).duration_since(self.job.planned_at?);
        let milliseconds = u64::try_from(elapsed.as_millis()).ok()?.max(1);
        let done = self.processed() - self.job.superseded;
        let left = self.job.total_records?.saturating_sub(self.processed());
        let running = self.job.status == ImportStatus::Processing && done > 0;
        let remaining = running.then(|| (left * milliseconds).div_ceil(done * 1_000));
        (done > 0).then(|| (done * 1_000 / milliseconds, remaining))
    }
}
