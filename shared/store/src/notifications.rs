//! The notification endpoints, in the table of accesses.

mod targets;

use aws_sdk_dynamodb::Client;
use saldo_domain::fields::Patch;
use saldo_domain::id::{NotificationId, OrgId};
use saldo_domain::notification::{Endpoint, EndpointChange};
use serde::{Deserialize, Serialize};

use self::targets::Target;
use crate::dynamodb::item::{Item, from_item, text, to_item};
use crate::dynamodb::revised::{ATTEMPTS_MAX, outrun};
use crate::dynamodb::{Table, Update, begins_with, equals};
use crate::failure::Failure;
use crate::table_keys::AccessKey;

const WHAT: &str = "an endpoint";

/// The endpoints of all organizations.
#[derive(Clone, Debug)]
pub struct NotificationStore {
    table: Table<AccessKey>,
}

/// An endpoint's item.
#[derive(Serialize, Deserialize)]
struct Record {
    org: OrgId,
    #[serde(flatten)]
    endpoint: Endpoint,
}

impl NotificationStore {
    pub(crate) fn new(client: Client, table: String) -> Self {
        Self { table: Table::new(client, table) }
    }

    /// Stores an endpoint, in place of one with the same id, which only an earlier attempt of the same request can have
    /// created, and whose secret no caller has received. Returns whether its URL and observe key were free: otherwise
    /// another endpoint has both, and nothing is stored.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn put(&self, org: &OrgId, endpoint: &Endpoint) -> Result<bool, Failure> {
        let record = Record { org: org.clone(), endpoint: endpoint.clone() };
        let put = self.table.put_action(to_item(&record, WHAT)?, None)?;
        let actions = vec![self.take(&target(org, endpoint))?, put];
        Ok(self.table.transact(actions).await?.is_ok())
    }

    /// The endpoint, if the organization has it.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn get(&self, org: &OrgId, id: &NotificationId) -> Result<Option<Endpoint>, Failure> {
        self.table.get(&AccessKey::endpoint(org, id)).await?.map(endpoint).transpose()
    }

    /// Every endpoint of the organization, in the order of their creation. Reads consistently, so that a new endpoint
    /// receives the next event.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn all(&self, org: &OrgId) -> Result<Vec<Endpoint>, Failure> {
        let prefix = begins_with("id", text(NotificationId::PREFIX));
        let items = self.table.query(org.to_string()).sort_key(prefix).consistent().all().await?;
        let mut endpoints = items.into_iter().map(endpoint).collect::<Result<Vec<_>, _>>()?;
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
            let mut actions = vec![self.table.update_action(&AccessKey::endpoint(org, id), &update)?];
            if !new.is_same_as(&old) {
                actions.extend([self.take(&new)?, self.give_back(&old)?]);
            }
            match self.table.transact(actions).await?.map_err(|failed| failed.first_action()) {
                Ok(()) => {}
                Err(Some(1)) => return Ok(EndpointChanged::TargetTaken),
                // Another request has changed or deleted the endpoint.
                Err(_) => continue,
            }
            let changed = self.get(org, id).await?;
            return Ok(
                changed.map_or(EndpointChanged::NotFound, |endpoint| EndpointChanged::Done(endpoint.into()))
            );
        }
        Err(outrun())
    }

    /// Deletes an endpoint. Returns whether the organization had it.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails, or other requests keep changing the same endpoint.
    pub async fn delete(&self, org: &OrgId, id: &NotificationId) -> Result<bool, Failure> {
        for _ in 0..ATTEMPTS_MAX {
            let Some(before) = self.get(org, id).await? else { return Ok(false) };
            let delete = self.table.delete_action(&AccessKey::endpoint(org, id), None)?;
            // The target's item changes with the endpoint, so its condition covers both.
            let actions = vec![self.give_back(&target(org, &before))?, delete];
            if self.table.transact(actions).await?.is_ok() {
                return Ok(true);
            }
        }
        Err(outrun())
    }
}

/// The result of a change of an endpoint.
#[derive(Debug)]
pub enum EndpointChanged {
    /// The endpoint as it is now.
    Done(Box<Endpoint>),
    /// Another endpoint has the URL and the observe key.
    TargetTaken,
    /// The organization has no such endpoint.
    NotFound,
}

/// The target of an endpoint.
fn target<'a>(org: &'a OrgId, endpoint: &'a Endpoint) -> Target<'a> {
    Target { org, endpoint: &endpoint.id, uri: &endpoint.notify_uri, observe_key: &endpoint.observe_key }
}

/// An update on condition that the endpoint still has the target that was read.
fn as_read(endpoint: &Endpoint) -> Update {
    let mut update = Update::default();
    update.require(equals("observe_key", text(&endpoint.observe_key)));
    update.require(equals("notify_uri", text(&endpoint.notify_uri)));
    update
}

fn endpoint(item: Item) -> Result<Endpoint, Failure> {
    from_item::<Record>(item, WHAT).map(|record| record.endpoint)
}
