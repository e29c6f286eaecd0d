//! The accounts.

mod allocations;
mod bank;
mod change;
mod export;
mod filter;
mod import;
mod list;
mod omitted;
mod open_item;
mod open_items;
mod record;
mod seen;
#[cfg(test)]
mod size;
mod state;

use aws_sdk_dynamodb::Client;
use saldo_domain::account::{Account, History};
use saldo_domain::id::{AccountId, OrgId};
use saldo_domain::import::ScopeFiles;

use self::record::account;
use self::state::{Stored, is_tombstone};
use crate::dynamodb::Table;
use crate::dynamodb::item::Item;
use crate::dynamodb::record::Attributes as _;
use crate::failure::Failure;
use crate::table_keys::AccountKey;

pub use bank::Reported;
pub use change::{Moment, SeenAccount};
pub use list::{Owned, OwnedAccount};
pub use omitted::Omitted;
pub use open_items::OpenItemStore;
pub use seen::Seen;

/// The accounts of all organizations.
#[derive(Clone, Debug)]
pub struct AccountStore {
    table: Table<AccountKey>,
}

/// An account as it was read, with what a change of it needs to know, unless it is an open item.
#[derive(Clone, Debug)]
struct StoredAccount {
    account: Account,
    history: History,
    read: Stored,
}

impl AccountStore {
    pub(crate) fn new(client: Client, table: String) -> Self {
        Self { table: Table::new(client, table) }
    }

    /// The account, if the organization has it, as its source has stated it by the files of these scopes, which must have been
    /// read before.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn get_stated(
        &self,
        org: &OrgId,
        id: &AccountId,
        scopes: &[ScopeFiles],
    ) -> Result<Option<Account>, Failure> {
        let found = self.stored(org, id).await?;
        Ok(found.map(|StoredAccount { account, history, .. }| account.stated(&history, scopes)))
    }

    /// The account, if the organization has it.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn get(&self, org: &OrgId, id: &AccountId) -> Result<Option<Account>, Failure> {
        Ok(self.stored(org, id).await?.map(|found| found.account))
    }

    async fn stored(&self, org: &OrgId, id: &AccountId) -> Result<Option<StoredAccount>, Failure> {
        StoredAccount::of(org, self.read(org, id).await?)
    }

    /// The account's item, or its tombstone.
    async fn read(&self, org: &OrgId, id: &AccountId) -> Result<Stored, Failure> {
        Ok(Stored::new(self.table.get(&AccountKey::new(org, id)).await?.unwrap_or_default()))
    }
}

impl StoredAccount {
    /// The account that was read, unless there is none.
    fn of(org: &OrgId, read: Stored) -> Result<Option<Self>, Failure> {
        let (account, history) = read.account_and_history(org)?;
        Ok(account.map(|account| Self { account, history, read }))
    }
}

/// The accounts in items that are no tombstones, as their sources have stated them by these files.
fn living<'a>(
    org: &'a OrgId,
    scopes: &'a [ScopeFiles],
    items: &'a [Item],
) -> impl Iterator<Item = Result<Account, Failure>> + 'a {
    let stated = move |item: &'a Item| match scopes {
        [] => account(org, item),
        scopes => Ok(account(org, item)?.stated(&History::read(item)?, scopes)),
    };
    items.iter().filter(|item| !is_tombstone(item)).map(stated)
}
