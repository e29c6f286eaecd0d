//! An import in the API.

use jiff::Timestamp;
use serde::Serialize;

use super::{ClosingsSummary, FileName, Import, ImportStatus, NotClosed, UsedProfile};
use crate::date::in_milliseconds;
use crate::id::ImportId;

/// An import: its status, counts and pace.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = Import, example = json!({
    "job_id": "imp_01980d3c-6f2a-7c41-9b7e-3f1d2a5b8c90", "status": "completed", "total_records": 2,
    "imported": 2, "updated": 0, "unchanged": 0, "superseded": 0, "failed": 0, "processed": 2, "rows_per_second": 40,
    "seconds_remaining": null, "created_at": "2026-03-16T09:30:00.000Z",
    "completed_at": "2026-03-16T09:30:00.050Z"
})))]
pub struct ImportSummary {
    job_id: ImportId,
    status: ImportStatus,
    /// The name of the uploaded file, if the upload stated it.
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    #[serde(skip_serializing_if = "Option::is_none")]
    filename: Option<FileName>,
    /// True if nothing is written to any account; absent otherwise.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    dry_run: bool,
    /// The profile that the import has used, at the version that it had then; absent in other imports.
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    #[serde(skip_serializing_if = "Option::is_none")]
    profile: Option<UsedProfile>,
    /// The number of rows; null until the rows of an uploaded file are counted.
    #[cfg_attr(feature = "openapi", schema(required))]
    total_records: Option<u64>,
    /// Rows that created an account.
    imported: u64,
    /// Rows about an account that existed, whether they changed it or not.
    updated: u64,
    /// Rows of `updated` that changed nothing.
    unchanged: u64,
    /// Rows that a later row about the same account superseded.
    superseded: u64,
    /// Rows that were refused and, if the import failed, rows that were not processed.
    failed: u64,
    /// Rows that were not processed because the import was cancelled; absent in other imports.
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    #[serde(skip_serializing_if = "Option::is_none")]
    skipped: Option<u64>,
    /// Open items of the scope that a complete file omits, and that were closed; in a dry run, that would be. Absent in other
    /// imports.
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    #[serde(skip_serializing_if = "Option::is_none")]
    closed: Option<u64>,
    /// Why a complete file has closed nothing, or not everything.
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    #[serde(skip_serializing_if = "Option::is_none")]
    not_closed: Option<NotClosed>,
    /// The list of the items that a complete file omits, once it is made: `/v1/imports/{job_id}/closings` has the items.
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    #[serde(skip_serializing_if = "Option::is_none")]
    closings: Option<ClosingsSummary>,
    /// Rows whose outcome is known.
    processed: u64,
    #[cfg_attr(feature = "openapi", schema(required))]
    rows_per_second: Option<u64>,
    /// The estimated time for the remaining rows; null if it is unknown or the import has ended.
    #[cfg_attr(feature = "openapi", schema(required))]
    seconds_remaining: Option<u64>,
    /// Why the import fails or has failed.
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[cfg_attr(feature = "openapi", schema(format = DateTime))]
    created_at: String,
    #[cfg_attr(feature = "openapi", schema(nullable = false, format = DateTime))]
    #[serde(skip_serializing_if = "Option::is_none")]
    cancel_requested_at: Option<String>,
    #[cfg_attr(feature = "openapi", schema(required, format = DateTime))]
    completed_at: Option<String>,
}

impl ImportSummary {
    /// The state of the import at `now`.
    #[must_use]
    pub fn of(import: &Import, now: Timestamp) -> Self {
        let (rows_per_second, seconds_remaining) =
            import.pace(now).map_or((None, None), |(pace, remaining)| (Some(pace), remaining));
        let Import { job, .. } = import;
        Self {
            job_id: job.id.clone(),
            status: job.status,
            filename: job.filename.clone(),
            dry_run: job.dry_run,
            profile: job.profile.clone(),
            total_records: job.total_records,
            imported: import.counts().imported,
            updated: import.counts().updated,
            unchanged: import.counts().unchanged,
            superseded: import.counts().superseded,
            failed: import.failed(),
            skipped: (job.status == ImportStatus::Cancelled).then(|| import.skipped()),
            closed: job.is_complete_file().then(|| import.closed().items),
            not_closed: job.closing.as_ref().and_then(|closing| closing.not_closed.clone()),
            closings: ClosingsSummary::of(job),
            // In a failed job, the outcome of every row is known.
            processed: import.processed() + (import.failed() - import.counts().failed),
            rows_per_second,
            seconds_remaining,
            reason: job.reason.clone(),
            created_at: in_milliseconds(job.created_at),
            cancel_requested_at: job.cancel_requested_at.map(in_milliseconds),
            completed_at: job.completed_at.map(in_milliseconds),
        }
    }
}
