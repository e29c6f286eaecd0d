//! All accounts that match, in the order of their ids: each reading returns the same accounts in the same order, even if
//! others are added or deleted between two readings.

use std::sync::Arc;

use futures::{Stream, stream};
use saldo_domain::account::{Account, AccountFilter, History};
use saldo_domain::id::{AccountId, OrgId};
use saldo_domain::import::ScopeFiles;

use super::AccountStore;
use super::filter::{matching, matching_in_index};
use super::list::{Partition, Wanted};
use super::record::Record;
use crate::dynamodb::item::{Item, text};
use crate::dynamodb::record::Attributes as _;
use crate::dynamodb::{Pages, equals, take_first};
use crate::failure::Failure;

impl AccountStore {
    /// The organization's accounts that match, by id, each of them once and whole, as it is when it is read, and as its source
    /// has stated it by the files of these scopes, which must have been read before. The shards of
    /// a group are read side by side, `per_page` accounts of each at a time, and the groups one after the other, so that
    /// memory does not grow with the number of accounts or shards. Without scopes, reads with eventual consistency.
    ///
    /// Must be called, and polled, on a Tokio runtime. The stream ends with its first error.
    pub fn export(
        &self,
        org: &OrgId,
        filter: &AccountFilter,
        scopes: Vec<ScopeFiles>,
        per_page: usize,
    ) -> impl Stream<Item = Result<Account, Failure>> + use<> {
        let groups = groups(org, filter).into_iter();
        let subject = Arc::new(Subject { org: org.clone(), filter: filter.clone(), scopes });
        let reading = Reading { store: self.clone(), subject, per_page, groups, group: Vec::new() };
        stream::try_unfold(reading, async |mut reading| {
            let next = reading.next().await?;
            Ok(next.map(|account| (account, reading)))
        })
    }

    fn pages(&self, subject: &Arc<Subject>, partition: &Partition, per_page: usize) -> Pages<Account> {
        let (subject, Wanted { org, filter, .. }) = (Arc::clone(subject), subject.wanted());
        let query = self.query(org, partition);
        match partition {
            Partition::Shard(_) => {
                let query = match &filter.external_id {
                    Some(id) => query.sort_key(equals("id", text(AccountId::of_external(org, id)))),
                    None => query,
                };
                let query = query.filter(matching(org, filter));
                let query = match subject.wanted().needs_consistency() {
                    true => query.project(&[Record::PROJECTION, History::NAMES].concat()).consistent(),
                    false => query.project(Record::PROJECTION),
                };
                Pages::of_pages(query, per_page, move |items: Vec<Item>| {
                    std::future::ready(subject.wanted().of(&items))
                })
            }
            Partition::Owner(_) => {
                let store = self.clone();
                let query = query.filter(matching_in_index(filter));
                Pages::of_pages(query, per_page, move |items| {
                    let (store, subject) = (store.clone(), Arc::clone(&subject));
                    async move { store.of_index(subject.wanted(), &items).await }
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

/// What is exported.
struct Subject {
    org: OrgId,
    filter: AccountFilter,
    scopes: Vec<ScopeFiles>,
}

impl Subject {
    fn wanted(&self) -> Wanted<'_> {
        Wanted { org: &self.org, filter: &self.filter, scopes: &self.scopes }
    }
}

/// An export that is being read.
struct Reading {
    store: AccountStore,
    subject: Arc<Subject>,
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
            let pages = |partition| self.store.pages(&self.subject, partition, self.per_page);
            self.group = group.iter().map(pages).collect();
        }
    }
}
