//! API keys, found by their hash, and the organizations they belong to.
//!
//! Beside each key lies a pointer from its id to its hash. The index of an organization's
//! keys lags behind the table, and a key that was made a moment ago must be found when it is
//! to be revoked.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem};
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::conflict;
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

/// From a key's id to the key.
#[derive(Serialize, Deserialize)]
struct Pointer {
    /// Where the pointer lies.
    hash: String,
    /// Where the key lies.
    key: String,
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

    /// Every organization, by name. Reads the whole table: it is for operators, not for a
    /// request.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn organizations(&self) -> Result<Vec<Organization>, Failure> {
        let mut items = self
            .client
            .scan()
            .table_name(&self.table)
            .filter_expression("begins_with(#hash, :organizations)")
            .expression_attribute_names("#hash", "hash")
            .expression_attribute_values(":organizations", text(table_keys::ORGANIZATIONS))
            .into_paginator()
            .items()
            .send();
        let mut organizations = Vec::new();
        while let Some(item) = items.next().await {
            let item = item.map_err(Failure::of("Scan on keys"))?;
            organizations.push(from_item::<Record<Organization>>(item)?.record);
        }
        organizations.sort_by(|a, b| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
        Ok(organizations)
    }

    /// Stores a key, in place of one with the same id: only an earlier attempt of the same
    /// request can have made that, and nobody was told of it.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn put(&self, hash: &KeyHash, key: &ApiKey) -> Result<(), Failure> {
        const OPERATION: &str = "TransactWriteItems on keys";
        let at = table_keys::key_pointer(&key.org, &key.id);
        let before: Option<Pointer> = self.read(&at).await?;
        let record = to_item(&Record { hash: hash.as_str().to_owned(), record: key })?;
        let pointer = to_item(&Pointer { hash: at, key: hash.as_str().to_owned() })?;
        let mut actions = Vec::new();
        for item in [record, pointer] {
            let put = Put::builder().table_name(&self.table).set_item(Some(item)).build();
            let put = put.map_err(Failure::unsendable(OPERATION))?;
            actions.push(TransactWriteItem::builder().put(put).build());
        }
        if let Some(Pointer { key: before, .. }) = before {
            let delete = Delete::builder().table_name(&self.table).key("hash", text(before)).build();
            let delete = delete.map_err(Failure::unsendable(OPERATION))?;
            actions.push(TransactWriteItem::builder().delete(delete).build());
        }
        let transaction = self.client.transact_write_items().set_transact_items(Some(actions));
        transaction.send().await.map(drop).map_err(conflict::failure(OPERATION))
    }

    /// Stores an organization.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn put_organization(&self, organization: &Organization) -> Result<(), Failure> {
        let hash = table_keys::organization(&organization.id);
        self.client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(to_item(&Record { hash, record: organization })?))
            .send()
            .await
            .map(drop)
            .map_err(Failure::of("PutItem on keys"))
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
        let mut keys = items.map(from_item::<Record<ApiKey>>).collect::<Result<Vec<_>, _>>()?;
        let more = keys.len() > limit || answer.last_evaluated_key.is_some();
        keys.truncate(limit);
        Ok((keys.into_iter().map(|record| record.record).collect(), more))
    }

    /// Revokes a key: from now on it opens nothing. Says whether the organization has it.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn revoke(&self, org: &OrgId, id: &KeyId, now: Timestamp) -> Result<bool, Failure> {
        let Some(pointer) = self.read::<Pointer>(&table_keys::key_pointer(org, id)).await? else {
            return Ok(false);
        };
        self.set(&pointer.key, "revoked_at", now, Set::Once).await?;
        Ok(true)
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

    async fn get<T: DeserializeOwned>(&self, hash: &str) -> Result<Option<T>, Failure> {
        Ok(self.read::<Record<T>>(hash).await?.map(|found| found.record))
    }

    async fn read<T: DeserializeOwned>(&self, hash: &str) -> Result<Option<T>, Failure> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.table)
            .key("hash", text(hash))
            .consistent_read(true)
            .send()
            .await
            .map_err(Failure::of("GetItem on keys"))?;
        answer.item.map(from_item).transpose()
    }
}

fn to_item(record: &impl Serialize) -> Result<Item, Failure> {
    serde_dynamo::to_item(record).map_err(Failure::corrupt("a key"))
}

fn from_item<T: DeserializeOwned>(item: Item) -> Result<T, Failure> {
    serde_dynamo::from_item(item).map_err(Failure::corrupt("a key"))
}
