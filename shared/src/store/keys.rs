//! API keys, found by their hash, and the organizations they belong to.

use aws_sdk_dynamodb::Client;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::item::{Item, moment, text};
use super::table_keys;
use crate::failure::Failure;
use crate::id::OrgId;
use crate::key::{ApiKey, KeyHash};
use crate::organization::Organization;

/// The keys and organizations.
#[derive(Clone, Debug)]
pub struct KeyStore {
    client: Client,
    table: String,
}

#[derive(Serialize, Deserialize)]
struct Record<T> {
    hash: String,
    #[serde(flatten)]
    record: T,
}

impl KeyStore {
    pub(crate) fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    /// The key with this hash, valid or not. Reads consistently: a key revoked a moment
    /// ago is seen as revoked.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn find(&self, hash: &KeyHash) -> Result<Option<ApiKey>, Failure> {
        self.get(hash.as_str()).await
    }

    /// The organization, if there is one with this id.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn organization(&self, id: &OrgId) -> Result<Option<Organization>, Failure> {
        self.get(&table_keys::organization(id)).await
    }

    /// Stores a key.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn put(&self, hash: &KeyHash, key: &ApiKey) -> Result<(), Failure> {
        self.put_record(hash.as_str().to_owned(), key).await
    }

    /// Stores an organization.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn put_organization(&self, organization: &Organization) -> Result<(), Failure> {
        self.put_record(table_keys::organization(&organization.id), organization).await
    }

    /// Revokes a key: from now on it opens nothing.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails, or there is no such key.
    pub async fn revoke(&self, hash: &KeyHash, now: Timestamp) -> Result<(), Failure> {
        self.client
            .update_item()
            .table_name(&self.table)
            .key("hash", text(hash.as_str()))
            .update_expression("SET revoked_at = :now")
            .condition_expression("attribute_exists(#hash)")
            .expression_attribute_names("#hash", "hash")
            .expression_attribute_values(":now", moment(now))
            .send()
            .await
            .map(drop)
            .map_err(Failure::of("UpdateItem on keys"))
    }

    async fn get<T: serde::de::DeserializeOwned>(&self, hash: &str) -> Result<Option<T>, Failure> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.table)
            .key("hash", text(hash))
            .consistent_read(true)
            .send()
            .await
            .map_err(Failure::of("GetItem on keys"))?;
        let read = |item: Item| serde_dynamo::from_item::<_, Record<T>>(item);
        let record = answer.item.map(read).transpose();
        record.map(|found| found.map(|found| found.record)).map_err(Failure::corrupt("a key"))
    }

    async fn put_record<T: Serialize>(&self, hash: String, record: &T) -> Result<(), Failure> {
        let item: Item = serde_dynamo::to_item(Record { hash, record }).map_err(Failure::corrupt("a key"))?;
        self.client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item))
            .send()
            .await
            .map(drop)
            .map_err(Failure::of("PutItem on keys"))
    }
}
