//! The notification endpoints. They lie in the table of accesses, under ids of their own.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::ReturnValue;
use serde::{Deserialize, Serialize};

use super::expression::Update;
use super::item::{Item, is_condition_failure, text};
use crate::failure::Failure;
use crate::fields::Patch;
use crate::id::{NotificationId, OrgId};
use crate::notification::{Endpoint, EndpointChange};

/// The endpoints of all organizations.
#[derive(Clone, Debug)]
pub struct NotificationStore {
    client: Client,
    table: String,
}

/// An endpoint as it lies in the table.
#[derive(Serialize, Deserialize)]
struct Record {
    org: OrgId,
    #[serde(flatten)]
    endpoint: Endpoint,
}

impl NotificationStore {
    pub(crate) fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    /// Stores an endpoint, in place of one with the same id: only an earlier attempt of the
    /// same request can have made that, and nobody was told its secret.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn put(&self, org: &OrgId, endpoint: &Endpoint) -> Result<(), Failure> {
        let record = Record { org: org.clone(), endpoint: endpoint.clone() };
        let item: Item = serde_dynamo::to_item(record).map_err(Failure::corrupt("an endpoint"))?;
        let put = self.client.put_item().table_name(&self.table).set_item(Some(item));
        put.send().await.map(drop).map_err(Failure::of("PutItem on accesses"))
    }

    /// The endpoint, if the organization has it.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn get(&self, org: &OrgId, id: &NotificationId) -> Result<Option<Endpoint>, Failure> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.table)
            .key("org", text(org))
            .key("id", text(id))
            .consistent_read(true)
            .send()
            .await
            .map_err(Failure::of("GetItem on accesses"))?;
        answer.item.map(endpoint).transpose()
    }

    /// Every endpoint of the organization, in the order of their making. Reads consistently:
    /// whoever makes an endpoint is told of the next thing that ends.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn all(&self, org: &OrgId) -> Result<Vec<Endpoint>, Failure> {
        let mut items = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("org = :org AND begins_with(id, :endpoints)")
            .expression_attribute_values(":org", text(org))
            .expression_attribute_values(":endpoints", text(NotificationId::PREFIX))
            .consistent_read(true)
            .into_paginator()
            .items()
            .send();
        let mut endpoints = Vec::new();
        while let Some(item) = items.next().await {
            endpoints.push(endpoint(item.map_err(Failure::of("Query on accesses"))?)?);
        }
        endpoints.sort_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
        Ok(endpoints)
    }

    /// Changes an endpoint and returns it as it is now; nothing, if there is none.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn change(
        &self,
        org: &OrgId,
        id: &NotificationId,
        change: &EndpointChange,
    ) -> Result<Option<Endpoint>, Failure> {
        let mut update = Update::default();
        if let Some(observe_key) = &change.observe_key {
            update.set("observe_key", text(observe_key));
        }
        if let Some(notify_uri) = &change.notify_uri {
            update.set("notify_uri", text(notify_uri));
        }
        match &change.state {
            Patch::Keep => {}
            Patch::Clear => update.remove("state"),
            Patch::Set(state) => update.set("state", text(state)),
        }
        if update.is_empty() {
            return self.get(org, id).await;
        }
        update.require("attribute_exists(id)".to_owned());
        let request = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("org", text(org))
            .key("id", text(id))
            .return_values(ReturnValue::AllNew);
        match update.on(request).send().await {
            Ok(answer) => answer.attributes.map(endpoint).transpose(),
            Err(error) if is_condition_failure(&error) => Ok(None),
            Err(error) => Err(Failure::of("UpdateItem on accesses")(error)),
        }
    }

    /// Deletes an endpoint.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn delete(&self, org: &OrgId, id: &NotificationId) -> Result<(), Failure> {
        self.client
            .delete_item()
            .table_name(&self.table)
            .key("org", text(org))
            .key("id", text(id))
            .send()
            .await
            .map(drop)
            .map_err(Failure::of("DeleteItem on accesses"))
    }
}

fn endpoint(item: Item) -> Result<Endpoint, Failure> {
    serde_dynamo::from_item::<_, Record>(item)
        .map(|record| record.endpoint)
        .map_err(Failure::corrupt("an endpoint"))
}
