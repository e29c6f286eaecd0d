//! The pages of a statement, which some banks send as messages of their own.

use serde::{Deserialize, Serialize};

/// A page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// Its number, from 1.
    pub number: u64,
    /// Whether it is the last one. MT940 does not say so: there, an intermediate closing balance says that it is not.
    pub is_last: Option<bool>,
}
