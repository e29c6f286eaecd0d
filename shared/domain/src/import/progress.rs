//! The progress of an import: the sums over its chunks.

use serde::{Deserialize, Serialize};

use super::Sums;

/// Numbers of rows by outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Rows that created an account.
    pub imported: u64,
    /// Rows about an account that there was, whether they changed it or not.
    pub updated: u64,
    /// Rows of `updated` that changed nothing.
    pub unchanged: u64,
    /// Rows that a later row about the same account superseded.
    pub superseded: u64,
    /// Rows that were refused or could not be written.
    pub failed: u64,
    /// Warnings: findings that did not prevent a row from being stored.
    pub warnings: u64,
}

/// The sums over an import's committed chunks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Their rows by outcome.
    #[serde(flatten)]
    pub counts: Counts,
    /// The sums of their amounts.
    pub sums: Sums,
    /// The number of committed chunks.
    pub chunks_done: u32,
    /// How many of them are exhausted: their messages were delivered too often, or they were skipped.
    pub chunks_exhausted: u32,
}

impl Progress {
    /// Adds a chunk.
    pub fn add(&mut self, counts: &Counts, sums: &Sums, exhausted: bool) {
        let Counts { imported, updated, unchanged, superseded, failed, warnings } = counts;
        self.counts.imported += imported;
        self.counts.updated += updated;
        self.counts.unchanged += unchanged;
        self.counts.superseded += superseded;
        self.counts.failed += failed;
        self.counts.warnings += warnings;
        self.sums += sums;
        self.chunks_done += 1;
        self.chunks_exhausted += u32::from(exhausted);
    }
}
