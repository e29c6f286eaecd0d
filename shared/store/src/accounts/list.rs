//! Accounts in lists: an organization's, and an owner's.
//!
//! An organization's accounts are listed shard by shard, and in a shard by id. So the last id of a page tells where the
//! next one begins, even if accounts are added or deleted in between.

use std::collections::BTreeMap;

use futures::{StreamExt, TryStreamExt, stream};
use saldo_domain::account::{Account, AccountFilter, AccountType, ExternalId, OwnerId};
use saldo_domain::id::{AccountId, ImportId, OrgId};
use saldo_domain::import::ScopeFiles;
use saldo_domain::money::{Currency, Decimal, Total};

use super::filter::{matching, matching_in_index};
use super::record::{BALANCE, CURRENCY, TYPE, WHAT};
use super::state::{AsImport, FIRST_IMPORT};
use super::{AccountStore, living};
use crate::dynamodb::item::{Item, Reader, text};
use crate::dynamodb::record::{AsNumber, AsText, Optional, record};
use crate::dynamodb::{Key, Query, greater_than};
use crate::failure::Failure;
use crate::table_keys::{AccountKey, SHARDS_AT_ONCE};

/// The fewest items that a filtered query looks at: fewer would mean many requests.
const FILTERED_MIN: usize = 100;
/// The shards that a filtered list searches at the same time.
const FILTERED_SHARDS: usize = 4;
/// The factor by which each further query looks at more items than the one before.
const FILTERED_GROWTH: usize = 4;
/// The most queries of a partition for a page of a list: together they look at 2,100 items. A page that ends there may have
/// no account, and the next one goes on.
const QUERIES_MAX: usize = 3;
/// The items after which the partitions that are left are looked at by one query each, which for a small one is all of it.
const LOOKED_AT_MAX: usize = 10_000;

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
    /// The import that has made it; only open items have one.
    first_import: Option<ImportId> as Optional<AsImport> = FIRST_IMPORT,
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
    /// What is still owed of all open items in each currency.
    pub open_amounts: BTreeMap<Currency, Total>,
}

impl Owned {
    /// Adds an account, which is one of the first ones if there are fewer than `shown`.
    pub fn add(&mut self, account: OwnedAccount, shown: usize) {
        self.balances.entry(account.currency).or_default().add(account.balance);
        if account.first_import.is_some() {
            self.open_amounts.entry(account.currency).or_default().add(-account.balance);
        }
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

/// What a search has found.
#[derive(Debug, Default)]
struct Found {
    /// The accounts.
    accounts: Vec<Account>,
    /// The last account that was looked at, if the search stopped there without having found enough.
    stopped_at: Option<AccountId>,
    /// About how many items were looked at.
    looked_at: usize,
}

/// What accounts are read for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted<'a> {
    /// The organization.
    pub(super) org: &'a OrgId,
    /// What they match.
    pub(super) filter: &'a AccountFilter,
    /// The files of scopes by which their sources have stated them. They were read before the accounts.
    pub(super) scopes: &'a [ScopeFiles],
}

impl Wanted<'_> {
    /// Whether they must be read consistently: an account that is older than the record of its scope does not have the figure of
    /// that day yet.
    pub(super) fn needs_consistency(self) -> bool {
        !self.scopes.is_empty()
    }

    /// The accounts in these items that match.
    pub(super) fn of(self, items: &[Item]) -> Result<Vec<Account>, Failure> {
        let mut accounts = living(self.org, self.scopes, items).collect::<Result<Vec<_>, _>>()?;
        accounts.retain(|account| self.filter.matches(account));
        Ok(accounts)
    }
}

/// Whether a list has the account behind another one.
fn is_behind(org: &OrgId, account: &Account, other: &AccountId) -> bool {
    let place = |id: &AccountId| (org.shards().of_account(id), id.clone());
    place(&account.id) > place(other)
}

