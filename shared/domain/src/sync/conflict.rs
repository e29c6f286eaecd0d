//! What a bank reported and could not be taken as it is.

use serde::{Deserialize, Serialize};

use crate::fields::Finding;
use crate::id::{AccountId, TransactionId};

/// The conflicts that a synchronization keeps; it counts them all.
pub const CONFLICTS_MAX: usize = 100;

/// A report that was not taken: what was stored before stays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = SyncConflict))]
pub struct Conflict {
    /// The account that it is about, if that could be made out.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub account_id: Option<AccountId>,
    /// The transaction that it is about, if it is about one.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub transaction_id: Option<TransactionId>,
    /// What is wrong with it.
    #[serde(flatten)]
    pub finding: Finding,
}

/// The conflicts of a synchronization.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conflicts {
    /// How many there were.
    pub count: u64,
    /// The first [`CONFLICTS_MAX`] of them.
    pub first: Vec<Conflict>,
}

impl Conflicts {
    /// Adds those of a part.
    pub fn extend(&mut self, part: Self) {
        let more = part.count.saturating_sub(part.first.len() as u64);
        part.first.into_iter().for_each(|conflict| self.push(conflict));
        self.count += more;
    }

    /// Adds one.
    pub fn push(&mut self, conflict: Conflict) {
        self.count += 1;
        if self.first.len() < CONFLICTS_MAX {
            self.first.push(conflict);
        }
    }
}
