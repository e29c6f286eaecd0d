//! An account as it was read, with its allocations: what a decision depends on, and what its write is conditional on.

use saldo_domain::account::{AccountState, History};
use saldo_domain::id::{AllocationId, OrgId};
use saldo_domain::receivable::Allocation;

use super::state::Stored;
use crate::failure::Failure;

/// An account with its allocations, or what a deleted one left, as it was looked up.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    stored: Stored,
    allocations: Vec<Allocation>,
}

impl Seen {
    pub(super) fn new(stored: Stored, allocations: Vec<Allocation>) -> Self {
        Self { stored, allocations }
    }

    pub(super) fn stored(&self) -> &Stored {
        &self.stored
    }

    pub(super) fn has_allocation(&self, id: &AllocationId) -> bool {
        self.allocations.iter().any(|allocation| allocation.id == *id)
    }

    /// The history alone, which can be read even if the account can't.
    pub(super) fn history(&self) -> Result<History, Failure> {
        self.stored.history()
    }

    /// What a decision depends on.
    pub(super) fn state(&self, org: &OrgId) -> Result<AccountState, Failure> {
        let (account, history) = self.stored.account_and_history(org)?;
        Ok(AccountState { account, history, allocations: self.allocations.clone() })
    }
}
