//! Accounts created, changed and deleted one by one.
//!
//! A manual edit has its place in the order of imports: its revision is a version 7 UUID, as an import's id is. A row of
//! an import that was accepted before the edit leaves the edited fields alone, whenever it is processed; a row of a later
//! import overwrites them. The balance of an open item has no such place: what is changed of it is an allocation.

use std::collections::BTreeMap;
use std::ops::Deref;

use jiff::Timestamp;
use saldo_domain::account::{Account, AccountChange, AccountState, Acknowledged, EditTime};
use saldo_domain::changed_by::ChangedBy;
use saldo_domain::date::Date;
use saldo_domain::fields::Finding;
use saldo_domain::id::{AccountId, AllocationId, OrgId};
use saldo_domain::import::{ScopeFiles, stated_as_of};
use saldo_domain::receivable::WRITTEN_MAX;

use super::AccountStore;
use super::open_items::OpenItemStore;
use super::seen::Seen;
use super::state::{SETS_LEFT, SetsLeft, Stored, new_item};
use crate::dynamodb::item::binary;
use crate::dynamodb::revised::{CHANGE_ATTEMPTS_MAX, REVISION, outrun};
use crate::dynamodb::{Update, absent, equals};
use crate::failure::Failure;
use crate::table_keys::AccountKey;

/// An account as it was read, with what a change of it needs to know.
#[derive(Clone, Debug)]
pub struct SeenAccount {
    account: Account,
    seen: Seen,
}

impl Deref for SeenAccount {
    type Target = Account;

    fn deref(&self) -> &Account {
        &self.account
    }
}

impl SeenAccount {
    /// The account that was seen, unless there is none.
    fn of(org: &OrgId, seen: Seen) -> Result<Option<Self>, Failure> {
        let state = seen.state(org)?;
        Ok(state.account.map(|account| Self { account, seen }))
    }
}

/// When a change is made, and what is known then.
#[derive(Clone, Copy, Debug)]
pub struct Moment<'a> {
    /// The moment.
    pub now: Timestamp,
    /// Its day in the organization's time zone.
    pub today: Date,
    /// The complete files of the organization's scopes, which were read before the account.
    pub scopes: &'a [ScopeFiles],
}

impl Moment<'_> {
    /// The time of an edit of this account.
    fn edit(self, state: &AccountState) -> EditTime {
        let stated = |account| stated_as_of(self.scopes, account, &state.history);
        EditTime {
            revision: state.next_revision(),
            now: self.now,
            today: self.today,
            stated_as_of: state.account.as_ref().and_then(stated),
        }
    }
}

impl AccountStore {
    /// Stores a new account. If there is one with its id, which only an earlier attempt of the same request can have
    /// created, that one stays and is returned.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn create(&self, org: &OrgId, new: Account, by: &ChangedBy) -> Result<Account, Failure> {
        match self.table.put_new(new_item(org, new.clone(), by)?).await? {
            true => Ok(new),
            false => Ok(self.get(org, &new.id).await?.unwrap_or(new)),
        }
    }

    /// Deletes the account that was `seen`: if `exactly`, only in the state that was seen. Returns whether it is deleted.
    /// Neither an import that was accepted before nor the next synchronization with its bank brings it back.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails; the account may have been deleted or not.
    pub async fn delete(
        &self,
        org: &OrgId,
        seen: &Account,
        exactly: bool,
        now: Timestamp,
        by: &ChangedBy,
    ) -> Result<bool, Failure> {
        Ok(self.delete_leaving(org, seen, exactly, now, by).await?.is_some())
    }

    /// The same. Returns the sets of allocations that are left of the deleted account, or `None` if it was not deleted.
    async fn delete_leaving(
        &self,
        org: &OrgId,
        seen: &Account,
        exactly: bool,
        now: Timestamp,
        by: &ChangedBy,
    ) -> Result<Option<SetsLeft>, Failure> {
        if seen.is_imported() || seen.bank.is_some() {
            self.put_tombstone(org, seen, exactly, now, by).await
        } else {
            Ok(self.remove(org, seen, exactly).await?.then(SetsLeft::default))
        }
    }

    async fn remove(&self, org: &OrgId, seen: &Account, exactly: bool) -> Result<bool, Failure> {
        let key = AccountKey::new(org, &seen.id);
        if !exactly {
            return self.table.delete(&key).await.map(|()| true);
        }
        let revision = equals(REVISION, binary(seen.revision.as_bytes()));
        // If there is no account, another request, or an attempt whose answer was lost, has deleted it.
        Ok(self.table.delete_if(&key, &[absent("id").or(revision)]).await?.is_ok())
    }

    /// Replaces the account by a tombstone. Returns what that says to be left, or `None` if there is none.
    async fn put_tombstone(
        &self,
        org: &OrgId,
        seen: &Account,
        exactly: bool,
        now: Timestamp,
        by: &ChangedBy,
    ) -> Result<Option<SetsLeft>, Failure> {
        for _ in 0..CHANGE_ATTEMPTS_MAX {
            let read = self.read(org, &seen.id).await?;
            let (Some(found), history) = read.account_and_history(org)? else {
                return read.sets_left().map(Some);
            };
            if exactly && found.revision != seen.revision {
                return Ok(None);
            }
            match self.bury(org, &read, &found, &history, now, by).await? {
                Ok(left) => return Ok(Some(left)),
                Err(failed) => {
                    // If there is a tombstone, another request, or an attempt whose answer was lost, has put it.
                    let met = Stored::found(failed);
                    if met.has_no_account() {
                        return met.sets_left().map(Some);
                    }
                }
            }
        }
        Err(outrun())
    }
}

