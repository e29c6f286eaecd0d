//! The provider accesses, and beside each what its bank asks of its customer, sealed.
//!
//! Secrets lie in an item of their own, so that forgetting them is deleting it, and so that
//! those which nobody wanted saved go away by themselves.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::Client;
use jiff::{SignedDuration, Timestamp};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::item::{Item, is_condition_failure, text};
use super::put_new::put_new;
use super::revised::{ATTEMPTS_MAX, Changed, outrun, put_revised};
use super::table_keys;
use crate::access::Access;
use crate::failure::Failure;
use crate::id::{AccessId, OrgId, SyncId};
use crate::secrets::Sealed;

/// How long secrets are kept that nobody wanted saved, should no synchronization end and
/// forget them: longer than one may take.
const UNSAVED_KEPT: SignedDuration = SignedDuration::from_hours(2);

/// The accesses of all organizations.
#[derive(Clone, Debug)]
pub struct AccessStore {
    client: Client,
    table: String,
}

/// What an access's bank asks of its customer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SealedCredentials {
    /// Each by its id.
    pub sealed: BTreeMap<String, Sealed>,
    /// Whether they are to be kept.
    pub saved: bool,
    /// The synchronization that they came with; none, if they came with the access.
    pub sync: Option<SyncId>,
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

#[derive(Serialize, Deserialize)]
struct Secrets {
    sealed: BTreeMap<String, Sealed>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sync: Option<SyncId>,
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

    /// Keeps credentials, in place of those with the same ids, for good or until a
    /// synchronization ends.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn keep_credentials(
        &self,
        org: &OrgId,
        id: &AccessId,
        credentials: SealedCredentials,
        now: Timestamp,
    ) -> Result<(), Failure> {
        let mut sealed = self.credentials(org, id, now).await?.sealed;
        sealed.extend(credentials.sealed);
        let record = Record {
            org: org.clone(),
            id: table_keys::access_secrets(id),
            expires_at: (!credentials.saved).then(|| (now + UNSAVED_KEPT).as_second()),
            record: Secrets { sealed, sync: credentials.sync },
        };
        let item = serde_dynamo::to_item(record).map_err(Failure::corrupt("secrets"))?;
        let put = self.client.put_item().table_name(&self.table).set_item(Some(item)).send().await;
        put.map(drop).map_err(Failure::of("PutItem on accesses"))
    }

    /// The credentials that are kept of an access; there may be none.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn credentials(
        &self,
        org: &OrgId,
        id: &AccessId,
        now: Timestamp,
    ) -> Result<SealedCredentials, Failure> {
        let item = self.item(org, table_keys::access_secrets(id)).await?;
        let found = item.map(read::<Secrets>).transpose()?;
        // DynamoDB deletes days later.
        let living =
            found.filter(|found| found.expires_at.is_none_or(|expires_at| expires_at > now.as_second()));
        Ok(living.map_or_else(SealedCredentials::default, |found| SealedCredentials {
            sealed: found.record.sealed,
            saved: found.expires_at.is_none(),
            sync: found.record.sync,
        }))
    }

    /// Forgets the credentials that are kept of an access.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn forget_credentials(&self, org: &OrgId, id: &AccessId) -> Result<(), Failure> {
        self.remove(org, table_keys::access_secrets(id)).await
    }

    /// Settles what becomes of the credentials when a synchronization has ended: they are kept
    /// for good, or forgotten. What came with another one since is left alone.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn settle_credentials(
        &self,
        org: &OrgId,
        id: &AccessId,
        sync: &SyncId,
        keep: bool,
    ) -> Result<(), Failure> {
        const MINE: &str = "attribute_exists(id) AND (attribute_not_exists(#sync) OR #sync = :sync)";
        let key = [("org", text(org)), ("id", text(table_keys::access_secrets(id)))];
        let key: Item = key.map(|(name, value)| (name.to_owned(), value)).into();
        let settled = match keep {
            true => {
                let update = self.client.update_item().table_name(&self.table).set_key(Some(key));
                let update = update.update_expression("REMOVE expires_at").condition_expression(MINE);
                let update = update.expression_attribute_names("#sync", "sync");
                let update = update.expression_attribute_values(":sync", text(sync)).send().await;
                update.map(drop).map_err(|error| {
                    (is_condition_failure(&error), Failure::of("UpdateItem on accesses")(error))
                })
            }
            false => {
                let delete = self.client.delete_item().table_name(&self.table).set_key(Some(key));
                let delete = delete.condition_expression(MINE).expression_attribute_names("#sync", "sync");
                let delete = delete.expression_attribute_values(":sync", text(sync)).send().await;
                delete.map(drop).map_err(|error| {
                    (is_condition_failure(&error), Failure::of("DeleteItem on accesses")(error))
                })
            }
        };
        match settled {
            // There are none, or they are another's.
            Err((true, _)) | Ok(()) => Ok(()),
            Err((false, failure)) => Err(failure),
        }
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
        record: Body { access: access.clone(), revision: super::Revised::revision(access) },
    };
    serde_dynamo::to_item(record).map_err(Failure::corrupt("an access"))
}

fn read<T: DeserializeOwned>(item: Item) -> Result<Record<T>, Failure> {
    serde_dynamo::from_item(item).map_err(Failure::corrupt("an access"))
}
