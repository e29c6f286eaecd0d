//! The progress of an import: the sums over its chunks.

use serde::{Deserialize, Serialize};

/// Numbers of rows by outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Rows that created an account.
    pub imported: u64,
    /// Rows about an account that there was, whether they changed it or not.
    pub updated: u64,
    /// Rows of `updated` that changed nothing.
    pub unchanged: u64,
    /// Rows that were refused or could not be written.
    pub failed: u64,
    /// Warnings: findings that did not prevent a row from being stored.
    pub warnings: u64,
}

/// The sums over an import's committed chunks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Their rows by outcome.
    #[serde(flatten)]
    pub counts: Counts,
    /// The number of committed chunks.
    pub chunks_done: u32,
    /// How many of them are exhausted: their messages were delivered too often, or they were skipped.
    pub chunks_exhausted: u32,
}

impl Progress {
    /// Adds a chunk.
    pub fn add(&mut self, counts: &Counts, exhausted: bool) {
        let Counts { imported, updated, unchanged, failed, warnings } = counts;
        self.counts.imported += imported;
        self.counts.updated += updated;
        self.counts.unchanged += unchanged;
        self.counts.failed += failed;
        self.counts.warnings += warnings;
        self.chunks_done += 1;
        self.chunks_exhausted += u32::from(exhausted);
    }
}
