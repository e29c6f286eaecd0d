//! An import job: its state and its counts.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Notation, Progress};
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
