//! Revoking a key, alone or with all keys that descend from it.
//!
//! What a revocation depends on may change while it runs, so its transactions check it: that the key
//! which can still manage keys afterwards is not revoked itself, and that no key was created since
//! the descendants were looked up. Only keys with the scope `keys` create keys. They are revoked
//! first; after that the descendants are complete.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, TransactWriteItem, Update};
use backon::Retryable;
use jiff::Timestamp;
use saldo_domain::id::{KeyId, OrgId};
use saldo_domain::key::{Actor, ApiKey, Scope, descendants, successors};
use serde::{Deserialize, Serialize};

use super::transaction::{OPERATION, RETRIES, Setback};
use super::{KeyStore, Record, from_item};
use crate::failure::Failure;
use crate::item::{moment, text};
use crate::table_keys;

/// The keys that one transaction revokes: of its 100 actions two are left for what it checks
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html>).
const KEYS_PER_TRANSACTION: usize = 98;

/// What to revoke, and for whom.
#[derive(Clone, Debug)]
pub struct Revocation<'a> {
    /// The organization.
    pub org: &'a OrgId,
    /// The key.
    pub id: &'a KeyId,
    /// Whether all keys that descend from it are revoked, too.
    pub cascade: bool,
    /// Who revokes it.
    pub by: Revoker<'a>,
    /// When.
    pub now: Timestamp,
}

/// Who revokes a key.
#[derive(Clone, Copy, Debug)]
pub enum Revoker<'a> {
    /// A key, which needs the scopes of the key it revokes, and can't revoke the last key that
    /// manages keys.
    Key(&'a ApiKey),
    /// The admin command, which may revoke any key.
    Operator,
}

/// The result of a revocation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Revoked {
    /// The key is revoked, now or earlier.
    Done,
    /// The organization has no such key.
    NotFound,
    /// The revoking key lacks these scopes of the key.
    ScopesMissing(Vec<Scope>),
    /// No other key that can manage keys would be left.
    LastKey,
}

/// How many keys an organization created.
#[derive(Default, Serialize, Deserialize)]
struct Count {
    created: u64,
}

/// The keys of an organization.
#[derive(Default)]
struct Keys {
    /// How many it had created before they were read.
    created: u64,
    keys: Vec<ApiKey>,
    hashes: HashMap<KeyId, String>,
}

impl Keys {
    /// Adds a key, or replaces what is known of it.
    fn put(&mut self, Record { hash, record }: Record<ApiKey>) {
        if self.hashes.insert(record.id.clone(), hash).is_some() {
            self.keys.retain(|key| key.id != record.id);
        }
        self.keys.push(record);
    }

    fn hash(&self, key: &ApiKey) -> &str {
        self.hashes.get(&key.id).map(String::as_str).unwrap_or_default()
    }
}

impl KeyStore {
    /// Revokes a key: from now on every request with it is refused. With `cascade`, keys that are
    /// created while this runs are revoked, too, or not created.
    ///
    /// A cascade over more than [`KEYS_PER_TRANSACTION`] keys takes several transactions. If it fails
    /// half-way, it completes when it is requested again.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails, or other changes are always first.
    pub async fn revoke(&self, revocation: &Revocation<'_>) -> Result<Revoked, Failure> {
        let attempt = || self.try_revoke(revocation);
        attempt.retry(RETRIES).when(Setback::is_passing).await.map_err(Setback::into_failure)
    }

    async fn try_revoke(&self, revocation: &Revocation<'_>) -> Result<Revoked, Setback> {
        let Revocation { org, id, cascade, by, now } = revocation;
        let Some(target) = self.by_id(org, id).await? else { return Ok(Revoked::NotFound) };
        if let Revoker::Key(key) = by {
            // Descendants have no scopes that the key lacks.
            let missing = key.lacks(&target.record.scopes);
            if !missing.is_empty() {
                return Ok(Revoked::ScopesMissing(missing));
            }
        }
        let mut all = match *cascade || target.record.allows(Scope::Keys) {
            true => self.all(org).await?,
            false => Keys::default(),
        };
        // What the index says of it may be old.
        all.put(target);
        let mut revoked: Vec<&ApiKey> =
            all.keys.iter().filter(|key| key.id == **id && key.revoked_at.is_none()).collect();
        if *cascade {
            revoked.extend(descendants(&all.keys, id).into_iter().filter(|key| key.is_valid_at(*now)));
        }
        let successor = match (by, successors(&all.keys, &revoked, *now)) {
            (Revoker::Operator, _) | (_, None) => None,
            (Revoker::Key(_), Some(successors)) => match self.valid(&all, &successors).await? {
                Some(hash) => Some(hash),
                None => return Ok(Revoked::LastKey),
            },
        };
        revoked.sort_by_key(|key| !key.allows(Scope::Keys));
        for batch in revoked.chunks(KEYS_PER_TRANSACTION) {
            self.revoke_batch(revocation, &all, batch, successor).await?;
        }
        Ok(Revoked::Done)
    }

