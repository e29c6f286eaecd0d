//! The accounts.

mod bank;
mod change;
mod export;
mod filter;
mod history;
mod import;
mod list;
mod record;
mod stamps;
mod tombstone;

use std::ops::Deref;

use aws_sdk_dynamodb::Client;
use saldo_domain::account::Account;
use saldo_domain::id::{AccountId, OrgId};

use self::history::History;
use self::record::account;
use self::stamps::Stamps;
use crate::dynamodb::Table;
use crate::dynamodb::item::Item;
use crate::failure::Failure;
use crate::table_keys::AccountKey;

pub use bank::Reported;
pub use import::{ImportWrite, Seen, Written};
pub use list::OwnedAccount;

/// The accounts of all organizations.
#[derive(Clone, Debug)]
pub struct AccountStore {
    table: Table<AccountKey>,
}

/// An account as it was read, with what a change of it needs to know.
#[derive(Clone, Debug)]
pub struct StoredAccount {
    account: Account,
    stamps: Stamps,
}

impl Deref for StoredAccount {
    type Target = Account;

    fn deref(&self) -> &Account {
        &self.account
    }
}

impl AccountStore {
    pub(crate) fn new(client: Client, table: String) -> Self {
        Self { table: Table::new(client, table) }
    }

    /// The account, if the organization has it.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn get(&self, org: &OrgId, id: &AccountId) -> Result<Option<Account>, Failure> {
        Ok(self.get_for_change(org, id).await?.map(|found| found.account))
    }

    /// The account, if the organization has it, for [`change`](Self::change).
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn get_for_change(
        &self,
        org: &OrgId,
        id: &AccountId,
    ) -> Result<Option<StoredAccount>, Failure> {
        match self.read(org, id).await? {
            Some(item) => stored(org, &item),
            None => Ok(None),
        }
    }

    /// The account's item, or its tombstone.
    async fn read(&self, org: &OrgId, id: &AccountId) -> Result<Option<Item>, Failure> {
        self.table.get(&AccountKey::new(org, id)).await
    }
}

/// The account in an item, unless the item is a tombstone.
fn stored(org: &OrgId, item: &Item) -> Result<Option<StoredAccount>, Failure> {
    if History::of(item).is_deleted() {
        return Ok(None);
    }
    Ok(Some(StoredAccount { account: account(org, item)?, stamps: Stamps::of(item)? }))
}

/// The accounts in items that are no tombstones.
fn living<'a>(org: &'a OrgId, items: &'a [Item]) -> impl Iterator<Item = Result<Account, Failure>> + 'a {
    items.iter().filter(|item| !History::of(item).is_deleted()).map(|item| account(org, item))
}
