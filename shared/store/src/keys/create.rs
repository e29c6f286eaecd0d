//! Creating a key.

use backon::Retryable;
use saldo_domain::key::{Actor, ApiKey, KeyHash};

use super::transaction::{RETRIES, Setback};
use super::{KeyStore, Pointer, Record, WHAT};
use crate::dynamodb::item::{count, text, to_item};
use crate::dynamodb::{Update, absent, equals};
use crate::failure::Failure;
use crate::table_keys::HashKey;

/// The result of a creation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Creation {
    /// The key is stored.
    Stored,
    /// The creating key was revoked meanwhile. Nothing is stored.
    CreatorRevoked,
    /// An earlier attempt of the same request stored the key, and it was revoked since. It stays revoked.
    Revoked,
}

impl KeyStore {
    /// Stores a key, in place of one with the same id: only an earlier attempt of the same request,
    /// whose answer did not arrive, can have stored that.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails, or other changes are always first.
    pub async fn create(&self, hash: &KeyHash, key: &ApiKey) -> Result<Creation, Failure> {
        let attempt = || self.try_create(hash, key);
        attempt.retry(RETRIES).when(Setback::is_passing).await.map_err(Setback::into_failure)
    }

    async fn try_create(&self, hash: &KeyHash, key: &ApiKey) -> Result<Creation, Setback> {
        let mut actions = Vec::new();
        if let Actor::Key(parent) = &key.created_by {
            let Some(parent) = self.pointer(&key.org, parent).await? else {
                return Ok(Creation::CreatorRevoked);
            };
            // First, so that a failed condition is known by its index.
            actions.push(self.is_not_revoked(&HashKey::of_hash(&parent.key))?);
        }
        let before = self.pointer(&key.org, &key.id).await?;
        let record = Record { hash: hash.as_str().to_owned(), record: key };
        actions.push(self.table.put_action(to_item(&record, WHAT)?, None)?);
        let at = HashKey::pointer(&key.org, &key.id).into_hash();
        let pointer = to_item(&Pointer { hash: at, key: hash.as_str().to_owned() }, WHAT)?;
        match before {
            None => {
                actions.push(self.table.put_action(pointer, Some(&absent("hash")))?);
                let mut one_more = Update::default();
                one_more.add("created", count(1_u64));
                actions.push(self.table.update_action(&HashKey::count(&key.org), &one_more)?);
            }
            Some(Pointer { key: before, .. }) => {
                actions.push(self.table.put_action(pointer, Some(&equals("key", text(&before))))?);
                // The key that an earlier attempt stored is deleted, unless it was revoked.
                let unrevoked = Some(absent("revoked_at"));
                actions.push(self.table.delete_action(&HashKey::of_hash(&before), unrevoked.as_ref())?);
            }
        }
        match self.table.transact(actions).await? {
            Ok(()) => Ok(Creation::Stored),
            Err(failed) if failed.first_action() == Some(0) && key.created_by != Actor::Operator => {
                Ok(Creation::CreatorRevoked)
            }
            // Another attempt was first, or the earlier attempt's key was revoked.
            Err(_) => match self.by_id(&key.org, &key.id).await? {
                Some(stored) if stored.record.revoked_at.is_some() => Ok(Creation::Revoked),
                _ => Err(Setback::Outrun),
            },
        }
    }
}
