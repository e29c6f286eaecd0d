//! Accounts in lists: an organization's, and an owner's.
//!
//! An organization's accounts are listed shard by shard, and in a shard by id. So the last id of a page tells where the
//! next one begins, even if accounts are added or deleted in between.

use std::collections::BTreeMap;

use futures::{StreamExt, TryStreamExt, stream};
use saldo_domain::account::{Account, AccountFilter, AccountType, OwnerId};
use saldo_domain::id::{AccountId, OrgId};
use saldo_domain::money::{Currency, Decimal, Total};

use super::filter::{matching, matching_in_index};
use super::record::{BALANCE, CURRENCY, TYPE, WHAT, account};
use super::{AccountStore, living};
use crate::dynamodb::item::{Item, text};
use crate::dynamodb::record::{AsNumber, AsText, record};
use crate::dynamodb::{Key, Query, greater_than};
use crate::failure::Failure;
use crate::table_keys::{AccountKey, SHARDS_AT_ONCE};

/// The fewest items that a filtered query looks at: fewer would mean many requests.
const FILTERED_MIN: usize = 100;
/// The shards that a filtered list searches at the same time.
const FILTERED_SHARDS: usize = 4;
/// The factor by which each further query looks at more items than the one before.
const FILTERED_GROWTH: usize = 4;

record! {
    /// The part of an account that counts for its owner's balance.
    pub struct OwnedAccount, WHAT;
    /// Its id.
    id: AccountId as AsText = "id",
    /// Its type.
    kind: AccountType as AsText = TYPE,
    /// The currency of its balance.
    currency: Currency as AsText = CURRENCY,
    /// Its balance.
    balance: Decimal as AsNumber = BALANCE,
}

/// What an owner owns.
#[derive(Clone, Debug, Default)]
pub struct Owned {
    /// The first accounts, in the order of their ids.
    pub accounts: Vec<OwnedAccount>,
    /// Whether there are others.
    pub has_more: bool,
    /// The balance of all accounts in each currency.
    pub balances: BTreeMap<Currency, Total>,
}

impl Owned {
    /// Adds an account, which is one of the first ones if there are fewer than `shown`.
    pub fn add(&mut self, account: OwnedAccount, shown: usize) {
        self.balances.entry(account.currency).or_default().add(account.balance);
        match self.accounts.len() < shown {
            true => self.accounts.push(account),
            false => self.has_more = true,
        }
    }
}

/// A partition of accounts, in the order of their ids.
#[derive(Clone, Debug)]
pub(super) enum Partition {
    /// A shard of the organization's accounts, in the table.
    Shard(u16),
    /// The accounts of an owner, in the index.
    Owner(OwnerId),
}

