//! What becomes of a row.

use serde::{Deserialize, Serialize};
use strum::IntoStaticStr;

/// The outcome of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, IntoStaticStr)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum RowOutcome {
    /// It created an account.
    Imported,
    /// It changed an account.
    Updated,
    /// It found its account as it describes it.
    Unchanged,
    /// A later row about the same account counts in its place.
    Superseded,
    /// It was refused or could not be written.
    Failed,
    /// It was not processed, because its import was cancelled or has failed. Only the report of every row has this: chunks
    /// have no such rows.
    Skipped,
}

impl RowOutcome {
    /// The outcomes of rows that were read.
    pub(super) const READ: [Self; 5] =
        [Self::Imported, Self::Updated, Self::Unchanged, Self::Superseded, Self::Failed];
}
