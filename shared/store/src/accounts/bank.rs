//! Accounts that synchronizations bring.
//!
//! The bank decides the fields that it reports and no others: type, owner, status and notes stay as the last change of
//! them left them. A report that is the same as the one before changes nothing.

use jiff::Timestamp;
use saldo_domain::account::{Account, Revision};
use saldo_domain::id::{AccountId, OrgId};

use super::history::{DELETED_AT, History};
use super::record::{BALANCE, BANK, CURRENCY, IDENTIFIER, UPDATED_AT, account, item, revision};
use super::{AccountStore, living};
use crate::dynamodb::item::{moment, nested, number, text};
use crate::dynamodb::revised::{ATTEMPTS_MAX, REVISION, has_revision, outrun};
use crate::dynamodb::{Update, exists};
use crate::failure::Failure;
use crate::table_keys::AccountKey;

/// The result of a report of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reported {
    /// The account was created, changed, or was as reported.
    Kept,
    /// The account was deleted here, and it stays deleted.
    Deleted,
}

impl AccountStore {
    /// Makes the account as its bank reports it. An account that was deleted here is created again only if `revive`.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn put_reported(
        &self,
        org: &OrgId,
        reported: &Account,
        revive: bool,
        now: Timestamp,
    ) -> Result<Reported, Failure> {
        for _ in 0..ATTEMPTS_MAX {
            let Some(found) = self.read(org, &reported.id).await? else {
                if self.table.put_new(item(org, reported)?).await? {
                    return Ok(Reported::Kept);
                }
                continue;
            };
            if History::of(&found).is_deleted() {
                if !revive {
                    return Ok(Reported::Deleted);
                }
                self.delete_tombstone(org, &reported.id).await?;
                continue;
            }
            let found = account(org, &found)?;
            if self.change_reported(org, &found, reported, now).await? {
                return Ok(Reported::Kept);
            }
        }
        Err(outrun())
    }

    /// Records that the bank does not list the account any more.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn put_missing(&self, org: &OrgId, id: &AccountId, now: Timestamp) -> Result<(), Failure> {
        for _ in 0..ATTEMPTS_MAX {
            let Some(found) = self.get(org, id).await? else { return Ok(()) };
            let mut gone = found.clone();
            let Some(bank) = gone.bank.as_mut().filter(|bank| bank.missing_since.is_none()) else {
                return Ok(());
            };
            bank.missing_since = Some(now);
            if self.change_reported(org, &found, &gone, now).await? {
                return Ok(());
            }
        }
        Err(outrun())
    }

    /// The accounts with these ids that exist, in no particular order.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn find(
        &self,
        org: &OrgId,
        ids: impl Iterator<Item = &AccountId>,
    ) -> Result<Vec<Account>, Failure> {
        let keys: Vec<_> = ids.map(|id| AccountKey::new(org, id)).collect();
        let items = self.table.batch_get(&keys, false).await?;
        living(org, &items).collect()
    }

    /// Sets the fields that the bank reports differently. Returns whether the account still was as found.
    async fn change_reported(
        &self,
        org: &OrgId,
        found: &Account,
        reported: &Account,
        now: Timestamp,
    ) -> Result<bool, Failure> {
        let mut update = Update::default();
        if found.balance != reported.balance {
            update.set(BALANCE, number(reported.balance));
        }
        // The bank alone decides currency and identifier: its transactions refer to them.
        if found.currency != reported.currency {
            update.set(CURRENCY, text(reported.currency));
        }
        if found.identifier != reported.identifier {
            update.set_or_remove(IDENTIFIER, reported.identifier.as_ref().map(text));
        }
        if found.bank != reported.bank {
            let bank = reported.bank.as_deref().map(|bank| nested(bank, "a bank's details"));
            update.set_or_remove(BANK, bank.transpose()?);
        }
        if update.is_empty() {
            return Ok(true);
        }
        update.set(UPDATED_AT, moment(now));
        update.set_or_remove(REVISION, revision(&Revision::next()));
        update.require(has_revision(revision(&found.revision)));
        Ok(self.table.update(&AccountKey::new(org, &found.id), &update).await?.is_ok())
    }

    /// Deletes an account's tombstone, so that the account can be created again.
    async fn delete_tombstone(&self, org: &OrgId, id: &AccountId) -> Result<(), Failure> {
        let _no_tombstone_left = self.table.delete_if(&AccountKey::new(org, id), exists(DELETED_AT)).await?;
        Ok(())
    }
}