    /// Revokes some keys in one transaction.
    async fn revoke_batch(
        &self,
        revocation: &Revocation<'_>,
        all: &Keys,
        batch: &[&ApiKey],
        successor: Option<&str>,
    ) -> Result<(), Setback> {
        let actions = batch.iter().map(|key| self.set_revoked(all.hash(key), revocation));
        let mut actions = actions.collect::<Result<Vec<_>, _>>()?;
        if batch.iter().any(|key| key.allows(Scope::Keys)) {
            actions.extend(successor.map(|hash| self.is_not_revoked(hash)).transpose()?);
            if revocation.cascade {
                actions.push(self.none_created_since(revocation.org, all.created)?);
            }
        }
        match self.transact(actions).await?.is_empty() {
            true => Ok(()),
            false => Err(Setback::Outrun),
        }
    }

    /// The hash of the first of these keys that is not revoked, read consistently.
    async fn valid<'a>(&self, all: &'a Keys, keys: &[&ApiKey]) -> Result<Option<&'a str>, Failure> {
        for key in keys {
            let hash = all.hash(key);
            let found: Option<Record<ApiKey>> = self.read(hash).await?;
            if found.is_some_and(|found| found.record.revoked_at.is_none()) {
                return Ok(Some(hash));
            }
        }
        Ok(None)
    }

    /// The key with this id, read consistently.
    pub(super) async fn by_id(&self, org: &OrgId, id: &KeyId) -> Result<Option<Record<ApiKey>>, Failure> {
        match self.pointer(org, id).await? {
            Some(pointer) => self.read(&pointer.key).await,
            None => Ok(None),
        }
    }

    /// Every key of an organization that was created before this call. The index says when they were
    /// revoked and last used, which may be old.
    async fn all(&self, org: &OrgId) -> Result<Keys, Setback> {
        let count: Option<Count> = self.read(&table_keys::key_count(org)).await?;
        let created = count.unwrap_or_default().created;
        let mut all = Keys { created, ..Keys::default() };
        let mut pages =
            self.by_org(org).key_condition_expression("org = :org").into_paginator().items().send();
        while let Some(item) = pages.next().await {
            all.put(from_item(item.map_err(Failure::of("Query on keys by_org"))?)?);
        }
        match all.hashes.len() as u64 >= created {
            true => Ok(all),
            false => Err(Setback::Outrun),
        }
    }

    fn set_revoked(&self, hash: &str, revocation: &Revocation<'_>) -> Result<TransactWriteItem, Failure> {
        let by = match revocation.by {
            Revoker::Key(key) => Actor::Key(key.id.clone()),
            Revoker::Operator => Actor::Operator,
        };
        let update = Update::builder()
            .table_name(&self.table)
            .key("hash", text(hash))
            // Who revoked it first, and when, stays.
            .update_expression("SET #at = if_not_exists(#at, :now), #by = if_not_exists(#by, :by)")
            .condition_expression("attribute_exists(#hash)")
            .expression_attribute_names("#hash", "hash")
            .expression_attribute_names("#at", "revoked_at")
            .expression_attribute_names("#by", "revoked_by")
            .expression_attribute_values(":now", moment(revocation.now))
            .expression_attribute_values(":by", text(by))
            .build()
            .map_err(Failure::unsendable(OPERATION))?;
        Ok(TransactWriteItem::builder().update(update).build())
    }

    /// The condition that an organization has created so many keys, and none since.
    fn none_created_since(&self, org: &OrgId, created: u64) -> Result<TransactWriteItem, Failure> {
        let check = ConditionCheck::builder()
            .table_name(&self.table)
            .key("hash", text(table_keys::key_count(org)))
            .condition_expression("#created = :created")
            .expression_attribute_names("#created", "created")
            .expression_attribute_values(":created", AttributeValue::N(created.to_string()))
            .build()
            .map_err(Failure::unsendable(OPERATION))?;
        Ok(TransactWriteItem::builder().condition_check(check).build())
    }
}
