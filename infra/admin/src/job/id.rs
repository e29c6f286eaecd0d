//! The id of a job of any kind.

use std::fmt;
use std::str::FromStr;

use saldo_domain::id::{ExportId, ImportId, SyncId};
use serde::Serialize;

/// The id of a job. Its prefix is that of the kind.
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

/// The text is not the id of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct InvalidJobId;

impl FromStr for JobId {
    type Err = InvalidJobId;

    fn from_str(text: &str) -> Result<Self, InvalidJobId> {
        let import = text.parse().map(Self::Import);
        import
            .or_else(|_| text.parse().map(Self::Export))
            .or_else(|_| text.parse().map(Self::Sync))
            .map_err(|_| InvalidJobId)
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

impl fmt::Display for InvalidJobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not the id of a job: those begin with imp_, exp_ or syn_, and a UUID follows")
    }
}

impl std::error::Error for InvalidJobId {}
