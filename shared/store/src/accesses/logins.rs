//! Which users' credentials banks have refused, so that no wrong PIN is sent to a bank again at once.
//!
//! A record lies beside the organization's accesses under the hash of the user's login. At most one
//! synchronization at a time holds it while it sends credentials, so several synchronizations can't send several
//! wrong PINs at once.

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};
use jiff::{SignedDuration, Timestamp};
use saldo_domain::access::{LoginGate, LoginHash, closed_until};
use saldo_domain::id::{OrgId, SyncId};
use saldo_domain::secrets::Sealed;
use serde::{Deserialize, Serialize};

use super::{AccessStore, Record, read};
use crate::expression::Update;
use crate::failure::Failure;
use crate::item::{is_condition_failure, moment, seconds, text};
use crate::put_new::put_new;
use crate::revised::{ATTEMPTS_MAX, outrun};
use crate::table_keys::{LOGIN_KEY, login};

/// How long a synchronization may take to send credentials and hear the bank's answer: as long as a worker
/// lives. One that died holds the login no longer than this.
const HELD: SignedDuration = SignedDuration::from_mins(2);
/// How long a record is kept after the last attempt: longer than any back-off.
const KEPT: SignedDuration = SignedDuration::from_hours(7 * 24);

const SYNC: &str = "sync";
const HELD_UNTIL: &str = "held_until";
const REFUSALS: &str = "refusals";
const REFUSED_TO: &str = "refused_to";
const CLOSED_UNTIL: &str = "closed_until";
const EXPIRES_AT: &str = "expires_at";

/// What is known of a user's login.
#[derive(Debug, Default, Deserialize)]
struct Login {
    /// The synchronization that is sending credentials.
    #[serde(default)]
    sync: Option<SyncId>,
    /// How often the bank has refused credentials in a row.
    #[serde(default)]
    refusals: Option<u32>,
    /// The synchronization to which it last refused them.
    #[serde(default)]
    refused_to: Option<SyncId>,
    /// Until when none are sent, in milliseconds since 1970.
    #[serde(default)]
    closed_until: Option<i64>,
}

/// The organization's key for hashing logins, sealed.
#[derive(Serialize, Deserialize)]
struct Key {
    login_key: Sealed,
}