impl AccountStore {
    /// The organization's accounts after `after`: at most `limit` of those that match, and the account after which the next
    /// page goes on; `None` if there are no more. The work is bounded, so a page may have fewer accounts, or none, and still
    /// have a next one. The accounts are as their sources have stated them by the files of these scopes, which must have been
    /// read before.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn list(
        &self,
        org: &OrgId,
        filter: &AccountFilter,
        scopes: &[ScopeFiles],
        after: Option<&AccountId>,
        limit: usize,
    ) -> Result<(Vec<Account>, Option<AccountId>), Failure> {
        let (wanted, number) = (Wanted { org, filter, scopes }, limit + 1);
        let Found { mut accounts, stopped_at, .. } = match (&filter.external_id, &filter.owner_id) {
            (Some(id), _) => self.only(wanted, after, id).await?,
            (None, Some(owner)) => {
                let partition = Partition::Owner(owner.clone());
                self.page(wanted, &partition, after, number, QUERIES_MAX).await?
            }
            (None, None) => self.across_shards(wanted, after, number).await?,
        };
        if accounts.len() <= limit {
            return Ok((accounts, stopped_at));
        }
        accounts.truncate(limit);
        let last = accounts.last().map(|account| account.id.clone());
        Ok((accounts, last))
    }

    /// The account with this external id, if it matches.
    async fn only(
        &self,
        Wanted { org, filter, scopes }: Wanted<'_>,
        after: Option<&AccountId>,
        external_id: &ExternalId,
    ) -> Result<Found, Failure> {
        let account = self.get_stated(org, &AccountId::of_external(org, external_id), scopes).await?;
        let is_wanted = |account: &Account| {
            // A page that follows another one does not repeat it.
            filter.matches(account) && after.is_none_or(|after| is_behind(org, account, after))
        };
        Ok(Found { accounts: account.into_iter().filter(is_wanted).collect(), ..Found::default() })
    }

    /// At least so many accounts of the organization after `after`, if the search finds so many.
    async fn across_shards(
        &self,
        wanted: Wanted<'_>,
        after: Option<&AccountId>,
        number: usize,
    ) -> Result<Found, Failure> {
        let Wanted { org, filter, .. } = wanted;
        let first = after.map_or(0, |after| org.shards().of_account(after));
        let mut found = self.page(wanted, &Partition::Shard(first), after, number, QUERIES_MAX).await?;
        // With a filter, the next few shards may have enough accounts, or none of them any.
        let at_once = if filter.is_empty() { SHARDS_AT_ONCE } else { FILTERED_SHARDS };
        let shards: Vec<u16> = (first + 1..org.shards().count()).collect();
        for shards in shards.chunks(at_once) {
            let missing = number.saturating_sub(found.accounts.len());
            if missing == 0 || found.stopped_at.is_some() {
                break;
            }
            let queries = if found.looked_at < LOOKED_AT_MAX { QUERIES_MAX } else { 1 };
            let pages = shards.iter().map(|&shard| async move {
                self.page(wanted, &Partition::Shard(shard), None, missing, queries).await
            });
            let pages: Vec<_> = pages.collect();
            let pages: Vec<_> = stream::iter(pages).buffered(at_once).try_collect().await?;
            for page in pages {
                found.looked_at += page.looked_at;
                // What follows a shard that was not read to its end is read for the next page.
                if found.stopped_at.is_none() && found.accounts.len() < number {
                    found.accounts.extend(page.accounts);
                    found.stopped_at = page.stopped_at;
                }
            }
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

    /// At most `number` accounts of a partition after `after`, by at most so many queries.
    async fn page(
        &self,
        wanted: Wanted<'_>,
        partition: &Partition,
        after: Option<&AccountId>,
        number: usize,
        queries: usize,
    ) -> Result<Found, Failure> {
        let Wanted { org, filter, .. } = wanted;
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
        let mut found = Found::default();
        let mut start = None;
        // The index has the accounts of one owner.
        let of_owner = AccountFilter { owner_id: filter.owner_id.clone(), ..AccountFilter::default() };
        let is_narrow = *filter != of_owner;
        let mut look_at = if is_narrow { number.max(FILTERED_MIN) } else { number };
        for _ in 0..queries {
            let page = query.page(start, Some(look_at)).await?;
            found.looked_at += look_at;
            start = page.next;
            found.accounts.extend(match partition {
                Partition::Shard(_) => wanted.of(&page.items)?,
                Partition::Owner(_) => self.of_index(wanted, &page.items).await?,
            });
            if start.is_none() || found.accounts.len() >= number {
                break;
            }
            look_at = look_at.saturating_mul(FILTERED_GROWTH);
        }
        let stopped_at = start.as_ref().map(|key| Reader::new(key, WHAT).required("id")).transpose()?;
        found.stopped_at = stopped_at.filter(|_| found.accounts.len() < number);
        found.accounts.truncate(number);
        Ok(found)
    }

    /// The accounts of these items of the index that match, as they are in the table, in the order of their ids. The
    /// index lags behind the table.
    pub(super) async fn of_index(&self, wanted: Wanted<'_>, items: &[Item]) -> Result<Vec<Account>, Failure> {
        let keys = items.iter().map(AccountKey::of).collect::<Result<Vec<_>, _>>()?;
        let items = self.table.batch_get(&keys, wanted.needs_consistency()).await?;
        let mut accounts = wanted.of(&items)?;
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
