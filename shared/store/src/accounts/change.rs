//! Accounts created, changed and deleted one by one.
//!
//! A manual edit has its place in the order of imports: its revision is a version 7 UUID, as an import's id is. A row of
//! an import that was accepted before the edit leaves the edited fields alone, whenever it is processed; a row of a later
//! import overwrites them.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use saldo_domain::account::{Account, AccountChange, Revision};
use saldo_domain::fields::Patch;
use saldo_domain::id::OrgId;

use super::history::{CHANGED_BY_HAND, History, LAST_IMPORT};
use super::record::{
    BALANCE, CREATED_AT, CURRENCY, TOTAL_AMOUNT, UPDATED_AT, account, item, owner, revision,
};
use super::stamps::{StampedField, Stamps};
use super::tombstone::tombstone;
use super::{AccountStore, StoredAccount, stored};
use crate::dynamodb::item::{moment, number, text};
use crate::dynamodb::revised::{ATTEMPTS_MAX, REVISION, has_revision, outrun};
use crate::dynamodb::{Update, absent, equals, exists, is};
use crate::failure::Failure;
use crate::table_keys::AccountKey;

impl AccountStore {
    /// Stores a new account. If there is one with its id, which only an earlier attempt of the same request can have
    /// created, that one stays and is returned.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn create(&self, org: &OrgId, new: Account) -> Result<Account, Failure> {
        match self.table.put_new(item(org, &new)?).await? {
            true => Ok(new),
            false => Ok(self.get(org, &new.id).await?.unwrap_or(new)),
        }
    }

    /// Changes the account that was `seen`: if `exactly`, only in the state that was seen; otherwise also in a later
    /// state whose amounts fit the currency. Returns the account as it is now, or `None` if it was not changed.
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
    ) -> Result<Option<Account>, Failure> {
        let edit = Edit { org, seen: &seen.account, change, exactly, revision: Revision::next(), now };
        let mut stamps = seen.stamps.clone();
        for _ in 0..ATTEMPTS_MAX {
            let update = edit.update(&stamps);
            if update.is_empty() {
                return Ok(Some(seen.account.clone()));
            }
            let failed = match self.table.update_and_get(&AccountKey::new(org, &seen.id), &update).await? {
                Ok(item) => return account(org, &item).map(Some),
                Err(failed) => failed,
            };
            let found = failed.into_item().map(|item| stored(org, &item)).transpose()?.flatten();
            match found {
                // The SDK tried twice, and the answer to the first attempt was lost.
                Some(found) if found.revision == edit.revision => return Ok(Some(found.account)),
                // An import has stamped fields, maybe without a change of the account.
                Some(found) if found.stamps != stamps => stamps = found.stamps,
                _ => return Ok(None),
            }
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
    ) -> Result<bool, Failure> {
        if is_imported(seen) || seen.bank.is_some() {
            self.put_tombstone(org, seen, exactly, now).await
        } else {
            self.remove(org, seen, exactly).await
        }
    }

    async fn remove(&self, org: &OrgId, seen: &Account, exactly: bool) -> Result<bool, Failure> {
        let key = AccountKey::new(org, &seen.id);
        match revision(&seen.revision).filter(|_| exactly) {
            None => self.table.delete(&key).await.map(|()| true),
            // If there is no account, another request, or an attempt whose answer was lost, has deleted it.
            Some(seen) => {
                Ok(self.table.delete_if(&key, absent("id").or(equals(REVISION, seen))).await?.is_ok())
            }
        }
    }

    /// Replaces the account by a tombstone.
    async fn put_tombstone(
        &self,
        org: &OrgId,
        seen: &Account,
        exactly: bool,
        now: Timestamp,
    ) -> Result<bool, Failure> {
        let Some(before) = self.read(org, &seen.id).await? else { return Ok(true) };
        let Some(found) = stored(org, &before)? else { return Ok(true) };
        if exactly && found.revision != seen.revision {
            return Ok(false);
        }
        // The tombstone repeats the item's history. Imports that change nothing write it without a new revision.
        let history = History::of(&before);
        let unchanged = [REVISION, LAST_IMPORT].map(|attribute| is(attribute, history.value(attribute)));
        match self.table.put_if(tombstone(org, seen, &before, now), &unchanged).await? {
            Ok(()) => Ok(true),
            // If there is a tombstone, another request, or an attempt whose answer was lost, has put it.
            Err(failed) => Ok(failed.into_item().is_none_or(|item| History::of(&item).is_deleted())),
        }
    }
}

/// Whether an import may have a row for the account: no import can name any other account.
fn is_imported(account: &Account) -> bool {
    account.total_amount.is_some()
}

/// A manual edit of an account.
struct Edit<'a> {
    org: &'a OrgId,
    seen: &'a Account,
    change: &'a AccountChange,
    exactly: bool,
    /// The revision of the account after the edit, and the edit's id in the order of imports.
    revision: Revision,
    now: Timestamp,
}

impl Edit<'_> {
    /// The update of an account that has these stamps; empty if the edit changes nothing.
    fn update(&self, stamps: &Stamps) -> Update {
        let Self { seen, change, revision: edit, .. } = self;
        let mut update = Update::default();
        let mut fields = Vec::new();
        for (field, value) in self.fields() {
            update.set_or_remove(field.attribute(), value);
            fields.push(field);
        }
        if fields.is_empty() {
            return update;
        }
        if is_imported(seen) {
            stamps.stamp(&mut update, edit.as_bytes(), fields);
            update.require(stamps.are_stored());
            update.set_or_remove(CHANGED_BY_HAND, revision(edit));
        }
        update.set(UPDATED_AT, moment(self.now));
        update.set_or_remove(REVISION, revision(edit));
        // A tombstone lacks it.
        update.require(exists(CREATED_AT));
        if self.exactly {
            update.require(has_revision(revision(&seen.revision)));
        }
        if change.balance.is_some() && change.currency.is_none() {
            update.require(equals(CURRENCY, text(seen.currency)));
        }
        if change.currency.is_some() {
            update.require(is(TOTAL_AMOUNT, seen.total_amount.map(number)));
            if change.balance.is_none() {
                update.require(equals(BALANCE, number(seen.balance)));
            }
        }
        update
    }

    /// The fields that change, with their new values; `None` removes one.
    fn fields(&self) -> impl Iterator<Item = (StampedField, Option<AttributeValue>)> {
        let change = self.change;
        let owner = change.owner_id.as_ref().map(|id| owner(self.org, id));
        let patches = [
            (StampedField::Type, set(change.kind.as_ref().map(text))),
            (StampedField::Balance, set(change.balance.map(number))),
            (StampedField::Currency, set(change.currency.map(text))),
            (StampedField::Status, set(change.status.as_ref().map(text))),
            (StampedField::Owner, owner),
            (StampedField::CampaignId, change.campaign_id.as_ref().map(text)),
            (StampedField::Notes, change.notes.as_ref().map(text)),
            (StampedField::Identifier, change.identifier.as_ref().map(text)),
        ];
        patches.into_iter().filter_map(|(field, patch)| match patch {
            Patch::Keep => None,
            Patch::Clear => Some((field, None)),
            Patch::Set(value) => Some((field, Some(value))),
        })
    }
}

fn set<T>(value: Option<T>) -> Patch<T> {
    value.map_or(Patch::Keep, Patch::Set)
}
