//! An import job: its state and its counts.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Format, Mapping};
use crate::id::{ImportId, OrgId};

/// How an import is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImportStatus {
    /// Rows are still to be processed.
    Processing,
    /// Every row was imported, updated or superseded.
    Completed,
    /// Some rows, or all, were refused; the others are stored.
    CompletedWithErrors,
    /// The job itself could not be run.
    Failed,
}

/// What became of rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Rows that made an account.
    pub imported: u64,
    /// Rows that changed an account.
    pub updated: u64,
    /// Rows that were refused.
    pub failed: u64,
    /// Things found in rows that did not keep them from being stored.
    pub warnings: u64,
}

/// What is known of a payload when it is accepted.
#[derive(Clone, Debug)]
pub struct PayloadFacts {
    /// Its notation.
    pub format: Format,
    /// Which column fills which field, as the request said.
    pub mapping: Mapping,
    /// Its rows.
    pub total_records: u64,
    /// How many of them make a chunk.
    pub rows_per_chunk: usize,
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
    /// The notation of the payload.
    pub format: Format,
    /// Which column fills which field, as the request said.
    #[serde(default)]
    pub mapping: Mapping,
    /// How many rows a chunk has, settled when the job is accepted: a plan made again,
    /// even by another version of this code, must cut at the same places.
    pub rows_per_chunk: usize,
    /// The rows of the payload.
    pub total_records: u64,
    /// Rows that a later row of the payload replaced; known once planned.
    pub superseded: u64,
    /// What became of the rows processed so far.
    #[serde(flatten)]
    pub counts: Counts,
    /// The chunks the rows were cut into; `None` until planned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chunks: Option<u32>,
    /// The chunks processed so far.
    pub chunks_done: u32,
    /// Why the job failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When it was accepted.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub created_at: Timestamp,
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
    pub fn accepted(id: ImportId, org: OrgId, payload: PayloadFacts, now: Timestamp) -> Self {
        let PayloadFacts { format, mapping, total_records, rows_per_chunk } = payload;
        Self {
            id,
            org,
            status: ImportStatus::Processing,
            format,
            mapping,
            rows_per_chunk,
            total_records,
            superseded: 0,
            counts: Counts::default(),
            chunks: None,
            chunks_done: 0,
            reason: None,
            created_at: now,
            completed_at: None,
        }
    }

    /// The rows whose fate is known.
    #[must_use]
    pub fn processed(&self) -> u64 {
        self.superseded + self.counts.imported + self.counts.updated + self.counts.failed
    }

    /// The status a job with these counts ends in, once every planned chunk is done.
    #[must_use]
    pub fn outcome(&self) -> Option<ImportStatus> {
        let done = self.chunks.is_some_and(|planned| self.chunks_done >= planned);
        match self.counts.failed {
            _ if !done => None,
            0 => Some(ImportStatus::Completed),
            _ => Some(ImportStatus::CompletedWithErrors),
        }
    }
}
