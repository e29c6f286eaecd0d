//! An export job: its state, and the file it made.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_with::json::JsonString;
use serde_with::serde_as;

use super::ExportSpec;
use crate::id::{ExportId, OrgId};

/// How long an exported file is kept: 7 days. The bucket's lifecycle rule removes it.
pub const FILE_KEPT: SignedDuration = SignedDuration::from_hours(7 * 24);

/// How an export is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExportStatus {
    /// Its file is still to be written.
    Processing,
    /// Its file is there.
    Completed,
    /// Its file could not be written.
    Failed,
}

impl ExportStatus {
    /// The status's name on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Processing => "processing",
            Self::Completed => "completed",
            Self::Failed => "failed",
        }
    }
}

/// One attempt at writing an export's file. Attempts don't share a file: the one that counts
/// is named in the job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// The file's name in the bucket.
    pub file: String,
    /// The upload by which it is written.
    pub upload: String,
}

/// A file that was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportedFile {
    /// Its accounts or transactions.
    pub rows: u64,
    /// Its length.
    pub bytes: u64,
    /// The SHA-256 (FIPS 180-4) of its bytes, in lower-case hexadecimal digits.
    pub sha256: String,
}

/// An export job.
#[serde_as]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportJob {
    /// Its id.
    pub id: ExportId,
    /// Whose data is exported.
    pub org: OrgId,
    /// How it is doing.
    pub status: ExportStatus,
    /// What is exported, and how. It is stored as JSON, so that amounts keep their digits.
    #[serde_as(as = "JsonString")]
    pub spec: ExportSpec,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    attempt_file: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    attempt_upload: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rows: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    bytes: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sha256: Option<String>,
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

impl ExportJob {
    /// A job that was just accepted.
    #[must_use]
    pub fn accepted(id: ExportId, org: OrgId, spec: ExportSpec, now: Timestamp) -> Self {
        Self {
            id,
            org,
            status: ExportStatus::Processing,
            spec,
            attempt_file: None,
            attempt_upload: None,
            rows: None,
            bytes: None,
            sha256: None,
            reason: None,
            created_at: now,
            completed_at: None,
        }
    }

    /// The attempt that counts, if one was made.
    #[must_use]
    pub fn attempt(&self) -> Option<Attempt> {
        Some(Attempt { file: self.attempt_file.clone()?, upload: self.attempt_upload.clone()? })
    }

    /// The file, once the job is completed.
    #[must_use]
    pub fn file(&self) -> Option<ExportedFile> {
        Some(ExportedFile { rows: self.rows?, bytes: self.bytes?, sha256: self.sha256.clone()? })
    }

    /// Until when the file is kept.
    #[must_use]
    pub fn kept_until(&self) -> Option<Timestamp> {
        self.completed_at.filter(|_| self.status == ExportStatus::Completed).map(|at| at + FILE_KEPT)
    }
}
