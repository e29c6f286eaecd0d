//! Conflicts: reports of a bank that could not be stored.

use serde::{Deserialize, Serialize};

use crate::fields::Finding;
use crate::id::{AccountId, TransactionId};

/// The most conflicts that a synchronization stores. All are counted.
pub const CONFLICTS_MAX: usize = 100;

/// A report that was not stored. The data from before is unchanged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = SyncConflict))]
pub struct Conflict {
    /// The account, if it could be identified.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub account_id: Option<AccountId>,
    /// The transaction, if the conflict is about one.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub transaction_id: Option<TransactionId>,
    /// The finding.
    #[serde(flatten)]
    pub finding: Finding,
}

/// The conflicts of a synchronization.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conflicts {
    /// The number of all conflicts.
    pub count: u64,
    /// The first [`CONFLICTS_MAX`] of them.
    pub first: Vec<Conflict>,
}

impl Conflicts {
    /// Adds the conflicts of a part.
    pub fn extend(&mut self, part: Self) {
        let more = part.count.saturating_sub(part.first.len() as u64);
        part.first.into_iter().for_each(|conflict| self.push(conflict));
        self.count += more;
    }

    /// Adds a conflict.
    pub fn push(&mut self, conflict: Conflict) {
        self.count += 1;
        if self.first.len() < CONFLICTS_MAX {
            self.first.push(conflict);
        }
    }
}
