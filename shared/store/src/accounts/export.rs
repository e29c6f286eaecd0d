//! All the accounts that match, in the order of their ids: the same accounts come in the same
//! order at every reading, whatever is added or deleted between two.

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use futures::{Stream, stream};
use saldo_domain::account::{Account, AccountFilter};
use saldo_domain::id::{AccountId, OrgId};

use super::filter::{matching, matching_in_index};
use super::list::Partition;
use super::{ATTRIBUTES, AccountStore, account};
use crate::failure::Failure;
use crate::item::text;
use crate::pages::{Pages, take_first};
use crate::table_keys::SHARDS;

impl AccountStore {
    /// The organization's accounts that match, by id, each of them once and whole, as it is
    /// when it is read. The shards are read side by side, a few pages of each at a time, so
    /// that memory does not grow with the accounts; `per_page` of each are looked at at a time.
    /// Reads with eventual consistency.
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
        let query = self.query(org, partition, None).consistent_read(false);
        match partition {
            Partition::Shard(_) => Self::pages_of_shard(org, query, wanted, per_page),
            Partition::Owner(_) => {
                let (store, org, filter) = (self.clone(), org.clone(), wanted.clone());
                let query = matching_in_index(wanted).on(query);
                Pages::of_pages(query, per_page, "Query on accounts by_owner", move |items| {
                    let (store, org, filter) = (store.clone(), org.clone(), filter.clone());
                    async move { store.of_index(&org, &filter, items).await }
                })
            }
        }
    }

    fn pages_of_shard(
        org: &OrgId,
        mut query: QueryFluentBuilder,
        wanted: &AccountFilter,
        per_page: usize,
    ) -> Pages<Account> {
        if let Some(external_id) = &wanted.external_id {
            query = query
                .key_condition_expression("#partition = :partition AND id = :id")
                .expression_attribute_values(":id", text(AccountId::of_external(org, external_id)));
        }
        for attribute in ATTRIBUTES {
            query = query.expression_attribute_names(format!("#{attribute}"), attribute);
        }
        let projection: Vec<String> = ATTRIBUTES.iter().map(|attribute| format!("#{attribute}")).collect();
        let query = query.projection_expression(projection.join(", "));
        let org = org.clone();
        let query = matching(&org, wanted).on(query);
        Pages::of(query, per_page, "Query on accounts", move |item| account(&org, item))
    }
}

/// Where accounts that match may lie.
fn partitions(org: &OrgId, wanted: &AccountFilter) -> Vec<Partition> {
    match (&wanted.external_id, &wanted.owner_id) {
        (Some(id), _) => vec![Partition::Shard(AccountId::of_external(org, id).shard(SHARDS))],
        (None, Some(owner)) => vec![Partition::Owner(owner.clone())],
        (None, None) => (0..SHARDS).map(Partition::Shard).collect(),
    }
}
