//! Accounts that synchronizations bring.
//!
//! The bank decides the fields that it reports and no others: type, owner, status and notes stay as the last change of
//! them left them. A report that is the same as the one before changes nothing.

use jiff::Timestamp;
use saldo_domain::account::{Account, Revision};
use saldo_domain::changed_by::ChangedBy;
use saldo_domain::id::{AccountId, OrgId};

use super::state::new_item;
use super::{AccountStore, StoredAccount, living};
use crate::dynamodb::revised::{CHANGE_ATTEMPTS_MAX, outrun};
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
        by: &ChangedBy,
    ) -> Result<Reported, Failure> {
        for _ in 0..CHANGE_ATTEMPTS_MAX {
            let read = self.read(org, &reported.id).await?;
            if read.is_tombstone() {
                if !revive {
                    return Ok(Reported::Deleted);
                }
                self.delete_tombstone(org, reported, &read).await?;
                continue;
            }
            let written = match StoredAccount::of(org, read)? {
                Some(found) => self.change_reported(org, &found, reported, now, by).await?,
                None => self.table.put_new(new_item(org, reported.clone(), by)?).await?,
            };
            if written {
                return Ok(Reported::Kept);
            }
        }
        Err(outrun())
    }

    /// Records that the bank does not list the account any more.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn put_missing(
        &self,
        org: &OrgId,
        id: &AccountId,
        now: Timestamp,
        by: &ChangedBy,
    ) -> Result<(), Failure> {
        for _ in 0..CHANGE_ATTEMPTS_MAX {
            let Some(found) = self.stored(org, id).await? else { return Ok(()) };
            let mut gone = found.account.clone();
            let Some(bank) = gone.bank.as_mut().filter(|bank| bank.missing_since.is_none()) else {
                return Ok(());
            };
            bank.missing_since = Some(now);
            if self.change_reported(org, &found, &gone, now, by).await? {
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
        living(org, &[], &items).collect()
    }

    /// Sets the fields that the bank reports differently. Returns whether the account still was as found.
    async fn change_reported(
        &self,
        org: &OrgId,
        found: &StoredAccount,
        reported: &Account,
        now: Timestamp,
        by: &ChangedBy,
    ) -> Result<bool, Failure> {
        let mut after = found.account.clone();
        after.balance = reported.balance;
        // The bank alone decides currency and identifier: its transactions refer to them.
        after.currency = reported.currency;
        after.identifier = reported.identifier.clone();
        after.bank = reported.bank.clone();
        if after == found.account {
            return Ok(true);
        }
        (after.updated_at, after.revision) = (now, Revision::next());
        Ok(self.replace(org, &found.read, after, &found.history, by).await?.is_ok())
    }
}
