//! The logins of users at banks, so that a refused PIN is not sent to a bank again at once.
//!
//! A login's item is stored under its hash. At most one synchronization at a time holds it while it sends credentials, so
//! several synchronizations can't send several wrong PINs at once.

use jiff::{SignedDuration, Timestamp};
use saldo_domain::access::{LoginGate, LoginHash, closed_until};
use saldo_domain::id::{OrgId, SyncId};
use saldo_domain::secrets::Sealed;
use serde::{Deserialize, Serialize};

use super::{AccessStore, Record};
use crate::dynamodb::item::{EXPIRES_AT, count, from_item, moment, seconds, text, to_item};
use crate::dynamodb::revised::{ATTEMPTS_MAX, outrun};
use crate::dynamodb::{Update, absent, at_most, equals, is};
use crate::failure::Failure;
use crate::table_keys::AccessKey;

/// How long a synchronization may take to send credentials and receive the bank's answer: as long as a worker may run.
/// The hold of a worker that died ends after this time.
const HELD: SignedDuration = SignedDuration::from_mins(2);
/// How long a login is kept after the last attempt: longer than any back-off.
const KEPT: SignedDuration = SignedDuration::from_hours(7 * 24);

const WHAT: &str = "a user's login";
const SYNC: &str = "sync";
const HELD_UNTIL: &str = "held_until";
const REFUSALS: &str = "refusals";
const REFUSED_TO: &str = "refused_to";
const CLOSED_UNTIL: &str = "closed_until";

/// A user's login.
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
    /// Until when no credentials are sent.
    #[serde(default, with = "jiff::fmt::serde::timestamp::millisecond::optional")]
    closed_until: Option<Timestamp>,
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
        let item = self.table.get(&AccessKey::login_key(org)).await?;
        let found = item.map(|item| from_item::<Record<Key>>(item, WHAT)).transpose()?;
        Ok(found.map(|found| found.record.login_key))
    }

    /// Stores a key for hashing logins, if the organization has none.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn put_login_key(&self, org: &OrgId, login_key: Sealed) -> Result<(), Failure> {
        let id = AccessKey::login_key(org).into_id();
        let record = Record { org: org.clone(), id, expires_at: None, record: Key { login_key } };
        self.table.put_new(to_item(&record, WHAT)?).await.map(drop)
    }

    /// Holds a user's login for a synchronization that is about to send credentials, unless another one holds it or the
    /// bank has recently refused the user's credentials.
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
        update.require(absent(CLOSED_UNTIL).or(at_most(CLOSED_UNTIL, moment(now))));
        let free = absent(HELD_UNTIL).or(at_most(HELD_UNTIL, moment(now)));
        update.require(free.or(equals(SYNC, text(sync))));
        update.set(SYNC, text(sync));
        update.set(HELD_UNTIL, moment(now + HELD));
        update.set(EXPIRES_AT, seconds(now + KEPT));
        match self.table.update(&AccessKey::login(org, hash), &update).await? {
            Ok(()) => Ok(LoginGate::Open),
            Err(failed) => {
                let found: Login = from_item(failed.into_item().unwrap_or_default(), WHAT)?;
                let closed = found.closed_until.filter(|until| *until > now);
                Ok(closed.map_or(LoginGate::Busy, LoginGate::Closed))
            }
        }
    }

    /// Records that the bank has refused the credentials that a synchronization sent. Repeating it for the same
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
            let key = AccessKey::login(org, hash);
            let before: Login = from_item(self.table.get(&key).await?.unwrap_or_default(), WHAT)?;
            if before.refused_to.as_ref() == Some(sync) {
                return Ok(());
            }
            let refusals = before.refusals.unwrap_or_default().saturating_add(1);
            let mut update = Update::default();
            update.set(REFUSALS, count(refusals));
            update.set(REFUSED_TO, text(sync));
            update.set(CLOSED_UNTIL, moment(closed_until(refusals, now)));
            update.set(EXPIRES_AT, seconds(now + KEPT));
            if before.sync.as_ref() == Some(sync) {
                update.remove(SYNC);
                update.remove(HELD_UNTIL);
            }
            update.require(is(REFUSALS, before.refusals.map(count)));
            if self.table.update(&key, &update).await?.is_ok() {
                return Ok(());
            }
        }
        Err(outrun())
    }

    /// Releases a user's login if the synchronization holds it: the bank has answered without refusing the credentials, or
    /// there is no answer to wait for.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn release_login(&self, org: &OrgId, hash: &LoginHash, sync: &SyncId) -> Result<(), Failure> {
        let mut update = Update::default();
        update.require(equals(SYNC, text(sync)));
        update.remove(SYNC);
        update.remove(HELD_UNTIL);
        let _held_by_another = self.table.update(&AccessKey::login(org, hash), &update).await?;
        Ok(())
    }

    /// Deletes a user's refusals: the bank has accepted the user's PIN. Changes nothing while another synchronization
    /// holds the login.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn forget_login(&self, org: &OrgId, hash: &LoginHash, sync: &SyncId) -> Result<(), Failure> {
        let condition = absent(SYNC).or(equals(SYNC, text(sync)));
        let _held_by_another = self.table.delete_if(&AccessKey::login(org, hash), &[condition]).await?;
        Ok(())
    }
}
