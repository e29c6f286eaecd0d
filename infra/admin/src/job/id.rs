//! The id of a job of any kind.

use std::fmt;
use std::str::FromStr;

use saldo_domain::id::{ExportId, ImportId, SyncId};
use serde::Serialize;

/// The id of a job. Its prefix says of which kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub(crate) enum JobId {
    /// An import's.
    Import(ImportId),
    /// An export's.
    Export(ExportId),
    /// A synchronization's.
    Sync(SyncId),
}

/// The text is no id of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NoJobId;

impl FromStr for JobId {
    type Err = NoJobId;

    fn from_str(text: &str) -> Result<Self, NoJobId> {
        let import = text.parse().map(Self::Import);
        import
            .or_else(|_| text.parse().map(Self::Export))
            .or_else(|_| text.parse().map(Self::Sync))
            .map_err(|_| NoJobId)
    }
}

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Import(id) => id.fmt(f),
            Self::Export(id) => id.fmt(f),
            Self::Sync(id) => id.fmt(f),
        }
    }
}

impl fmt::Display for NoJobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not the id of a job: those begin with imp_, exp_ or syn_, and a UUID follows")
    }
}

impl std::error::Error for NoJobId {}
