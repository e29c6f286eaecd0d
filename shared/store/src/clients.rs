//! The clients.

use aws_sdk_dynamodb::types::ReturnValue;
use jiff::Timestamp;
use saldo_domain::client::{Client, ClientChange};
use saldo_domain::fields::Patch;
use saldo_domain::id::{ClientId, OrgId};
use serde::{Deserialize, Serialize};

use super::expression::Update;
use super::item::{Item, is_condition_failure, moment, text};
use super::put_new::put_new;
use crate::failure::Failure;

/// The clients of all organizations.
#[derive(Clone, Debug)]
pub struct ClientStore {
    client: aws_sdk_dynamodb::Client,
    table: String,
}

/// A client as it lies in the table.
#[derive(Serialize, Deserialize)]
struct Record {
    org: OrgId,
    #[serde(flatten)]
    client: Client,
}

impl ClientStore {
    pub(crate) fn new(client: aws_sdk_dynamodb::Client, table: String) -> Self {
        Self { client, table }
    }

    /// Stores a new client. If there is one with its id, which only an earlier attempt of
    /// the same request can have made, that one stays and is returned.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn create(&self, org: &OrgId, new: Client) -> Result<Client, Failure> {
        let record = Record { org: org.clone(), client: new.clone() };
        let item: Item = serde_dynamo::to_item(record).map_err(Failure::corrupt("a client"))?;
        match put_new(&self.client, &self.table, "id", item).await? {
            true => Ok(new),
            false => Ok(self.get(org, &new.id).await?.unwrap_or(new)),
        }
    }

    /// The client, if the organization has it.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn get(&self, org: &OrgId, id: &ClientId) -> Result<Option<Client>, Failure> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.table)
            .key("org", text(org))
            .key("id", text(id))
            .consistent_read(true)
            .send()
            .await
            .map_err(Failure::of("GetItem on clients"))?;
        answer.item.map(client).transpose()
    }

    /// Every client of the organization, in no order that means anything. Reads
    /// consistently: whoever looks whether a client is there before making it must see the
    /// one made a moment ago.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn all(&self, org: &OrgId) -> Result<Vec<Client>, Failure> {
        let mut items = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("org = :org")
            .expression_attribute_values(":org", text(org))
            .consistent_read(true)
            .into_paginator()
            .items()
            .send();
        let mut clients = Vec::new();
        while let Some(item) = items.next().await {
            clients.push(client(item.map_err(Failure::of("Query on clients"))?)?);
        }
        Ok(clients)
    }

    /// Changes a client and returns it as it is now; nothing, if there is none.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn change(
        &self,
        org: &OrgId,
        id: &ClientId,
        change: &ClientChange,
        now: Timestamp,
    ) -> Result<Option<Client>, Failure> {
        let mut update = Update::default();
        if let Some(name) = &change.name {
            update.set("name", text(name));
        }
        match &change.description {
            Patch::Keep => {}
            Patch::Clear => update.remove("description"),
            Patch::Set(description) => update.set("description", text(description)),
        }
        if update.is_empty() {
            return self.get(org, id).await;
        }
        update.set("updated_at", moment(now));
        update.require("attribute_exists(id)".to_owned());
        let request = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("org", text(org))
            .key("id", text(id))
            .return_values(ReturnValue::AllNew);
        match update.on(request).send().await {
            Ok(answer) => answer.attributes.map(client).transpose(),
            Err(error) if is_condition_failure(&error) => Ok(None),
            Err(error) => Err(Failure::of("UpdateItem on clients")(error)),
        }
    }

    /// Deletes a client.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn delete(&self, org: &OrgId, id: &ClientId) -> Result<(), Failure> {
        self.client
            .delete_item()
            .table_name(&self.table)
            .key("org", text(org))
            .key("id", text(id))
            .send()
            .await
            .map(drop)
            .map_err(Failure::of("DeleteItem on clients"))
    }
}

fn client(item: Item) -> Result<Client, Failure> {
    serde_dynamo::from_item::<_, Record>(item)
        .map(|record| record.client)
        .map_err(Failure::corrupt("a client"))
}
