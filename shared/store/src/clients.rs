//! The clients.

mod of_rows;

use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use saldo_domain::changed_by::ChangedBy;
use saldo_domain::client::{Client, ClientChange};
use saldo_domain::fields::Patch;
use saldo_domain::id::{ClientId, OrgId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::dynamodb::item::{CHANGED_BY, Item, changed_by, from_item, moment, text, to_item};
use crate::dynamodb::revised::outrun;
use crate::dynamodb::{Table, Update, exists};
use crate::failure::Failure;
use crate::table_keys::{ClientKey, SHARDS_AT_ONCE};

const WHAT: &str = "a client";
const NAME: &str = "name";
const NAME_SOURCE: &str = "name_source";
const UPDATED_AT: &str = "updated_at";

/// The clients of all organizations.
#[derive(Clone, Debug)]
pub struct ClientStore {
    table: Table<ClientKey>,
}

/// A client's item.
#[derive(Serialize, Deserialize)]
struct Record {
    shard: String,
    #[serde(flatten)]
    client: Client,
    /// The seed of the request that has created a client with a number: by it, a repeated request knows its own client.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    seed: Option<Uuid>,
}

impl Record {
    fn new(org: &OrgId, client: Client, seed: Option<Uuid>) -> Self {
        Self { shard: ClientKey::new(org, &client.id).into_shard(), client, seed }
    }
}

impl ClientStore {
    pub(crate) fn new(client: aws_sdk_dynamodb::Client, table: String) -> Self {
        Self { table: Table::new(client, table) }
    }

    /// Stores a new client without a number. If there is one with its id, which only an earlier attempt of the same request
    /// can have created, that one stays and is returned.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn create(&self, org: &OrgId, new: Client, by: &ChangedBy) -> Result<Client, Failure> {
        match self.put_new(Record::new(org, new.clone(), None), by).await? {
            true => Ok(new),
            false => Ok(self.get(org, &new.id).await?.unwrap_or(new)),
        }
    }

    /// Stores a new client with a number, for the request with this seed. The inner error is the client with the number that
    /// another request or an import has created; a client that an earlier attempt of the same request has created is returned.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails, [`Failure::Throttled`] when the client that exists is deleted meanwhile.
    pub async fn create_numbered(
        &self,
        org: &OrgId,
        new: Client,
        seed: Uuid,
        by: &ChangedBy,
    ) -> Result<Result<Client, Client>, Failure> {
        if self.put_new(Record::new(org, new.clone(), Some(seed)), by).await? {
            return Ok(Ok(new));
        }
        let existing = self.table.get(&ClientKey::new(org, &new.id)).await?.ok_or_else(outrun)?;
        let Record { client, seed: of, .. } = from_item(existing, WHAT)?;
        Ok(if of == Some(seed) { Ok(client) } else { Err(client) })
    }

    /// Puts the item of a client, unless there is one with its key. Returns whether there was none.
    async fn put_new(&self, record: Record, by: &ChangedBy) -> Result<bool, Failure> {
        let mut item = to_item(&record, WHAT)?;
        item.insert(CHANGED_BY.to_owned(), changed_by(by));
        self.table.put_new(item).await
    }

    /// The client, if the organization has it.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn get(&self, org: &OrgId, id: &ClientId) -> Result<Option<Client>, Failure> {
        self.table.get(&ClientKey::new(org, id)).await?.map(client).transpose()
    }

    /// Every client of the organization, in no particular order. Reads consistently, so a caller who checks whether
    /// a client exists before creating it sees the one created a moment ago.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn all(&self, org: &OrgId) -> Result<Vec<Client>, Failure> {
        let shards = 0..org.shards().count();
        let reads: Vec<_> = shards.map(|shard| self.shard(org, shard)).collect();
        stream::iter(reads).buffer_unordered(SHARDS_AT_ONCE).try_concat().await
    }

    async fn shard(&self, org: &OrgId, shard: u16) -> Result<Vec<Client>, Failure> {
        let items = self.table.query(ClientKey::shard(org, shard)).consistent().all().await?;
        items.into_iter().map(client).collect()
    }

    /// Changes a client and returns it as it is now; `None` if there is no such client.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn change(
        &self,
        org: &OrgId,
        id: &ClientId,
        change: &ClientChange,
        now: Timestamp,
        by: &ChangedBy,
    ) -> Result<Option<Client>, Failure> {
        let mut update = Update::default();
        if let Some(name) = &change.name {
            update.set(NAME, text(name));
            // Rows of imports don't replace a name that a request has given.
            update.remove(NAME_SOURCE);
        }
        match &change.description {
            Patch::Keep => {}
            Patch::Clear => update.remove("description"),
            Patch::Set(description) => update.set("description", text(description)),
        }
        if update.is_empty() {
            return self.get(org, id).await;
        }
        update.set(UPDATED_AT, moment(now));
        update.set(CHANGED_BY, changed_by(by));
        update.require(exists("id"));
        match self.table.update_and_get(&ClientKey::new(org, id), &update).await? {
            Ok(item) => client(item).map(Some),
            Err(_) => Ok(None),
        }
    }

    /// Deletes a client.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn delete(&self, org: &OrgId, id: &ClientId) -> Result<(), Failure> {
        self.table.delete(&ClientKey::new(org, id)).await
    }
}

fn client(item: Item) -> Result<Client, Failure> {
    from_item::<Record>(item, WHAT).map(|record| record.client)
}
