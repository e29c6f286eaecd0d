//! How far an import is: the sums of its chunks.

use serde::{Deserialize, Serialize};

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
