//! API keys, found by their hash, and the organizations they belong to.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::expression::Update;
use super::item::{Item, moment, text};
use super::table_keys;
use crate::failure::Failure;
use crate::id::{KeyId, OrgId};
use crate::key::{ApiKey, KeyHash};
use crate::organization::Organization;

/// The keys and organizations.
#[derive(Clone, Debug)]
pub struct KeyStore {
    client: Client,
    table: String,
}

/// Whether a moment is kept once it is set.
enum Set {
    Once,
    Again,
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

    /// The organization's keys, in the order of their ids: at most `limit` of those behind
    /// `after`, and whether there are more.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn list(
        &self,
        org: &OrgId,
        after: Option<&KeyId>,
        limit: usize,
    ) -> Result<(Vec<ApiKey>, bool), Failure> {
        let query = self.by_org(org).limit(i32::try_from(limit + 1).unwrap_or(i32::MAX));
        let query = match after {
            None => query.key_condition_expression("org = :org"),
            Some(after) => query
                .key_condition_expression("org = :org AND id > :after")
                .expression_attribute_values(":after", text(after)),
        };
        let answer = query.send().await.map_err(Failure::of("Query on keys by_org"))?;
        let items = answer.items.unwrap_or_default().into_iter();
        let mut keys = items.map(key).collect::<Result<Vec<_>, _>>()?;
        let more = keys.len() > limit || answer.last_evaluated_key.is_some();
        keys.truncate(limit);
        Ok((keys.into_iter().map(|record| record.record).collect(), more))
    }

    /// Revokes a key: from now on it opens nothing. Says whether the organization has it.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn revoke(&self, org: &OrgId, id: &KeyId, now: Timestamp) -> Result<bool, Failure> {
        let query = self
            .by_org(org)
            .key_condition_expression("org = :org AND id = :id")
            .expression_attribute_values(":id", text(id));
        let answer = query.send().await.map_err(Failure::of("Query on keys by_org"))?;
        let records = answer.items.unwrap_or_default().into_iter().map(key);
        let records = records.collect::<Result<Vec<_>, _>>()?;
        for record in &records {
            self.set(&record.hash, "revoked_at", now, Set::Once).await?;
        }
        Ok(!records.is_empty())
    }

    /// Records that a key was used.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn used(&self, hash: &KeyHash, now: Timestamp) -> Result<(), Failure> {
        self.set(hash.as_str(), "last_used_at", now, Set::Again).await
    }

    async fn set(&self, hash: &str, attribute: &str, now: Timestamp, how: Set) -> Result<(), Failure> {
        let mut update = Update::default();
        match how {
            Set::Once => update.set_if_absent(attribute, moment(now)),
            Set::Again => update.set(attribute, moment(now)),
        }
        let name = update.name("hash");
        update.require(format!("attribute_exists({name})"));
        let request = self.client.update_item().table_name(&self.table).key("hash", text(hash));
        update.on(request).send().await.map(drop).map_err(Failure::of("UpdateItem on keys"))
    }

    fn by_org(&self, org: &OrgId) -> QueryFluentBuilder {
        self.client
            .query()
            .table_name(&self.table)
            .index_name("by_org")
            .expression_attribute_values(":org", text(org))
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

fn key(item: Item) -> Result<Record<ApiKey>, Failure> {
    serde_dynamo::from_item(item).map_err(Failure::corrupt("a key"))
}
