//! Revoking a key, alone or with all keys that descend from it.
//!
//! The conditions of a revocation may change while it runs, so its transactions check them: that the key which can still
//! manage keys afterwards is not revoked itself, and that no key was created since the descendants were looked up. Only
//! keys with the scope `keys` create keys. They are revoked first; after that the descendants are complete.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::TransactWriteItem;
use backon::Retryable;
use jiff::Timestamp;
use saldo_domain::id::{KeyId, OrgId};
use saldo_domain::key::{Actor, ApiKey, Scope, descendants, successors};
use serde::{Deserialize, Serialize};

use super::transaction::{RETRIES, Setback};
use super::{KeyStore, Record, WHAT};
use crate::dynamodb::item::{count, from_item, moment, text};
use crate::dynamodb::{Update, equals, exists};
use crate::failure::Failure;
use crate::table_keys::HashKey;

/// The keys that one transaction revokes: two of its 100 actions are reserved for condition checks
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html>).
const KEYS_PER_TRANSACTION: usize = 98;

/// A request to revoke a key.
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
    /// The time of the request.
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

/// The number of keys that an organization ever created.
#[derive(Default, Serialize, Deserialize)]
struct Count {
    created: u64,
}

/// The keys of an organization.
#[derive(Default)]
struct Keys {
    /// The number of keys that it had created before they were read.
    created: u64,
    keys: Vec<ApiKey>,
    hashes: HashMap<KeyId, String>,
}

impl Keys {
    /// Adds a key, or replaces its older state.
    fn put(&mut self, Record { hash, record }: Record<ApiKey>) {
        if self.hashes.insert(record.id.clone(), hash).is_some() {
            self.keys.retain(|key| key.id != record.id);
        }
        self.keys.push(record);
    }

    fn at(&self, key: &ApiKey) -> HashKey {
        HashKey::of_hash(self.hashes.get(&key.id).map(String::as_str).unwrap_or_default())
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
            // A key's descendants have none but its scopes.
            let missing = key.lacks(&target.record.scopes);
            if !missing.is_empty() {
                return Ok(Revoked::ScopesMissing(missing));
            }
        }
        let mut all = match *cascade || target.record.allows(Scope::Keys) {
            true => self.all(org).await?,
            false => Keys::default(),
        };
        // Its state in the index may be old.
        all.put(target);
        let mut revoked: Vec<&ApiKey> =
            all.keys.iter().filter(|key| key.id == **id && key.revoked_at.is_none()).collect();
        if *cascade {
            revoked.extend(descendants(&all.keys, id).into_iter().filter(|key| key.is_valid_at(*now)));
        }
        let successor = match (by, successors(&all.keys, &revoked, *now)) {
            (Revoker::Operator, _) | (_, None) => None,
            (Revoker::Key(_), Some(successors)) => match self.valid(&all, &successors).await? {
                Some(successor) => Some(successor),
                None => return Ok(Revoked::LastKey),
            },
        };
        revoked.sort_by_key(|key| !key.allows(Scope::Keys));
        for batch in revoked.chunks(KEYS_PER_TRANSACTION) {
            self.revoke_batch(revocation, &all, batch, successor.as_ref()).await?;
        }
        Ok(Revoked::Done)
    }

    /// Revokes some keys in one transaction.
    async fn revoke_batch(
        &self,
        revocation: &Revocation<'_>,
        all: &Keys,
        batch: &[&ApiKey],
        successor: Option<&HashKey>,
    ) -> Result<(), Setback> {
        let actions = batch.iter().map(|key| self.set_revoked(&all.at(key), revocation));
        let mut actions = actions.collect::<Result<Vec<_>, _>>()?;
        if batch.iter().any(|key| key.allows(Scope::Keys)) {
            actions.extend(successor.map(|key| self.is_not_revoked(key)).transpose()?);
            if revocation.cascade {
                // No key was created since they were read.
                let created = equals("created", count(all.created));
                actions.push(self.table.check_action(&HashKey::count(revocation.org), created)?);
            }
        }
        self.table.transact(actions).await?.map_err(|_| Setback::Outrun)
    }

    /// The first of these keys that is not revoked, read consistently.
    async fn valid(&self, all: &Keys, keys: &[&ApiKey]) -> Result<Option<HashKey>, Failure> {
        for key in keys {
            let at = all.at(key);
            let found: Option<Record<ApiKey>> = self.read(&at).await?;
            if found.is_some_and(|found| found.record.revoked_at.is_none()) {
                return Ok(Some(at));
            }
        }
        Ok(None)
    }

    /// The key with this id, read consistently.
    pub(super) async fn by_id(&self, org: &OrgId, id: &KeyId) -> Result<Option<Record<ApiKey>>, Failure> {
        match self.pointer(org, id).await? {
            Some(pointer) => self.read(&HashKey::of_hash(&pointer.key)).await,
            None => Ok(None),
        }
    }

    /// Every key of an organization that was created before this call. The times of revocation and last use come from
    /// the index and may be old.
    async fn all(&self, org: &OrgId) -> Result<Keys, Setback> {
        let count: Option<Count> = self.read(&HashKey::count(org)).await?;
        let created = count.unwrap_or_default().created;
        let mut all = Keys { created, ..Keys::default() };
        for item in self.table.query_index(HashKey::BY_ORG, org.to_string()).all().await? {
            all.put(from_item(item, WHAT)?);
        }
        match all.hashes.len() as u64 >= created {
            true => Ok(all),
            false => Err(Setback::Outrun),
        }
    }

    fn set_revoked(&self, key: &HashKey, revocation: &Revocation<'_>) -> Result<TransactWriteItem, Failure> {
        let by = match revocation.by {
            Revoker::Key(key) => Actor::Key(key.id.clone()),
            Revoker::Operator => Actor::Operator,
        };
        let mut update = Update::default();
        update.require(exists("hash"));
        // The first revocation's time and author stay.
        update.set_if_absent("revoked_at", moment(revocation.now));
        update.set_if_absent("revoked_by", text(by));
        self.table.update_action(key, &update)
    }
}
