//! From here to there, both included.

use serde::{Deserialize, Serialize};

/// A range of values, its ends included. Without an end it is open there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bounds<T> {
    /// The least value.
    pub from: Option<T>,
    /// The greatest value.
    pub to: Option<T>,
}

impl<T> Default for Bounds<T> {
    fn default() -> Self {
        Self { from: None, to: None }
    }
}

impl<T: PartialOrd> Bounds<T> {
    /// Whether the ends are the wrong way round, so that nothing lies between.
    #[must_use]
    pub fn are_crossed(&self) -> bool {
        matches!((&self.from, &self.to), (Some(from), Some(to)) if from > to)
    }
}
