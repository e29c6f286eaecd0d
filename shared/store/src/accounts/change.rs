//! Accounts created, changed and deleted one by one.
//!
//! A manual edit has its place in the order of imports: its revision is a version 7 UUID, as an import's id is. A row of
//! an import that was accepted before the edit leaves the edited fields alone, whenever it is processed; a row of a later
//! import overwrites them.

use jiff::Timestamp;
use saldo_domain::account::{Account, AccountChange};
use saldo_domain::changed_by::ChangedBy;
use saldo_domain::id::OrgId;

use super::state::{Stored, new_item};
use super::{AccountStore, StoredAccount};
use crate::dynamodb::item::binary;
use crate::dynamodb::revised::{CHANGE_ATTEMPTS_MAX, REVISION, outrun};
use crate::dynamodb::{absent, equals};
use crate::failure::Failure;
use crate::table_keys::AccountKey;

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

    /// Changes the account that was `seen`: if `exactly`, only in the state that was seen; otherwise also in a later
    /// state that admits the change. Returns the account as it is now, or `None` if it was not changed.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails; the account may have been changed or not.
    pub async fn change(
        &self,
        org: &OrgId,
        seen: &StoredAccount,
        change: &AccountChange,
        exactly: bool,
        now: Timestamp,
        by: &ChangedBy,
    ) -> Result<Option<Account>, Failure> {
        let mut found = seen.clone();
        for _ in 0..CHANGE_ATTEMPTS_MAX {
            // The revision of the account after the edit, and the edit's place in the order of imports: after everything
            // that it has found.
            let edit = found.history.next_revision();
            let mut after = found.account.clone();
            let set = change.apply(&mut after);
            if set.is_empty() {
                return Ok(Some(after));
            }
            (after.updated_at, after.revision) = (now, edit);
            let mut history = found.history;
            if after.is_imported() {
                history.stamps.stamp(edit.as_bytes(), set);
                history.last_edit = Some(edit);
            }
            let failed = match self.replace(org, &found.read, after.clone(), &history, by).await? {
                Ok(()) => return Ok(Some(after)),
                Err(failed) => failed,
            };
            found = match StoredAccount::of(org, Stored::found(failed))? {
                // The SDK tried twice, and the answer to the first attempt was lost. An import may have written since.
                Some(found) if found.revision == edit || found.history.last_edit == Some(edit) => {
                    return Ok(Some(found.account));
                }
                // An import may have written the history without a change of the account.
                Some(found) if found.revision == seen.revision => found,
                Some(found) if !exactly && change.check(&found).is_ok() => found,
                _ => return Ok(None),
            };
        }
        Err(outrun())
    }

    /// Deletes the account that was `seen`: `exactly` as in [`Self::change`]. Returns whether it is deleted. Neither
    /// an import that was accepted before nor the next synchronization with its bank brings it back.
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
        if seen.is_imported() || seen.bank.is_some() {
            self.put_tombstone(org, seen, exactly, now, by).await
        } else {
            self.remove(org, seen, exactly).await
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

    /// Replaces the account by a tombstone.
    async fn put_tombstone(
        &self,
        org: &OrgId,
        seen: &Account,
        exactly: bool,
        now: Timestamp,
        by: &ChangedBy,
    ) -> Result<bool, Failure> {
        for _ in 0..CHANGE_ATTEMPTS_MAX {
            let Some(found) = self.get_for_change(org, &seen.id).await? else { return Ok(true) };
            if exactly && found.revision != seen.revision {
                return Ok(false);
            }
            match self.bury(org, &found.read, &found.account, &found.history, now, by).await? {
                Ok(()) => return Ok(true),
                Err(failed) => {
                    // If there is a tombstone, another request, or an attempt whose answer was lost, has put it.
                    if Stored::found(failed).has_no_account() {
                        return Ok(true);
                    }
                }
            }
        }
        Err(outrun())
    }
}