impl OpenItemStore {
    /// The account, if the organization has it, for [`change`](Self::change).
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn get_for_change(&self, org: &OrgId, id: &AccountId) -> Result<Option<SeenAccount>, Failure> {
        SeenAccount::of(org, self.read_all(org, id).await?)
    }

    /// Changes the account that was `seen`: if `exactly`, only in the state that was seen; otherwise also in a later
    /// state that admits the change. Returns the account as it is now, or `None` if it was not changed.
    ///
    /// The inner error says why the balance of the open item can't become the one that is asked for.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails; the account may have been changed or not.
    pub async fn change(
        &self,
        org: &OrgId,
        seen: &SeenAccount,
        change: &AccountChange,
        exactly: bool,
        moment: Moment<'_>,
        by: &ChangedBy,
    ) -> Result<Result<Option<Account>, Finding>, Failure> {
        let mut found = seen.clone();
        for _ in 0..CHANGE_ATTEMPTS_MAX {
            let state = found.seen.state(org)?;
            // After everything that the edit has found.
            let at = moment.edit(&state);
            let edited = match state.edit(change, at) {
                Ok(Some(edited)) => edited,
                Ok(None) => return Ok(Ok(Some(found.account.stated(&state.history, moment.scopes)))),
                Err(refused) => return Ok(Err(refused)),
            };
            let after = edited.account.clone();
            let Err(met) = self.write(org, &found.seen, edited, by).await? else {
                return Ok(Ok(Some(after)));
            };
            // The SDK tried twice, and the answer to the first attempt was lost. An import may have written since.
            let history = met.history()?;
            let is_done =
                history.last_edit == Some(at.revision) || met.has_allocation(&at.first_allocation());
            found = match SeenAccount::of(org, met)? {
                Some(found) if is_done || found.revision == at.revision => {
                    return Ok(Ok(Some(found.account.stated(&history, moment.scopes))));
                }
                // An import may have written the history without a change of the account.
                Some(found) if found.revision == seen.revision => found,
                Some(found) if !exactly && change.check(&found).is_ok() => found,
                _ => return Ok(Ok(None)),
            };
        }
        Err(outrun())
    }

    /// Records the days on which the source acknowledged adjustments of the account. Returns what became of each. Repeated, it
    /// changes nothing.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails; some may have been recorded.
    pub async fn acknowledge(
        &self,
        org: &OrgId,
        id: &AccountId,
        days: BTreeMap<AllocationId, Date>,
        moment: Moment<'_>,
        by: &ChangedBy,
    ) -> Result<BTreeMap<AllocationId, Acknowledged>, Failure> {
        let mut results = BTreeMap::new();
        let mut days = days.into_iter().peekable();
        while days.peek().is_some() {
            let some = days.by_ref().take(WRITTEN_MAX).collect();
            results.extend(self.acknowledge_some(org, id, &some, moment, by).await?);
        }
        Ok(results)
    }

    async fn acknowledge_some(
        &self,
        org: &OrgId,
        id: &AccountId,
        days: &BTreeMap<AllocationId, Date>,
        moment: Moment<'_>,
        by: &ChangedBy,
    ) -> Result<BTreeMap<AllocationId, Acknowledged>, Failure> {
        let mut seen = self.read_all(org, id).await?;
        for _ in 0..CHANGE_ATTEMPTS_MAX {
            let state = seen.state(org)?;
            let at = moment.edit(&state);
            let (results, edited) = state.acknowledge(days, at);
            let Some(edited) = edited else { return Ok(results) };
            seen = match self.write(org, &seen, edited, by).await? {
                Ok(()) => return Ok(results),
                Err(met) => met,
            };
            // The answer to an attempt of the SDK was lost.
            if seen.state(org)?.account.is_some_and(|account| account.revision == at.revision) {
                return Ok(results);
            }
        }
        Err(outrun())
    }

    /// Deletes the account as [`AccountStore::delete`] does, and its allocations.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails; the account may have been deleted or not.
    pub async fn delete(
        &self,
        org: &OrgId,
        seen: &Account,
        exactly: bool,
        now: Timestamp,
        by: &ChangedBy,
    ) -> Result<bool, Failure> {
        let left = self.accounts.delete_leaving(org, seen, exactly, now, by).await?;
        match left {
            Some(left) => self.delete_left(org, &seen.id, &left).await.map(|()| true),
            None => Ok(false),
        }
    }

    /// Deletes what deleted accounts with this id have left, if a deletion was interrupted.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn delete_rest(&self, org: &OrgId, id: &AccountId) -> Result<(), Failure> {
        let left = self.read(org, id).await?.sets_left()?;
        self.delete_left(org, id, &left).await
    }

    async fn delete_left(&self, org: &OrgId, id: &AccountId, left: &SetsLeft) -> Result<(), Failure> {
        let Some(attribute) = left.attribute() else { return Ok(()) };
        for set in &left.0 {
            self.delete_allocations(org, id, set).await?;
        }
        let mut nothing_left = Update::default();
        nothing_left.remove(SETS_LEFT);
        nothing_left.require(equals(SETS_LEFT, attribute));
        // If the condition fails, another deletion has left more, or has ended.
        self.table.update(&AccountKey::new(org, id), &nothing_left).await.map(drop)
    }
}
