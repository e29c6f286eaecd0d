//! How far an import is: the sums of its chunks.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{ImportJob, ImportStatus};

/// Rows by their outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Rows that made an account.
    pub imported: u64,
    /// Rows that changed an account.
    pub updated: u64,
    /// Rows that were refused.
    pub failed: u64,
    /// Findings in rows that did not keep the rows from being stored.
    pub warnings: u64,
}

/// The sum of an import's committed chunks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Their rows.
    #[serde(flatten)]
    pub counts: Counts,
    /// How many they are.
    pub chunks_done: u32,
    /// How many of them were given up: no worker processed them to their end.
    pub chunks_exhausted: u32,
}

impl Progress {
    /// Adds a chunk.
    pub fn add(&mut self, counts: &Counts, exhausted: bool) {
        let Counts { imported, updated, failed, warnings } = counts;
        self.counts.imported += imported;
        self.counts.updated += updated;
        self.counts.failed += failed;
        self.counts.warnings += warnings;
        self.chunks_done += 1;
        self.chunks_exhausted += u32::from(exhausted);
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
