//! An import as its owner sees it.

use jiff::Timestamp;
use serde::Serialize;

use super::{ImportJob, ImportStatus};
use crate::date::in_milliseconds;
use crate::id::ImportId;

/// What an import is, its counts and how it gets on, on the wire.
#[derive(Clone, Debug, Serialize)]
pub struct ImportSummary {
    job_id: ImportId,
    status: ImportStatus,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    dry_run: bool,
    total_records: Option<u64>,
    imported: u64,
    updated: u64,
    superseded: u64,
    failed: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    skipped: Option<u64>,
    processed: u64,
    rows_per_second: Option<u64>,
    seconds_remaining: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    created_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    cancel_requested_at: Option<String>,
    completed_at: Option<String>,
}

impl ImportSummary {
    /// The import as it is `now`.
    #[must_use]
    pub fn of(job: &ImportJob, now: Timestamp) -> Self {
        let (rows_per_second, seconds_remaining) =
            job.pace(now).map_or((None, None), |(pace, remaining)| (Some(pace), remaining));
        Self {
            job_id: job.id.clone(),
            status: job.status,
            dry_run: job.dry_run,
            total_records: job.total_records,
            imported: job.counts.imported,
            updated: job.counts.updated,
            superseded: job.superseded,
            failed: job.failed(),
            skipped: (job.status == ImportStatus::Cancelled).then(|| job.skipped()),
            // A job that failed has no rows whose fate is open.
            processed: job.processed() + (job.failed() - job.counts.failed),
            rows_per_second,
            seconds_remaining,
            reason: job.reason.clone(),
            created_at: in_milliseconds(job.created_at),
            cancel_requested_at: job.cancel_requested_at.map(in_milliseconds),
            completed_at: job.completed_at.map(in_milliseconds),
        }
    }
}
