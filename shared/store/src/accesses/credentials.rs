//! What banks ask of their customers, sealed.
//!
//! The credentials of an access lie in an item of their own, so that forgetting them is deleting
//! it, and so that those which nobody wanted saved go away by themselves.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use saldo_domain::id::{AccessId, OrgId, SyncId};
use saldo_domain::secrets::Sealed;
use serde::{Deserialize, Serialize};

use super::{AccessStore, Record, read};
use crate::failure::Failure;
use crate::item::{is_condition_failure, text};
use crate::table_keys::access_secrets;

/// How long secrets are kept that nobody wanted saved, should no synchronization end and
/// forget them: longer than one may take.
const UNSAVED_KEPT: SignedDuration = SignedDuration::from_hours(2);

/// Credentials that came with this synchronization, or with one before it, or with none: ids of
/// synchronizations sort by the time they were made.
const MINE: &str = "attribute_exists(id) AND (attribute_not_exists(#sync) OR #sync <= :sync)";

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

#[derive(Serialize, Deserialize)]
struct Secrets {
    sealed: BTreeMap<String, Sealed>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sync: Option<SyncId>,
}

impl AccessStore {
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
            id: access_secrets(id),
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
        let item = self.item(org, access_secrets(id)).await?;
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
        self.remove(org, access_secrets(id)).await
    }

    /// Keeps the credentials for good with which a synchronization has ended. What came with
    /// another one since is left alone.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn save_credentials_of(
        &self,
        org: &OrgId,
        id: &AccessId,
        sync: &SyncId,
    ) -> Result<(), Failure> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("org", text(org))
            .key("id", text(access_secrets(id)))
            .update_expression("REMOVE expires_at")
            .condition_expression(MINE)
            .expression_attribute_names("#sync", "sync")
            .expression_attribute_values(":sync", text(sync));
        match update.send().await {
            Err(error) if is_condition_failure(&error) => Ok(()),
            update => update.map(drop).map_err(Failure::of("UpdateItem on accesses")),
        }
    }

    /// Forgets the credentials with which a synchronization has ended. What came with another one
    /// since is left alone.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn forget_credentials_of(
        &self,
        org: &OrgId,
        id: &AccessId,
        sync: &SyncId,
    ) -> Result<(), Failure> {
        let delete = self
            .client
            .delete_item()
            .table_name(&self.table)
            .key("org", text(org))
            .key("id", text(access_secrets(id)))
            .condition_expression(MINE)
            .expression_attribute_names("#sync", "sync")
            .expression_attribute_values(":sync", text(sync));
        match delete.send().await {
            Err(error) if is_condition_failure(&error) => Ok(()),
            delete => delete.map(drop).map_err(Failure::of("DeleteItem on accesses")),
        }
    }
}
