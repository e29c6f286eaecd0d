//! Accesses: connections of end users to banks, with their state between synchronizations.

mod consent;
mod credentials;
mod login;
mod request;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::bank::FailureReason;
use crate::client::{Client, ClientKind};
use crate::id::{AccessId, AccountId, ClientId, OrgId, SyncId};
use crate::revised::Revised;

pub use consent::{
    CONSENT_ACCOUNTS_MAX, CONSENT_DAYS_MAX, ConsentAccount, ConsentScope, GrantedConsent, WantedConsent,
};
pub(crate) use credentials::read as read_credentials;
pub use credentials::{CREDENTIALS_MAX, Credentials};
pub use login::{LoginGate, LoginHash, closed_until};
pub use request::NewAccess;

/// How long a synchronization locks its access: longer than a synchronization may take. If its worker dies, the next
/// synchronization can start after this time.
const LOCKED: SignedDuration = SignedDuration::from_mins(60);

/// An end user's connection to a bank.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Access {
    /// The id.
    pub id: AccessId,
    /// The organization.
    pub org: OrgId,
    /// The access method in the catalog.
    pub access_method_id: String,
    /// The bank's name.
    pub bank_name: String,
    /// The internal client that owns the accounts.
    pub client_id: ClientId,
    /// Whether the credentials are saved.
    pub save_credentials: bool,
    /// The consent that the user is asked for, if the application specified one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wanted: Option<WantedConsent>,
    /// The consent that the user has given at the bank.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consent: Option<GrantedConsent>,
    /// The authentication method of the last synchronization.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth_method: Option<String>,
    /// Whether the last authorization succeeded without a challenge to the user.
    #[serde(default)]
    pub authorizes_silently: bool,
    /// The accounts that the synchronizations have read.
    #[serde(default)]
    pub accounts: Vec<AccountId>,
    /// The lock of the running synchronization.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lock: Option<Lock>,
    /// Why the last synchronization failed; `None` if it was completed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_error: Option<FailureReason>,
    /// When the last synchronization ended.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "jiff::fmt::serde::timestamp::millisecond::optional"
    )]
    pub synced_at: Option<Timestamp>,
    /// When the last completed synchronization ended.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "jiff::fmt::serde::timestamp::millisecond::optional"
    )]
    pub succeeded_at: Option<Timestamp>,
    /// When it was created.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub created_at: Timestamp,
    revision: Uuid,
}

/// The lock of a synchronization on its access: no other one can start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lock {
    /// The synchronization.
    pub sync: SyncId,
    /// When the lock expires.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub until: Timestamp,
}

impl Access {
    /// A new access to the bank with this name.
    #[must_use]
    pub fn create(org: OrgId, seed: Uuid, bank_name: &str, request: &NewAccess, now: Timestamp) -> Self {
        Self {
            id: AccessId::of_seed(seed),
            org,
            access_method_id: request.access_method_id.clone().into(),
            bank_name: bank_name.to_owned(),
            client_id: ClientId::of_seed(seed),
            save_credentials: request.saves_secrets() && !request.credentials.is_empty(),
            wanted: request.consent.clone(),
            consent: None,
            auth_method: None,
            authorizes_silently: false,
            accounts: Vec::new(),
            lock: None,
            last_error: None,
            synced_at: None,
            succeeded_at: None,
            created_at: now,
            revision: seed,
        }
    }

    /// The internal client that owns the access's accounts, named after the bank.
    ///
    /// # Errors
    /// When the bank's name is not a valid name for a client.
    pub fn client(&self) -> Result<Client, crate::text::TextError> {
        Ok(Client {
            id: self.client_id.clone(),
            external_id: None,
            name: self.bank_name.parse()?,
            name_source: None,
            description: None,
            kind: ClientKind::Internal,
            created_at: self.created_at,
            updated_at: self.created_at,
        })
    }

    /// The synchronization that locks the access at `now`.
    #[must_use]
    pub fn locked_by(&self, now: Timestamp) -> Option<&SyncId> {
        self.lock.as_ref().filter(|lock| lock.until > now).map(|lock| &lock.sync)
    }

    /// Whether this synchronization has the lock, expired or not.
    #[must_use]
    pub fn is_held_by(&self, sync: &SyncId) -> bool {
        self.lock.as_ref().is_some_and(|lock| lock.sync == *sync)
    }

    /// Locks the access for this synchronization, from `now` on. Returns the synchronization that had the lock
    /// before.
    pub fn hold(&mut self, sync: &SyncId, now: Timestamp) -> Option<SyncId> {
        let before = self.lock.replace(Lock { sync: sync.clone(), until: now + LOCKED });
        before.map(|before| before.sync)
    }

    /// Whether the daily schedule synchronizes the access: its consent is recurring and valid, or its credentials
    /// are saved and sufficed last time. Not after an error that only the user can resolve.
    #[must_use]
    pub fn syncs_unattended_at(&self, now: Timestamp) -> bool {
        let hopeless = self.last_error.is_some_and(FailureReason::is_for_user);
        self.save_credentials && self.authorizes_silently && !hopeless
            || self.consent_at(now).is_some_and(|consent| consent.recurring)
    }

    /// The consent, unless it has expired. The bank may have revoked it.
    #[must_use]
    pub fn consent_at(&self, now: Timestamp) -> Option<&GrantedConsent> {
        self.consent.as_ref().filter(|consent| consent.lasts_at(now))
    }
}

impl Revised for Access {
    fn revision(&self) -> Uuid {
        self.revision
    }

    fn set_revision(&mut self, revision: Uuid) {
        self.revision = revision;
    }
}
