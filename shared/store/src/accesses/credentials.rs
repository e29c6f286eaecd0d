//! The credentials for a bank, sealed.
//!
//! They have an item beside the access, so that they can be deleted alone, and so that credentials which the user did not
//! want saved expire by themselves.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use saldo_domain::id::{AccessId, OrgId, SyncId};
use saldo_domain::secrets::Sealed;
use serde::{Deserialize, Serialize};

use super::{AccessStore, Record};
use crate::dynamodb::item::{EXPIRES_AT, from_item, text, to_item};
use crate::dynamodb::{Condition, Update, absent, at_most, exists};
use crate::failure::Failure;
use crate::table_keys::AccessKey;

const WHAT: &str = "credentials";
const SYNC: &str = "sync";

/// How long credentials are kept that the user did not want saved, if no synchronization ends and deletes them: longer
/// than a synchronization may take.
const UNSAVED_KEPT: SignedDuration = SignedDuration::from_hours(2);

/// The credentials for an access's bank.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SealedCredentials {
    /// The credentials by id.
    pub sealed: BTreeMap<String, Sealed>,
    /// Whether the user wants them saved.
    pub saved: bool,
    /// The synchronization that they came with; `None` if they came with the access.
    pub sync: Option<SyncId>,
}

#[derive(Serialize, Deserialize)]
struct Secrets {
    sealed: BTreeMap<String, Sealed>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sync: Option<SyncId>,
}

impl AccessStore {
    /// Stores credentials, in place of those with the same ids, for good or until a synchronization ends.
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
            id: AccessKey::credentials(org, id).into_id(),
            expires_at: (!credentials.saved).then(|| (now + UNSAVED_KEPT).as_second()),
            record: Secrets { sealed, sync: credentials.sync },
        };
        self.table.put(to_item(&record, WHAT)?).await
    }

    /// The stored credentials of an access; there may be none.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn credentials(
        &self,
        org: &OrgId,
        id: &AccessId,
        now: Timestamp,
    ) -> Result<SealedCredentials, Failure> {
        let item = self.table.get(&AccessKey::credentials(org, id)).await?;
        let found = item.map(|item| from_item::<Record<Secrets>>(item, WHAT)).transpose()?;
        // DynamoDB deletes late, by days.
        let living =
            found.filter(|found| found.expires_at.is_none_or(|expires_at| expires_at > now.as_second()));
        Ok(living.map_or_else(SealedCredentials::default, |found| SealedCredentials {
            sealed: found.record.sealed,
            saved: found.expires_at.is_none(),
            sync: found.record.sync,
        }))
    }

    /// Deletes the credentials of an access.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn forget_credentials(&self, org: &OrgId, id: &AccessId) -> Result<(), Failure> {
        self.table.delete(&AccessKey::credentials(org, id)).await
    }

    /// Keeps for good the credentials with which a synchronization has ended, unless a later one has brought others.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn save_credentials_of(
        &self,
        org: &OrgId,
        id: &AccessId,
        sync: &SyncId,
    ) -> Result<(), Failure> {
        let mut update = Update::default();
        update.require(exists("id"));
        update.require(not_newer_than(sync));
        update.remove(EXPIRES_AT);
        let _newer = self.table.update(&AccessKey::credentials(org, id), &update).await?;
        Ok(())
    }

    /// Deletes the credentials with which a synchronization has ended, unless a later one has brought others.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn forget_credentials_of(
        &self,
        org: &OrgId,
        id: &AccessId,
        sync: &SyncId,
    ) -> Result<(), Failure> {
        let condition = exists("id").and(not_newer_than(sync));
        let _newer = self.table.delete_if(&AccessKey::credentials(org, id), &[condition]).await?;
        Ok(())
    }
}

/// The condition that credentials came with this synchronization, with an earlier one, or with none. Ids of
/// synchronizations sort by their time of creation.
fn not_newer_than(sync: &SyncId) -> Condition {
    absent(SYNC).or(at_most(SYNC, text(sync)))
}
