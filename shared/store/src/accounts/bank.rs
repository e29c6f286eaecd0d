//! Accounts that synchronizations bring.
//!
//! The bank has the last word on what it reports and on nothing else: type, owner, status and
//! notes are whoever's changed them last. What the bank reports again changes nothing.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use saldo_domain::account::{Account, BankDetails, Revision};
use saldo_domain::id::{AccountId, OrgId};

use super::trace::Trace;
use super::{AccountStore, BALANCE, BANK, CURRENCY, REVISION, account, stamp};
use crate::batch_get::batch_get;
use crate::expression::Update;
use crate::failure::Failure;
use crate::item::{is_condition_failure, moment, number, text};
use crate::put_new::put_new;
use crate::table_keys;

/// How often an account is looked at again that somebody else changes at the same time.
const ATTEMPTS_MAX: u32 = 5;

/// What became of a report of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reported {
    /// The account was made, changed, or was as reported.
    Kept,
    /// Somebody has deleted the account here, and it stays deleted.
    Deleted,
}

impl AccountStore {
    /// Makes the account what its bank reports. An account that was deleted here is made again
    /// only if `revive` says so.
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
                if put_new(&self.client, &self.table, "id", super::change::item(org, reported)?).await? {
                    return Ok(Reported::Kept);
                }
                continue;
            };
            if Trace::of(&found).is_deleted() {
                if !revive {
                    return Ok(Reported::Deleted);
                }
                self.forget(org, &reported.id).await?;
                continue;
            }
            let found = account(org, &found)?;
            if self.change_reported(org, &found, reported, now).await? {
                return Ok(Reported::Kept);
            }
        }
        Err(Failure::Throttled { operation: "a report of an account that somebody else changes" })
    }

    /// Notes that the bank does not list the account any more.
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
        Err(Failure::Throttled { operation: "a note on an account that somebody else changes" })
    }

    /// The accounts with these ids that are there, in no order that means anything.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn find(
        &self,
        org: &OrgId,
        ids: impl Iterator<Item = &AccountId>,
    ) -> Result<Vec<Account>, Failure> {
        let keys = ids.map(|id| table_keys::account(org, id)).collect();
        let items = batch_get(&self.client, &self.table, keys, false).await?;
        let living = items.iter().filter(|item| !Trace::of(item).is_deleted());
        living.map(|item| account(org, item)).collect()
    }

    /// Sets what the bank reports differently. Says whether the account still was as found.
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
        // What tells the account from others, and its transactions: nobody has another word on it.
        if found.currency != reported.currency {
            update.set(CURRENCY, text(reported.currency));
        }
        if found.identifier != reported.identifier {
            update.set_or_remove("identifier", reported.identifier.as_ref().map(text));
        }
        if found.bank != reported.bank {
            update.set_or_remove(BANK, reported.bank.as_deref().map(details).transpose()?);
        }
        if update.is_empty() {
            return Ok(true);
        }
        update.set("updated_at", moment(now));
        update.set_or_remove(REVISION, stamp(&Revision::next()));
        update.require_value(REVISION, stamp(&found.revision));
        let request = self.client.update_item().table_name(&self.table);
        let request = request.set_key(Some(table_keys::account(org, &found.id)));
        match update.on(request).send().await {
            Err(error) if is_condition_failure(&error) => Ok(false),
            answer => answer.map(|_| true).map_err(Failure::of("UpdateItem on accounts")),
        }
    }

    /// Removes what is left of a deleted account, for it to be made again.
    async fn forget(&self, org: &OrgId, id: &AccountId) -> Result<(), Failure> {
        let delete = self
            .client
            .delete_item()
            .table_name(&self.table)
            .set_key(Some(table_keys::account(org, id)))
            .condition_expression("attribute_exists(deleted_at)");
        match delete.send().await {
            Err(error) if is_condition_failure(&error) => Ok(()),
            delete => delete.map(drop).map_err(Failure::of("DeleteItem on accounts")),
        }
    }
}

/// What the bank says, as an attribute.
pub(super) fn details(details: &BankDetails) -> Result<AttributeValue, Failure> {
    serde_dynamo::to_attribute_value(details).map_err(Failure::corrupt("a bank's details"))
}
