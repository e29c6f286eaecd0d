//! Accounts in lists: an organization's, and an owner's.
//!
//! An organization's accounts come shard by shard, in a shard by id, so the last id of a
//! page says where the next one begins, whatever was added or deleted meanwhile.

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use futures::{StreamExt, TryStreamExt, stream};
use saldo_domain::account::{Account, AccountFilter, AccountType, OwnerId};
use saldo_domain::id::{AccountId, OrgId};
use saldo_domain::money::{Currency, Decimal};

use super::filter::{matching, matching_in_index};
use super::trace::Trace;
use super::{AccountStore, CURRENCY, WHAT, account};
use crate::batch_get::batch_get;
use crate::failure::Failure;
use crate::item::{Item, Reader, text};
use crate::table_keys::{self, SHARDS};

/// The least items a query for filtered accounts looks at: fewer would be many requests.
const FILTERED_MIN: usize = 100;
/// The shards that are searched at once.
const FILTERED_SHARDS: usize = 4;
/// How much more each further query looks at than the one before.
const FILTERED_GROWTH: usize = 4;

/// What an account means to its owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnedAccount {
    /// Its id.
    pub id: AccountId,
    /// Its type.
    pub kind: AccountType,
    /// The currency of its balance.
    pub currency: Currency,
    /// Its balance.
    pub balance: Decimal,
}

/// Where accounts lie side by side, in the order of their ids.
#[derive(Clone, Debug)]
pub(super) enum Partition {
    Shard(u8),
    Owner(OwnerId),
}

impl AccountStore {
    /// The organization's accounts behind `after`: at most `limit` of those that match, and
    /// whether there are more. It is made for filters of type and owner; others, too, would
    /// have it look at far more accounts than it returns.
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

    /// At least `wanted` accounts of the organization behind `after`, if there are so many.
    async fn across_shards(
        &self,
        org: &OrgId,
        filter: &AccountFilter,
        after: Option<&AccountId>,
        wanted: usize,
    ) -> Result<Vec<Account>, Failure> {
        let first = after.map_or(0, |after| after.shard(SHARDS));
        let mut found = self.page(org, &Partition::Shard(first), filter, after, wanted).await?;
        // Whoever filters may find all they want in the next few, or nothing in any.
        let at_once = if filter.kind.is_some() { FILTERED_SHARDS } else { usize::from(SHARDS) };
        let shards: Vec<u8> = (first + 1..SHARDS).collect();
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

    /// Every account of an owner, in the order of their ids.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn owned_by(&self, org: &OrgId, owner: &OwnerId) -> Result<Vec<OwnedAccount>, Failure> {
        let mut items = self
            .query(org, &Partition::Owner(owner.clone()), None)
            .projection_expression("#id, #type, #currency, #balance")
            .expression_attribute_names("#id", "id")
            .expression_attribute_names("#type", "type")
            .expression_attribute_names("#currency", CURRENCY)
            .expression_attribute_names("#balance", "balance")
            .into_paginator()
            .items()
            .send();
        let mut accounts = Vec::new();
        while let Some(item) = items.next().await {
            accounts.push(owned(&item.map_err(Failure::of("Query on accounts by_owner"))?)?);
        }
        Ok(accounts)
    }

    /// Whether an owner owns any account.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn owns_any(&self, org: &OrgId, owner: &OwnerId) -> Result<bool, Failure> {
        let query = self.query(org, &Partition::Owner(owner.clone()), None).limit(1);
        let answer = query.send().await.map_err(Failure::of("Query on accounts by_owner"))?;
        Ok(answer.count > 0)
    }

    /// At most `wanted` accounts of a partition behind `after`.
    async fn page(
        &self,
        org: &OrgId,
        partition: &Partition,
        filter: &AccountFilter,
        after: Option<&AccountId>,
        wanted: usize,
    ) -> Result<Vec<Account>, Failure> {
        let mut found = Vec::new();
        let mut start = None;
        let mut look_at = if filter.kind.is_some() { wanted.max(FILTERED_MIN) } else { wanted };
        loop {
            let query = self
                .query(org, partition, after)
                .set_exclusive_start_key(start)
                .limit(i32::try_from(look_at).unwrap_or(i32::MAX));
            let wanted_items = match partition {
                Partition::Shard(_) => matching(org, filter),
                Partition::Owner(_) => matching_in_index(filter),
            };
            let answer = wanted_items.on(query).send().await.map_err(Failure::of("Query on accounts"))?;
            start = answer.last_evaluated_key;
            let items = answer.items.unwrap_or_default();
            match partition {
                Partition::Shard(_) => {
                    found.extend(items.iter().map(|item| account(org, item)).collect::<Result<Vec<_>, _>>()?);
                }
                Partition::Owner(_) => found.extend(self.of_index(org, filter, items).await?),
            }
            if start.is_none() || found.len() >= wanted {
                found.truncate(wanted);
                return Ok(found);
            }
            look_at = look_at.saturating_mul(FILTERED_GROWTH);
        }
    }

    /// The accounts that items of the index stand for, those that match, as they are now and in
    /// the order of their ids. The index lags behind the table.
    pub(super) async fn of_index(
        &self,
        org: &OrgId,
        filter: &AccountFilter,
        mut items: Vec<Item>,
    ) -> Result<Vec<Account>, Failure> {
        for item in &mut items {
            item.retain(|name, _| name == "shard" || name == "id");
        }
        let items = batch_get(&self.client, &self.table, items, false).await?;
        let living = items.iter().filter(|item| !Trace::of(item).is_deleted());
        let mut accounts = living.map(|item| account(org, item)).collect::<Result<Vec<_>, _>>()?;
        accounts.retain(|account| filter.matches(account));
        accounts.sort_unstable_by(|a, b| a.id.cmp(&b.id));
        Ok(accounts)
    }

    pub(super) fn query(
        &self,
        org: &OrgId,
        partition: &Partition,
        after: Option<&AccountId>,
    ) -> QueryFluentBuilder {
        let query = self.client.query().table_name(&self.table);
        let (query, name, value) = match partition {
            // Whoever made an account finds it in the list.
            Partition::Shard(shard) => (query.consistent_read(true), "shard", table_keys::shard(org, *shard)),
            Partition::Owner(owner) => {
                (query.index_name("by_owner"), "owner", table_keys::account_owner(org, owner.as_str()))
            }
        };
        let query = query.expression_attribute_names("#partition", name);
        let query = query.expression_attribute_values(":partition", text(value));
        match after {
            None => query.key_condition_expression("#partition = :partition"),
            Some(after) => query
                .key_condition_expression("#partition = :partition AND id > :after")
                .expression_attribute_values(":after", text(after)),
        }
    }
}

fn owned(item: &Item) -> Result<OwnedAccount, Failure> {
    let read = Reader::new(item, WHAT);
    Ok(OwnedAccount {
        id: read.required("id")?,
        kind: read.required("type")?,
        currency: read.required(CURRENCY)?,
        balance: read.required("balance")?,
    })
}
