//! API keys, found by their hash, and the organizations they belong to.
//!
//! The table holds two more kinds of items, because the index `by_org` lags behind it. A pointer
//! from a key's id to its hash finds a key at once. The number of keys that an organization ever
//! created tells whether the index lists all of them.

mod create;
mod revoke;
mod transaction;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

pub use create::Creation;
pub use revoke::{Revocation, Revoked, Revoker};

use saldo_domain::id::{KeyId, OrgId};
use saldo_domain::key::{ApiKey, KeyHash};
use saldo_domain::organization::Organization;
use saldo_domain::sync::RedirectSettings;

use super::expression::Update;
use super::item::{Item, is_condition_failure, moment, text};
use super::table_keys;
use crate::failure::Failure;

/// The attribute of an organization that says how its users come back from banks.
const REDIRECTS: &str = "redirects";

/// The keys and organizations.
#[derive(Clone, Debug)]
pub struct KeyStore {
    client: Client,
    table: String,
}

/// From a key's id to the key.
#[derive(Serialize, Deserialize)]
struct Pointer {
    /// The partition key of the pointer.
    hash: String,
    /// The partition key of the API key.
    key: String,
}

#[derive(Clone, Serialize, Deserialize)]
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

    /// Changes how an organization's users come back from banks, if it still is as `before`. Says whether it was.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn change_redirects(
        &self,
        org: &OrgId,
        before: &RedirectSettings,
        after: &RedirectSettings,
    ) -> Result<bool, Failure> {
        let attribute = |settings: &RedirectSettings| match settings.is_default() {
            true => Ok(None),
            false => serde_dynamo::to_attribute_value(settings).map(Some).map_err(Failure::corrupt("a key")),
        };
        let mut update = Update::default();
        update.require("attribute_exists(id)".to_owned());
        update.require_value(REDIRECTS, attribute(before)?);
        update.set_or_remove(REDIRECTS, attribute(after)?);
        let request = self.client.update_item().table_name(&self.table);
        let request = request.key("hash", text(table_keys::organization(org)));
        match update.on(request).send().await {
            Err(error) if is_condition_failure(&error) => Ok(false),
            answer => answer.map(|_| true).map_err(Failure::of("UpdateItem on keys")),
        }
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

    /// Records that a key was used.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn used(&self, hash: &KeyHash, now: Timestamp) -> Result<(), Failure> {
        let mut update = Update::default();
        update.set("last_used_at", moment(now));
        let name = update.name("hash");
        update.require(format!("attribute_exists({name})"));
        let request = self.client.update_item().table_name(&self.table).key("hash", text(hash.as_str()));
        update.on(request).send().await.map(drop).map_err(Failure::of("UpdateItem on keys"))
    }

    fn by_org(&self, org: &OrgId) -> QueryFluentBuilder {
        self.client
            .query()
            .table_name(&self.table)
            .index_name("by_org")
            .expression_attribute_values(":org", text(org))
    }

    async fn pointer(&self, org: &OrgId, id: &KeyId) -> Result<Option<Pointer>, Failure> {
        self.read(&table_keys::key_pointer(org, id)).await
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
