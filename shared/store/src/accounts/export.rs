//! All accounts that match, in the order of their ids: each reading returns the same accounts in the same order, even if
//! others are added or deleted between two readings.

use futures::{Stream, stream};
use saldo_domain::account::{Account, AccountFilter};
use saldo_domain::id::{AccountId, OrgId};

use super::AccountStore;
use super::filter::{matching, matching_in_index};
use super::list::Partition;
use super::record::{Record, account};
use crate::dynamodb::item::text;
use crate::dynamodb::{Pages, equals, take_first};
use crate::failure::Failure;
use crate::table_keys::SHARDS;

impl AccountStore {
    /// The organization's accounts that match, by id, each of them once and whole, as it is when it is read. The shards
    /// are read side by side, `per_page` accounts of each at a time, so that memory does not grow with the number of
    /// accounts. Reads with eventual consistency.
    ///
    /// Must be called, and polled, on a Tokio runtime. The stream ends with its first error.
    pub fn export(
        &self,
        org: &OrgId,
        wanted: &AccountFilter,
        per_page: usize,
    ) -> impl Stream<Item = Result<Account, Failure>> + use<> {
        let partitions = partitions(org, wanted);
        let shards = partitions.iter().map(|partition| self.pages(org, partition, wanted, per_page));
        let shards: Vec<_> = shards.collect();
        stream::try_unfold(shards, async |mut shards| {
            let next = take_first(&mut shards, |account| account.id.clone()).await?;
            Ok(next.map(|account| (account, shards)))
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
                let org = org.clone();
                Pages::of(query, per_page, move |item| account(&org, item))
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

/// The partitions with accounts that may match.
fn partitions(org: &OrgId, wanted: &AccountFilter) -> Vec<Partition> {
    match (&wanted.external_id, &wanted.owner_id) {
        (Some(id), _) => vec![Partition::Shard(AccountId::of_external(org, id).shard(SHARDS))],
        (None, Some(owner)) => vec![Partition::Owner(owner.clone())],
        (None, None) => (0..SHARDS).map(Partition::Shard).collect(),
    }
}
