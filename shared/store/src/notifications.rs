//! The notification endpoints. They lie in the table of accesses, under ids of their own.

mod targets;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem, Update as UpdateAction};
use saldo_domain::fields::Patch;
use saldo_domain::id::{NotificationId, OrgId};
use saldo_domain::notification::{Endpoint, EndpointChange};
use serde::{Deserialize, Serialize};

use self::targets::Target;
use super::expression::Update;
use super::item::{Item, text};
use crate::failure::Failure;

/// How often a write is tried that other requests for the same endpoint get in the way of.
const ATTEMPTS_MAX: u32 = 5;

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

    /// Stores an endpoint, in place of one with the same id, which only an earlier attempt of the
    /// same request can have made, and whose secret no caller has. Says whether its URL and
    /// observe key were free: otherwise another endpoint has both, and nothing is stored.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn put(&self, org: &OrgId, endpoint: &Endpoint) -> Result<bool, Failure> {
        let record = Record { org: org.clone(), endpoint: endpoint.clone() };
        let item: Item = serde_dynamo::to_item(record).map_err(Failure::corrupt("an endpoint"))?;
        let put = Put::builder().table_name(&self.table).set_item(Some(item)).build();
        let put = put.map_err(Failure::unsendable("PutItem on accesses"))?;
        let actions = vec![self.take(&target(org, endpoint))?, TransactWriteItem::builder().put(put).build()];
        Ok(self.transact(actions).await?.is_empty())
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

    /// Changes an endpoint, unless another endpoint has the URL and observe key that it would
    /// have.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails, or other requests keep changing the same endpoint.
    pub async fn change(
        &self,
        org: &OrgId,
        id: &NotificationId,
        change: &EndpointChange,
    ) -> Result<EndpointChanged, Failure> {
        for _ in 0..ATTEMPTS_MAX {
            let Some(before) = self.get(org, id).await? else { return Ok(EndpointChanged::NotFound) };
            if change.is_empty() {
                return Ok(EndpointChanged::Done(before.into()));
            }
            let observe_key = change.observe_key.as_ref().unwrap_or(&before.observe_key);
            let uri = change.notify_uri.as_ref().unwrap_or(&before.notify_uri);
            let (old, new) = (target(org, &before), Target { org, endpoint: id, uri, observe_key });
            let mut update = as_read(&before);
            update.set("observe_key", text(observe_key));
            update.set("notify_uri", text(uri));
            match &change.state {
                Patch::Keep => {}
                Patch::Clear => update.remove("state"),
                Patch::Set(state) => update.set("state", text(state)),
            }
            let action = UpdateAction::builder().table_name(&self.table);
            let action = action.key("org", text(org)).key("id", text(id));
            let mut actions = vec![update.in_transaction(action)?];
            if !new.is_same_as(&old) {
                actions.extend([self.take(&new)?, self.give_back(&old)?]);
            }
            match self.transact(actions).await?.first() {
                None => {}
                Some(1) => return Ok(EndpointChanged::TargetTaken),
                // Another request has changed or deleted the endpoint: look again.
                Some(_) => continue,
            }
            let changed = self.get(org, id).await?;
            return Ok(
                changed.map_or(EndpointChanged::NotFound, |endpoint| EndpointChanged::Done(endpoint.into()))
            );
        }
        Err(Failure::Throttled { operation: "a change of an endpoint that others change" })
    }

    /// Deletes an endpoint, if the organization has it. Says whether it had.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails, or other requests keep changing the same endpoint.
    pub async fn delete(&self, org: &OrgId, id: &NotificationId) -> Result<bool, Failure> {
        for _ in 0..ATTEMPTS_MAX {
            let Some(before) = self.get(org, id).await? else { return Ok(false) };
            let delete = Delete::builder().table_name(&self.table).key("org", text(org)).key("id", text(id));
            let delete = delete.build().map_err(Failure::unsendable("DeleteItem on accesses"))?;
            let delete = TransactWriteItem::builder().delete(delete).build();
            // The target's item changes with the endpoint: its condition is on both.
            if self.transact(vec![self.give_back(&target(org, &before))?, delete]).await?.is_empty() {
                return Ok(true);
            }
        }
        Err(Failure::Throttled { operation: "the deletion of an endpoint that others change" })
    }
}

/// What a change of an endpoint came to.
#[derive(Debug)]
pub enum EndpointChanged {
    /// The endpoint as it is now.
    Done(Box<Endpoint>),
    /// Another endpoint has the URL and the observe key.
    TargetTaken,
    /// The organization has no such endpoint.
    NotFound,
}

/// Where an endpoint points.
fn target<'a>(org: &'a OrgId, endpoint: &'a Endpoint) -> Target<'a> {
    Target { org, endpoint: &endpoint.id, uri: &endpoint.notify_uri, observe_key: &endpoint.observe_key }
}

/// An update on condition that the endpoint still points where it did.
fn as_read(endpoint: &Endpoint) -> Update {
    let mut update = Update::default();
    update.require_value("observe_key", Some(text(&endpoint.observe_key)));
    update.require_value("notify_uri", Some(text(&endpoint.notify_uri)));
    update
}

fn endpoint(item: Item) -> Result<Endpoint, Failure> {
    serde_dynamo::from_item::<_, Record>(item)
        .map(|record| record.endpoint)
        .map_err(Failure::corrupt("an endpoint"))
}
