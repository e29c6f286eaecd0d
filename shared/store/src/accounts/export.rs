//! All accounts that match, in the order of their ids: each reading returns the same accounts in the same order, even if
//! others are added or deleted between two readings.

use futures::{Stream, stream};
use saldo_domain::account::{Account, AccountFilter};
use saldo_domain::id::{AccountId, OrgId};

use super::AccountStore;
use super::filter::{matching, matching_in_index};
use super::list::{Partition, matching_accounts};
use super::record::Record;
use crate::dynamodb::item::{Item, text};
use crate::dynamodb::{Pages, equals, take_first};
use crate::failure::Failure;

impl AccountStore {
    /// The organization's accounts that match, by id, each of them once and whole, as it is when it is read. The shards of
    /// a group are read side by side, `per_page` accounts of each at a time, and the groups one after the other, so that
    /// memory does not grow with the number of accounts or shards. Reads with eventual consistency.
    ///
    /// Must be called, and polled, on a Tokio runtime. The stream ends with its first error.
    pub fn export(
        &self,
        org: &OrgId,
        wanted: &AccountFilter,
        per_page: usize,
    ) -> impl Stream<Item = Result<Account, Failure>> + use<> {
        let (store, org, wanted) = (self.clone(), org.clone(), wanted.clone());
        let groups = groups(&org, &wanted).into_iter();
        let reading = Reading { store, org, wanted, per_page, groups, group: Vec::new() };
        stream::try_unfold(reading, async |mut reading| {
            let next = reading.next().await?;
            Ok(next.map(|account| (account, reading)))
        })
    }

    fn pages(
        &self,
        org: &OrgId,
        partition: &Partition,
        wanted: &AccountFilter,
        per_page: usize,
    ) -> Pages<Account> {
        let query = self.query(org, partition);
        match partition {
            Partition::Shard(_) => {
                let query = match &wanted.external_id {
                    Some(id) => query.sort_key(equals("id", text(AccountId::of_external(org, id)))),
                    None => query,
                };
                let query = query.filter(matching(org, wanted)).project(Record::PROJECTION);
                let (org, wanted) = (org.clone(), wanted.clone());
                Pages::of_pages(query, per_page, move |items: Vec<Item>| {
                    std::future::ready(matching_accounts(&org, &wanted, &items))
                })
            }
            Partition::Owner(_) => {
                let (store, org, filter) = (self.clone(), org.clone(), wanted.clone());
                let query = query.filter(matching_in_index(wanted));
                Pages::of_pages(query, per_page, move |items| {
                    let (store, org, filter) = (store.clone(), org.clone(), filter.clone());
                    async move { store.of_index(&org, &filter, &items).await }
                })
            }
        }
    }
}

/// The partitions with accounts that may match, in groups: all accounts of a group come before those of the next one.
fn groups(org: &OrgId, wanted: &AccountFilter) -> Vec<Vec<Partition>> {
    match (&wanted.external_id, &wanted.owner_id) {
        (Some(id), _) => {
            vec![vec![Partition::Shard(org.shards().of_account(&AccountId::of_external(org, id)))]]
        }
        (None, Some(owner)) => vec![vec![Partition::Owner(owner.clone())]],
        (None, None) => org.shards().groups().map(|group| group.map(Partition::Shard).collect()).collect(),
    }
}

/// An export that is being read.
struct Reading {
    store: AccountStore,
    org: OrgId,
    wanted: AccountFilter,
    per_page: usize,
    /// The groups that are still to be read.
    groups: std::vec::IntoIter<Vec<Partition>>,
    /// The rest of the group that is being read.
    group: Vec<Pages<Account>>,
}

impl Reading {
    async fn next(&mut self) -> Result<Option<Account>, Failure> {
        loop {
            if let Some(account) = take_first(&mut self.group, |account| account.id.clone()).await? {
                return Ok(Some(account));
            }
            let Some(group) = self.groups.next() else { return Ok(None) };
            let pages = |partition| self.store.pages(&self.org, partition, &self.wanted, self.per_page);
            self.group = group.iter().map(pages).collect();
        }
    }
}
