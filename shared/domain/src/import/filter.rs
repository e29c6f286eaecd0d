//! Which imports a list has.

use jiff::Timestamp;

use super::{ImportJob, ImportStatus};
use crate::bounds::Bounds;

/// The imports of a list. By default all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ImportFilter {
    /// The status.
    pub status: Option<ImportStatus>,
    /// When the imports were accepted.
    pub created: Bounds<Timestamp>,
}

impl ImportFilter {
    /// Whether the list has all imports.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether the list has the import.
    #[must_use]
    pub fn matches(&self, job: &ImportJob) -> bool {
        self.status.is_none_or(|status| status == job.status) && self.created.contain(Some(&job.created_at))
    }
}
