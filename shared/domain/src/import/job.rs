//! An import job: its state, and its counts at the time when it is read.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use strum::EnumString;

use super::{
    Closing, ClosingPhase, Counts, FileName, Notation, Progress, RowDefaults, RowRules, ScopeFiles,
    UsedProfile, unread_sheets,
};
use crate::fields::{Finding, FindingCode};
use crate::id::{ImportId, OrgId};
use crate::organization::Organization;

/// The status of an import.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, EnumString)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum ImportStatus {
    /// Rows are being processed.
    Processing,
    /// A complete file would close more than is closed unasked: its owner confirms it or cancels it. Its rows are stored.
    AwaitingConfirmation,
    /// Every row was imported, updated or superseded.
    Completed,
    /// Some or all rows were refused; the others are stored.
    CompletedWithErrors,
    /// Its owner cancelled it; rows that were stored before stay stored.
    Cancelled,
    /// The payload could not be processed.
    Failed,
}

/// The file of a payload in S3.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PayloadFile {
    /// The object's key in the bucket.
    pub name: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// The object's `ETag`, if callers can overwrite the object: a payload with another `ETag` is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
}

/// The parameters of an import when it is accepted.
#[derive(Clone, Debug)]
pub struct Accepted {
    /// The file of its payload.
    pub payload: PayloadFile,
    /// The format of the payload.
    pub notation: Notation,
    /// The profile that some of the options are from.
    pub profile: Option<UsedProfile>,
    /// The number of rows, if they were counted.
    pub total_records: Option<u64>,
    /// Whether rows are only checked and nothing is written.
    pub dry_run: bool,
    /// The most rows in a chunk.
    pub rows_per_chunk: usize,
    /// The chunks that are queued between two writes of the planner's progress.
    pub chunks_at_once: u32,
}

/// An import job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportJob {
    /// Its id.
    pub id: ImportId,
    /// Its place in the order of the organization's imports: its id, unless an import with a newer id was planned before
    /// this one was accepted.
    pub place: ImportId,
    /// The organization whose accounts are imported.
    pub org: OrgId,
    /// Its status.
    pub status: ImportStatus,
    /// The file of the payload.
    pub payload: PayloadFile,
    /// The name of the file that was uploaded, if the upload stated it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filename: Option<FileName>,
    /// The format of the payload and the options, which later versions of the profile do not change.
    pub notation: Notation,
    /// The profile that some of the options are from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<UsedProfile>,
    /// Whether rows are only checked and nothing is written.
    pub dry_run: bool,
    /// The most rows in a chunk. It is fixed when the job is accepted: a plan that is repeated, even by another version of
    /// this code, must give the same chunks.
    pub rows_per_chunk: usize,
    /// The chunks that are queued between two writes of the planner's progress; fixed for the same reason.
    pub chunks_at_once: u32,
    /// The number of rows; `None` until they are counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total_records: Option<u64>,
    /// The encoding that was assumed, because the payload is not UTF-8 and its options name none; known when the rows are
    /// counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assumed_encoding: Option<String>,
    /// The names of the visible sheets that have cells and are not read, as an error shows them; known when the rows are
    /// counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unread_sheets: Option<String>,
    /// The number of rows of a complete file of which it is not certain what account they name; known when the rows are counted.
    #[serde(default)]
    pub unidentified: u64,
    /// The number of scopes of which the organization had complete files when the import was accepted.
    #[serde(default)]
    pub scopes_before: usize,
    /// The complete files of the organization's scopes while a chunk is processed. They are not stored with the job.
    #[serde(skip)]
    pub scopes: Vec<ScopeFiles>,
    /// The closing of what a complete file omits, once its rows are done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closing: Option<Closing>,
    /// The number of chunks that are certainly queued. Some of the following `chunks_at_once` may be queued as well.
    pub queued: u32,
    /// The number of chunks; `None` until all are queued.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chunks: Option<u32>,
    /// The number of redrives. A chunk that was exhausted before the last redrive counts as open.
    pub round: u32,
    /// The final progress. `None` while the job runs, and if chunks are exhausted: a slow worker may still process them, so
    /// the chunks are added up whenever the job is read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub totals: Option<Progress>,
    /// Why the job fails or has failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Whether it fails because its payload can't be read. A redrive would fail as well.
    #[serde(default)]
    pub unreadable: bool,
    /// Whether rows that change nothing leave a mark in their accounts: an older import might still write when this one
    /// was planned.
    pub marks_unchanged: bool,
    /// When it was accepted.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub created_at: Timestamp,
    /// When its owner cancelled it.
    #[serde(
        default,
        with = "jiff::fmt::serde::timestamp::millisecond::optional",
        skip_serializing_if = "Option::is_none"
    )]
    pub cancel_requested_at: Option<Timestamp>,
    /// When its rows were counted; processing begins then.
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
    /// A new job.
    #[must_use]
    pub fn accepted(id: ImportId, org: OrgId, accepted: Accepted, now: Timestamp) -> Self {
        let Accepted { payload, notation, profile, total_records, dry_run, .. } = accepted;
        let Accepted { rows_per_chunk, chunks_at_once, .. } = accepted;
        Self {
            place: id.clone(),
            id,
            org,
            status: ImportStatus::Processing,
            payload,
            filename: None,
            notation,
            profile,
            dry_run,
            rows_per_chunk,
            chunks_at_once: chunks_at_once.max(1),
            total_records,
            assumed_encoding: None,
            unread_sheets: None,
            unidentified: 0,
            scopes_before: 0,
            scopes: Vec::new(),
            closing: None,
            queued: 0,
            chunks: None,
            round: 0,
            totals: None,
            reason: None,
            unreadable: false,
            marks_unchanged: true,
            created_at: now,
            cancel_requested_at: None,
            planned_at: None,
            completed_at: None,
        }
    }

    /// The rules for the values of its rows.
    #[must_use]
    pub fn rules(&self) -> RowRules<'_> {
        let rules = self.notation.rules();
        if self.assumed_encoding.is_some() { rules.with_assumed_encoding() } else { rules }
    }

    /// What its rows have that they do not state themselves.
    #[must_use]
    pub fn row_defaults(&self, organization: &Organization) -> RowDefaults {
        RowDefaults::of(&self.notation.options, organization, self.created_at)
    }

    /// The warnings that concern the whole payload.
    #[must_use]
    pub fn warnings(&self) -> Vec<Finding> {
        let assumed = self.assumed_encoding.iter().map(|encoding| {
            let reason = format!(
                "the file is not UTF-8: it was read as {encoding}, which was assumed; if texts are wrong, import it again \
                 and state its `encoding`"
            );
            Finding::in_row(FindingCode::AssumedEncoding, reason)
        });
        assumed.chain(self.unread_sheets.as_deref().map(unread_sheets)).collect()
    }

    /// Whether the job can fail or be cancelled: it has not ended, and does not close items.
    #[must_use]
    pub fn can_be_stopped(&self) -> bool {
        let is_running = matches!(self.status, ImportStatus::Processing | ImportStatus::AwaitingConfirmation);
        let is_closing = |closing: &Closing| closing.phase == ClosingPhase::Closing;
        is_running && !self.closing.as_ref().is_some_and(is_closing)
    }

    /// Whether the job is failing or cancelled, so that chunks that were not begun are skipped.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        self.reason.is_some() || self.cancel_requested_at.is_some()
    }
}

