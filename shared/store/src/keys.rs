//! API keys, found by their hash, and the organizations they belong to.
//!
//! The table holds two more kinds of items, because the index `by_org` lags behind it. A pointer from a key's id to its
//! hash finds a key at once. The number of keys that an organization ever created tells whether the index lists all of
//! them.

mod create;
mod revoke;
mod transaction;

use aws_sdk_dynamodb::Client;
use jiff::Timestamp;
use saldo_domain::id::{KeyId, OrgId};
use saldo_domain::key::{ApiKey, KeyHash};
use saldo_domain::organization::Organization;
use saldo_domain::sync::RedirectSettings;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::dynamodb::item::{from_item, moment, nested, text, to_item};
use crate::dynamodb::{Table, Update, begins_with, exists, greater_than, is};
use crate::failure::Failure;
use crate::table_keys::HashKey;

pub use create::Creation;
pub use revoke::{Revocation, Revoked, Revoker};

const WHAT: &str = "a key";
/// The attribute of an organization with its settings for redirects from banks.
const REDIRECTS: &str = "redirects";

/// The keys and organizations.
#[derive(Clone, Debug)]
pub struct KeyStore {
    table: Table<HashKey>,
}

/// A pointer from a key's id to the key.
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
        Self { table: Table::new(client, table) }
    }

    /// The key with this hash, valid or not. Reads consistently: a key revoked a moment
    /// ago is seen as revoked.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn find(&self, hash: &KeyHash) -> Result<Option<ApiKey>, Failure> {
        self.find_at(&HashKey::new(hash)).await
    }

    /// The organization, if there is one with this id.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn organization(&self, id: &OrgId) -> Result<Option<Organization>, Failure> {
        self.find_at(&HashKey::organization(id)).await
    }

    /// Every organization, by name. Reads the whole table: for operators, not for a request.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn organizations(&self) -> Result<Vec<Organization>, Failure> {
        let all = begins_with("hash", text(HashKey::ORGANIZATIONS));
        let mut organizations = Vec::new();
        for item in self.table.scan(&[all]).all().await? {
            organizations.push(from_item::<Record<Organization>>(item, WHAT)?.record);
        }
        organizations.sort_by(|a, b| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
        Ok(organizations)
    }

    /// Stores an organization.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn put_organization(&self, organization: &Organization) -> Result<(), Failure> {
        let hash = HashKey::organization(&organization.id).into_hash();
        self.table.put(to_item(&Record { hash, record: organization }, WHAT)?).await
    }

    /// Changes an organization's settings for redirects from banks, if they still are as `before`. Returns whether they
    /// were.
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
            false => nested(settings, WHAT).map(Some),
        };
        let mut update = Update::default();
        update.require(exists("id"));
        update.require(is(REDIRECTS, attribute(before)?));
        update.set_or_remove(REDIRECTS, attribute(after)?);
        Ok(self.table.update(&HashKey::organization(org), &update).await?.is_ok())
    }

    /// The organization's keys, in the order of their ids: at most `limit` of those after
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
        let mut query = self.table.query_index(HashKey::BY_ORG, org.to_string());
        if let Some(after) = after {
            query = query.sort_key(greater_than("id", text(after)));
        }
        let page = query.page(None, Some(limit + 1)).await?;
        let keys = page.items.into_iter().map(|item| from_item::<Record<ApiKey>>(item, WHAT));
        let mut keys = keys.collect::<Result<Vec<_>, _>>()?;
        let more = keys.len() > limit || page.next.is_some();
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
        update.require(exists("hash"));
        match self.table.update(&HashKey::new(hash), &update).await? {
            Ok(()) => Ok(()),
            Err(_) => Err(Failure::missing("a key that was used")),
        }
    }

    async fn pointer(&self, org: &OrgId, id: &KeyId) -> Result<Option<Pointer>, Failure> {
        self.read(&HashKey::pointer(org, id)).await
    }

    async fn find_at<T: DeserializeOwned>(&self, key: &HashKey) -> Result<Option<T>, Failure> {
        Ok(self.read::<Record<T>>(key).await?.map(|found| found.record))
    }

    async fn read<T: DeserializeOwned>(&self, key: &HashKey) -> Result<Option<T>, Failure> {
        self.table.get(key).await?.map(|item| from_item(item, WHAT)).transpose()
    }
}
