//! Creating a key.

use aws_sdk_dynamodb::types::{AttributeValue, Delete, Put, TransactWriteItem, Update};
use backon::Retryable;
use saldo_domain::id::OrgId;
use saldo_domain::key::{Actor, ApiKey, KeyHash};

use super::transaction::{OPERATION, RETRIES, Setback};
use super::{KeyStore, Pointer, Record, to_item};
use crate::failure::Failure;
use crate::item::{Item, text};
use crate::table_keys;

/// The result of a creation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Creation {
    /// The key is stored.
    Stored,
    /// The key that creates it was revoked meanwhile. Nothing is stored.
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
            actions.push(self.is_not_revoked(&parent.key)?);
        }
        let before = self.pointer(&key.org, &key.id).await?;
        let record = to_item(&Record { hash: hash.as_str().to_owned(), record: key })?;
        actions.push(put(self.put_item(record))?);
        let at = table_keys::key_pointer(&key.org, &key.id);
        let pointer = self.put_item(to_item(&Pointer { hash: at, key: hash.as_str().to_owned() })?);
        match before {
            None => {
                let new = pointer.condition_expression("attribute_not_exists(#hash)");
                actions.push(put(new.expression_attribute_names("#hash", "hash"))?);
                actions.push(self.count(&key.org)?);
            }
            Some(Pointer { key: before, .. }) => {
                let same = pointer.condition_expression("#key = :before");
                let same = same.expression_attribute_names("#key", "key");
                actions.push(put(same.expression_attribute_values(":before", text(&before)))?);
                actions.push(self.delete_unrevoked(&before)?);
            }
        }
        match self.transact(actions).await?.as_slice() {
            [] => Ok(Creation::Stored),
            [0, ..] if key.created_by != Actor::Operator => Ok(Creation::CreatorRevoked),
            // Another attempt was first, or the earlier attempt's key was revoked.
            _ => match self.by_id(&key.org, &key.id).await? {
                Some(stored) if stored.record.revoked_at.is_some() => Ok(Creation::Revoked),
                _ => Err(Setback::Outrun),
            },
        }
    }

    /// Deletes the key that an earlier attempt stored, unless it was revoked.
    fn delete_unrevoked(&self, hash: &str) -> Result<TransactWriteItem, Failure> {
        let delete = Delete::builder()
            .table_name(&self.table)
            .key("hash", text(hash))
            .condition_expression("attribute_not_exists(#revoked_at)")
            .expression_attribute_names("#revoked_at", "revoked_at")
            .build()
            .map_err(Failure::unsendable(OPERATION))?;
        Ok(TransactWriteItem::builder().delete(delete).build())
    }

    fn put_item(&self, item: Item) -> aws_sdk_dynamodb::types::builders::PutBuilder {
        Put::builder().table_name(&self.table).set_item(Some(item))
    }

    /// Counts one more key of an organization.
    fn count(&self, org: &OrgId) -> Result<TransactWriteItem, Failure> {
        let count = Update::builder()
            .table_name(&self.table)
            .key("hash", text(table_keys::key_count(org)))
            .update_expression("ADD #created :one")
            .expression_attribute_names("#created", "created")
            .expression_attribute_values(":one", AttributeValue::N("1".to_owned()))
            .build()
            .map_err(Failure::unsendable(OPERATION))?;
        Ok(TransactWriteItem::builder().update(count).build())
    }
}

fn put(put: aws_sdk_dynamodb::types::builders::PutBuilder) -> Result<TransactWriteItem, Failure> {
    let put = put.build().map_err(Failure::unsendable(OPERATION))?;
    Ok(TransactWriteItem::builder().put(put).build())
}