/// An import job with its progress.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    /// The job.
    pub job: ImportJob,
    /// Its progress.
    pub progress: Progress,
}

impl Import {
    /// The warnings that concern the whole payload, as far as the import has come.
    #[must_use]
    pub fn warnings(&self) -> Vec<Finding> {
        let mut warnings = self.job.warnings();
        let difference = self.job.totals.as_ref().and_then(|_| self.control_total_difference());
        warnings.extend(difference.map(|reason| Finding::in_row(FindingCode::ControlTotalsDiffer, reason)));
        warnings
    }

    /// The rows by outcome.
    #[must_use]
    pub fn counts(&self) -> &Counts {
        &self.progress.counts
    }

    /// The number of rows whose outcome is known.
    #[must_use]
    pub fn processed(&self) -> u64 {
        let Counts { imported, updated, superseded, failed, .. } = self.counts();
        imported + updated + superseded + failed
    }

    /// The number of rows that will not be processed, because the job has failed or was cancelled.
    #[must_use]
    pub fn unprocessed(&self) -> u64 {
        match self.job.status {
            ImportStatus::Cancelled | ImportStatus::Failed => {
                self.job.total_records.unwrap_or_default().saturating_sub(self.processed())
            }
            ImportStatus::Processing
            | ImportStatus::AwaitingConfirmation
            | ImportStatus::Completed
            | ImportStatus::CompletedWithErrors => 0,
        }
    }

    /// The number of failed rows: refused ones and, if the job has failed, unprocessed ones.
    #[must_use]
    pub fn failed(&self) -> u64 {
        let unprocessed = if self.job.status == ImportStatus::Failed { self.unprocessed() } else { 0 };
        self.counts().failed + unprocessed
    }

    /// The number of rows that were skipped because the job was cancelled.
    #[must_use]
    pub fn skipped(&self) -> u64 {
        if self.job.status == ImportStatus::Cancelled { self.unprocessed() } else { 0 }
    }

    /// The status with which the job ends when every chunk is done.
    #[must_use]
    pub fn outcome(&self) -> ImportStatus {
        match (&self.job.reason, self.job.cancel_requested_at, self.counts().failed) {
            (Some(_), _, _) => ImportStatus::Failed,
            (None, Some(_), _) => ImportStatus::Cancelled,
            (None, None, 0) => ImportStatus::Completed,
            (None, None, _) => ImportStatus::CompletedWithErrors,
        }
    }

    /// The rows per second, from the counting of the rows to `now` or the end, and the estimated seconds for the remaining
    /// rows of a running job. `None` before a row was processed.
    #[must_use]
    pub fn pace(&self, now: Timestamp) -> Option<(u64, Option<u64>)> {
        let elapsed = self.job.completed_at.unwrap_or(now).duration_since(self.job.planned_at?);
        let milliseconds = u64::try_from(elapsed.as_millis()).ok()?.max(1);
        let done = self.processed();
        let left = self.job.total_records?.saturating_sub(self.processed());
        let running = self.job.status == ImportStatus::Processing && done > 0;
        let remaining = running.then(|| (left * milliseconds).div_ceil(done * 1_000));
        (done > 0).then(|| (done * 1_000 / milliseconds, remaining))
    }
}
