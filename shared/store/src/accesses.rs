//! The provider accesses, and beside each what its bank asks of its customer, sealed.

mod credentials;
mod logins;

use aws_sdk_dynamodb::Client;
use saldo_domain::access::Access;
use saldo_domain::id::{AccessId, OrgId};
use saldo_domain::revised::Revised;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::item::{Item, text};
use super::put_new::put_new;
use super::revised::{ATTEMPTS_MAX, Changed, outrun, put_revised};
use crate::failure::Failure;

pub use credentials::SealedCredentials;

/// The accesses of all organizations.
#[derive(Clone, Debug)]
pub struct AccessStore {
    client: Client,
    table: String,
}

/// A record of an access as it lies in the table.
#[derive(Serialize, Deserialize)]
struct Record<T> {
    org: OrgId,
    id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expires_at: Option<i64>,
    #[serde(flatten)]
    record: T,
}

/// An access without what is part of its key.
#[derive(Serialize, Deserialize)]
struct Body {
    access: Access,
    /// Beside the access, where conditions find it.
    revision: uuid::Uuid,
}

impl AccessStore {
    pub(crate) fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    /// Stores a new access. If there is one with its id, which only an earlier attempt of the
    /// same request can have made, that one stays and is returned.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn create(&self, new: Access) -> Result<Access, Failure> {
        match put_new(&self.client, &self.table, "id", item(&new)?).await? {
            true => Ok(new),
            false => Ok(self.get(&new.org, &new.id).await?.unwrap_or(new)),
        }
    }

    /// The access, if the organization has it.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn get(&self, org: &OrgId, id: &AccessId) -> Result<Option<Access>, Failure> {
        let item = self.item(org, id.to_string()).await?;
        Ok(item.map(read::<Body>).transpose()?.map(|found| found.record.access))
    }

    /// Every access of the organization, oldest first.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn all(&self, org: &OrgId) -> Result<Vec<Access>, Failure> {
        let mut items = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("#org = :org AND begins_with(#id, :prefix)")
            .filter_expression("attribute_exists(#access)")
            .expression_attribute_names("#org", "org")
            .expression_attribute_names("#id", "id")
            .expression_attribute_names("#access", "access")
            .expression_attribute_values(":org", text(org))
            .expression_attribute_values(":prefix", text(AccessId::PREFIX))
            .consistent_read(true)
            .into_paginator()
            .items()
            .send();
        let mut accesses = Vec::new();
        while let Some(item) = items.next().await {
            let item = item.map_err(Failure::of("Query on accesses"))?;
            accesses.push(read::<Body>(item)?.record.access);
        }
        accesses.sort_by_key(|access| access.created_at);
        Ok(accesses)
    }

    /// The accesses of all organizations, a page at a time, and where the next page begins.
    /// It is for the schedule, not for a request.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn page(
        &self,
        after: Option<Item>,
    ) -> Result<(Vec<Result<Access, Failure>>, Option<Item>), Failure> {
        let scan = self
            .client
            .scan()
            .table_name(&self.table)
            .filter_expression("attribute_exists(#access)")
            .expression_attribute_names("#access", "access")
            .set_exclusive_start_key(after);
        let page = scan.send().await.map_err(Failure::of("Scan on accesses"))?;
        let accesses = page.items.unwrap_or_default().into_iter();
        let accesses = accesses.map(|item| Ok(read::<Body>(item)?.record.access)).collect();
        Ok((accesses, page.last_evaluated_key))
    }

    /// Changes an access as `change` does, which says whether it is to be changed.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails; it may have been changed or not.
    pub async fn change(
        &self,
        org: &OrgId,
        id: &AccessId,
        mut change: impl FnMut(&mut Access) -> bool,
    ) -> Result<Changed<Access>, Failure> {
        for _ in 0..ATTEMPTS_MAX {
            let Some(mut access) = self.get(org, id).await? else { return Ok(Changed::Gone) };
            if !change(&mut access) {
                return Ok(Changed::Refused(access));
            }
            if self.save(&mut access).await? {
                return Ok(Changed::Done(access));
            }
        }
        Err(outrun())
    }

    /// Writes back an access that was read and changed, if nobody has written it since. Says
    /// whether nobody had.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails; it may have been written or not.
    pub async fn save(&self, access: &mut Access) -> Result<bool, Failure> {
        put_revised(&self.client, &self.table, access, item).await
    }

    /// Deletes an access and its secrets.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails; some of it may be gone.
    pub async fn delete(&self, org: &OrgId, id: &AccessId) -> Result<(), Failure> {
        self.forget_credentials(org, id).await?;
        self.remove(org, id.to_string()).await
    }

    async fn item(&self, org: &OrgId, id: String) -> Result<Option<Item>, Failure> {
        let get = self.client.get_item().table_name(&self.table).key("org", text(org)).key("id", text(id));
        let answer = get.consistent_read(true).send().await.map_err(Failure::of("GetItem on accesses"))?;
        Ok(answer.item)
    }

    async fn remove(&self, org: &OrgId, id: String) -> Result<(), Failure> {
        let delete =
            self.client.delete_item().table_name(&self.table).key("org", text(org)).key("id", text(id));
        delete.send().await.map(drop).map_err(Failure::of("DeleteItem on accesses"))
    }
}

fn item(access: &Access) -> Result<Item, Failure> {
    let record = Record {
        org: access.org.clone(),
        id: access.id.to_string(),
        expires_at: None,
        record: Body { access: access.clone(), revision: Revised::revision(access) },
    };
    serde_dynamo::to_item(record).map_err(Failure::corrupt("an access"))
}

fn read<T: DeserializeOwned>(item: Item) -> Result<Record<T>, Failure> {
    serde_dynamo::from_item(item).map_err(Failure::corrupt("an access"))
}
