//! The accounts with what was allocated to them: what imports and changes by hand need, since the balance of an open item follows
//! from both.

use std::ops::Deref;

use saldo_domain::account::Edited;
use saldo_domain::changed_by::ChangedBy;
use saldo_domain::id::{AccountId, OrgId};

use super::AccountStore;
use super::seen::Seen;
use super::state::Stored;
use crate::dynamodb::Table;
use crate::failure::Failure;
use crate::table_keys::AllocationKey;

/// The accounts of all organizations, with what was allocated to them.
#[derive(Clone, Debug)]
pub struct OpenItemStore {
    pub(super) accounts: AccountStore,
    pub(super) allocations: Table<AllocationKey>,
}

impl Deref for OpenItemStore {
    type Target = AccountStore;

    fn deref(&self) -> &AccountStore {
        &self.accounts
    }
}

impl OpenItemStore {
    pub(crate) fn new(accounts: AccountStore, allocations: Table<AllocationKey>) -> Self {
        Self { accounts, allocations }
    }

    /// The account as it is, or its tombstone, with its allocations.
    pub(super) async fn read_all(&self, org: &OrgId, id: &AccountId) -> Result<Seen, Failure> {
        self.with_allocations(org, self.read(org, id).await?).await
    }

    /// Writes an account that is changed, with its allocations, if the account still is as it was seen. Otherwise returns
    /// it as it is.
    pub(super) async fn write(
        &self,
        org: &OrgId,
        seen: &Seen,
        edited: Edited,
        by: &ChangedBy,
    ) -> Result<Result<(), Seen>, Failure> {
        let id = edited.account.id.clone();
        let mut actions = self.allocation_actions(org, seen, &edited, by)?;
        let Edited { account, history, allocations: _ } = edited;
        if actions.is_empty() {
            return match self.replace(org, seen.stored(), account, &history, by).await? {
                Ok(()) => Ok(Ok(())),
                Err(failed) => self.with_allocations(org, Stored::found(failed)).await.map(Err),
            };
        }
        actions.push(self.replacement(org, seen.stored(), account, &history, by)?);
        match self.transact(actions).await? {
            Ok(()) => Ok(Ok(())),
            Err(_) => self.read_all(org, &id).await.map(Err),
        }
    }
}