impl AccountStore {
    /// The organization's accounts after `after`: at most `limit` of those that match, and whether there are more. It
    /// is made for filters of type and owner; with others it would look at far more accounts than it returns.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn list(
        &self,
        org: &OrgId,
        filter: &AccountFilter,
        after: Option<&AccountId>,
        limit: usize,
    ) -> Result<(Vec<Account>, bool), Failure> {
        let wanted = limit + 1;
        let mut found = match &filter.owner_id {
            Some(owner) => self.page(org, &Partition::Owner(owner.clone()), filter, after, wanted).await?,
            None => self.across_shards(org, filter, after, wanted).await?,
        };
        let more = found.len() > limit;
        found.truncate(limit);
        Ok((found, more))
    }

    /// At least `wanted` accounts of the organization after `after`, if there are so many.
    async fn across_shards(
        &self,
        org: &OrgId,
        filter: &AccountFilter,
        after: Option<&AccountId>,
        wanted: usize,
    ) -> Result<Vec<Account>, Failure> {
        let first = after.map_or(0, |after| org.shards().of_account(after));
        let mut found = self.page(org, &Partition::Shard(first), filter, after, wanted).await?;
        // With a filter, the next few shards may have enough accounts, or none of them any.
        let at_once = if filter.kind.is_some() { FILTERED_SHARDS } else { SHARDS_AT_ONCE };
        let shards: Vec<u16> = (first + 1..org.shards().count()).collect();
        for shards in shards.chunks(at_once) {
            let missing = wanted.saturating_sub(found.len());
            if missing == 0 {
                break;
            }
            let pages = shards.iter().map(|&shard| async move {
                self.page(org, &Partition::Shard(shard), filter, None, missing).await
            });
            let pages: Vec<_> = pages.collect();
            let pages: Vec<_> = stream::iter(pages).buffered(at_once).try_collect().await?;
            found.extend(pages.into_iter().flatten());
        }
        Ok(found)
    }

    /// What an owner owns: at most `shown` accounts, and the sums of all, which are read page by page.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn owned_by(&self, org: &OrgId, owner: &OwnerId, shown: usize) -> Result<Owned, Failure> {
        let query = self.query(org, &Partition::Owner(owner.clone())).project(OwnedAccount::PROJECTION);
        let (mut all, mut start) = (Owned::default(), None);
        loop {
            let page = query.page(start, None).await?;
            for item in &page.items {
                all.add(OwnedAccount::read(item)?, shown);
            }
            start = page.next;
            if start.is_none() {
                return Ok(all);
            }
        }
    }

    /// Whether an owner owns any account.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn owns_any(&self, org: &OrgId, owner: &OwnerId) -> Result<bool, Failure> {
        let page = self.query(org, &Partition::Owner(owner.clone())).page(None, Some(1)).await?;
        Ok(!page.items.is_empty())
    }

    /// At most `wanted` accounts of a partition after `after`.
    async fn page(
        &self,
        org: &OrgId,
        partition: &Partition,
        filter: &AccountFilter,
        after: Option<&AccountId>,
        wanted: usize,
    ) -> Result<Vec<Account>, Failure> {
        let query = self.query(org, partition);
        let query = match after {
            Some(after) => query.sort_key(greater_than("id", text(after))),
            None => query,
        };
        let query = match partition {
            // A list shows the account that its caller has just created.
            Partition::Shard(_) => query.filter(matching(org, filter)).consistent(),
            Partition::Owner(_) => query.filter(matching_in_index(filter)),
        };
        let mut found = Vec::new();
        let mut start = None;
        let mut look_at = if filter.kind.is_some() { wanted.max(FILTERED_MIN) } else { wanted };
        loop {
            let page = query.page(start, Some(look_at)).await?;
            start = page.next;
            match partition {
                Partition::Shard(_) => {
                    let accounts = page.items.iter().map(|item| account(org, item));
                    found.extend(accounts.collect::<Result<Vec<_>, _>>()?);
                }
                Partition::Owner(_) => found.extend(self.of_index(org, filter, &page.items).await?),
            }
            if start.is_none() || found.len() >= wanted {
                found.truncate(wanted);
                return Ok(found);
            }
            look_at = look_at.saturating_mul(FILTERED_GROWTH);
        }
    }

    /// The accounts of these items of the index that match, as they are in the table, in the order of their ids. The
    /// index lags behind the table.
    pub(super) async fn of_index(
        &self,
        org: &OrgId,
        filter: &AccountFilter,
        items: &[Item],
    ) -> Result<Vec<Account>, Failure> {
        let keys = items.iter().map(AccountKey::of).collect::<Result<Vec<_>, _>>()?;
        let items = self.table.batch_get(&keys, false).await?;
        let mut accounts = living(org, &items).collect::<Result<Vec<_>, _>>()?;
        accounts.retain(|account| filter.matches(account));
        accounts.sort_unstable_by(|a, b| a.id.cmp(&b.id));
        Ok(accounts)
    }

    /// The query for the items of a partition.
    pub(super) fn query(&self, org: &OrgId, partition: &Partition) -> Query {
        match partition {
            Partition::Shard(shard) => self.table.query(AccountKey::shard(org, *shard)),
            Partition::Owner(owner) => {
                self.table.query_index(AccountKey::BY_OWNER, AccountKey::owner(org, owner))
            }
        }
    }
}