impl AccessStore {
    /// The organization's sealed key for hashing logins, if it has one.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn login_key(&self, org: &OrgId) -> Result<Option<Sealed>, Failure> {
        let item = self.item(org, LOGIN_KEY.to_owned()).await?;
        Ok(item.map(read::<Key>).transpose()?.map(|found| found.record.login_key))
    }

    /// Stores a key for hashing logins, if the organization has none.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn put_login_key(&self, org: &OrgId, login_key: Sealed) -> Result<(), Failure> {
        let id = LOGIN_KEY.to_owned();
        let record = Record { org: org.clone(), id, expires_at: None, record: Key { login_key } };
        let item = serde_dynamo::to_item(record).map_err(Failure::corrupt("a key for logins"))?;
        put_new(&self.client, &self.table, "id", item).await.map(drop)
    }

    /// Takes hold of a user's login for a synchronization that is about to send credentials, unless another one
    /// holds it or the bank has refused credentials of the user lately.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn hold_login(
        &self,
        org: &OrgId,
        hash: &LoginHash,
        sync: &SyncId,
        now: Timestamp,
    ) -> Result<LoginGate, Failure> {
        let mut update = Update::default();
        let [holder, held, closed] = [SYNC, HELD_UNTIL, CLOSED_UNTIL].map(|name| update.name(name));
        let (this, at) = (update.value(text(sync)), update.value(moment(now)));
        update.require(format!("attribute_not_exists({closed}) OR {closed} <= {at}"));
        update.require(format!("attribute_not_exists({held}) OR {held} <= {at} OR {holder} = {this}"));
        update.set(SYNC, text(sync));
        update.set(HELD_UNTIL, moment(now + HELD));
        update.set(EXPIRES_AT, seconds(now + KEPT));
        let request = self.client.update_item().table_name(&self.table);
        let request = request.key("org", text(org)).key("id", text(login(hash)));
        let request =
            request.return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match update.on(request).send().await {
            Ok(_) => Ok(LoginGate::Open),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(failed)) => {
                    let found = failed.item.clone().unwrap_or_default();
                    let found: Login =
                        serde_dynamo::from_item(found).map_err(Failure::corrupt("a user's login"))?;
                    let closed = found.closed_until.and_then(|until| Timestamp::from_millisecond(until).ok());
                    Ok(closed.filter(|until| *until > now).map_or(LoginGate::Busy, LoginGate::Closed))
                }
                _ => Err(Failure::of("UpdateItem on accesses")(error)),
            },
        }
    }

    /// Notes that the bank has refused the credentials that a synchronization sent. Noting it again for the same
    /// synchronization changes nothing.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn refuse_login(
        &self,
        org: &OrgId,
        hash: &LoginHash,
        sync: &SyncId,
        now: Timestamp,
    ) -> Result<(), Failure> {
        for _ in 0..ATTEMPTS_MAX {
            let found = self.item(org, login(hash)).await?.unwrap_or_default();
            let before: Login = serde_dynamo::from_item(found).map_err(Failure::corrupt("a user's login"))?;
            if before.refused_to.as_ref() == Some(sync) {
                return Ok(());
            }
            let number = |refusals: u32| AttributeValue::N(refusals.to_string());
            let refusals = before.refusals.unwrap_or_default().saturating_add(1);
            let mut update = Update::default();
            update.set(REFUSALS, number(refusals));
            update.set(REFUSED_TO, text(sync));
            update.set(CLOSED_UNTIL, moment(closed_until(refusals, now)));
            update.set(EXPIRES_AT, seconds(now + KEPT));
            if before.sync.as_ref() == Some(sync) {
                update.remove(SYNC);
                update.remove(HELD_UNTIL);
            }
            update.require_value(REFUSALS, before.refusals.map(number));
            if self.update_login(org, hash, update).await? {
                return Ok(());
            }
        }
        Err(outrun())
    }

    /// Lets go of a user's login, if the synchronization holds it: the bank has answered without refusing the
    /// credentials, or there is no answer to wait for.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn release_login(&self, org: &OrgId, hash: &LoginHash, sync: &SyncId) -> Result<(), Failure> {
        let mut update = Update::default();
        update.require_value(SYNC, Some(text(sync)));
        update.remove(SYNC);
        update.remove(HELD_UNTIL);
        self.update_login(org, hash, update).await.map(drop)
    }

    /// Forgets a user's refusals: the bank has granted what a synchronization asked for with the user's PIN.
    /// Changes nothing while another synchronization holds the login.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn forget_login(&self, org: &OrgId, hash: &LoginHash, sync: &SyncId) -> Result<(), Failure> {
        let delete = self.client.delete_item().table_name(&self.table);
        let delete = delete.key("org", text(org)).key("id", text(login(hash)));
        let delete = delete
            .condition_expression("attribute_not_exists(#sync) OR #sync = :this")
            .expression_attribute_names("#sync", SYNC)
            .expression_attribute_values(":this", text(sync));
        match delete.send().await {
            Err(error) if is_condition_failure(&error) => Ok(()),
            answer => answer.map(drop).map_err(Failure::of("DeleteItem on accesses")),
        }
    }

    /// Updates a login's record. Says whether the update's condition held.
    async fn update_login(&self, org: &OrgId, hash: &LoginHash, update: Update) -> Result<bool, Failure> {
        let request = self.client.update_item().table_name(&self.table);
        let request = request.key("org", text(org)).key("id", text(login(hash)));
        match update.on(request).send().await {
            Err(error) if is_condition_failure(&error) => Ok(false),
            answer => answer.map(|_| true).map_err(Failure::of("UpdateItem on accesses")),
        }
    }
}
