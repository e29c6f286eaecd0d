//! API keys: 256 random bits that give access to the data of one organization, within the key's scopes.
//!
//! Saldo stores only the SHA-256 of a key. That suffices for random bits, which can't be guessed; a slow hash is for
//! passwords that people choose.

mod actor;
mod family;
mod request;
mod scope;
mod secret;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::id::{KeyId, OrgId};
use crate::text::Text;

pub use actor::Actor;
pub use family::{descendants, successors};
pub use request::{KeyLifetime, KeyRequest};
pub use scope::{Scope, UnknownScope};
pub use secret::{InvalidKey, KeyHash, KeySecret};

/// The name of a key, for people.
pub type KeyName = Text<128>;

/// A key, without its secret text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKey {
    /// Its id.
    pub id: KeyId,
    /// The organization.
    pub org: OrgId,
    /// Its name, for people.
    pub name: KeyName,
    /// The first characters of the secret text, by which people recognize the key; empty for keys older than this
    /// field.
    #[serde(default)]
    pub prefix: String,
    /// Its scopes.
    pub scopes: Vec<Scope>,
    /// When it was created.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub created_at: Timestamp,
    /// Who created it.
    pub created_by: Actor,
    /// When it expires: no later than the key that created it.
    #[serde(
        default,
        with = "jiff::fmt::serde::timestamp::millisecond::optional",
        skip_serializing_if = "Option::is_none"
    )]
    pub expires_at: Option<Timestamp>,
    /// When it was revoked.
    #[serde(
        default,
        with = "jiff::fmt::serde::timestamp::millisecond::optional",
        skip_serializing_if = "Option::is_none"
    )]
    pub revoked_at: Option<Timestamp>,
    /// Who revoked it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_by: Option<Actor>,
    /// When it was last used, to the hour: storing every use would cost a write each.
    #[serde(
        default,
        with = "jiff::fmt::serde::timestamp::millisecond::optional",
        skip_serializing_if = "Option::is_none"
    )]
    pub last_used_at: Option<Timestamp>,
}

/// The age from which the stored time of the last use is updated.
pub const LAST_USE_KEPT: SignedDuration = SignedDuration::from_hours(1);

impl ApiKey {
    /// Whether the key is valid at `now`.
    #[must_use]
    pub fn is_valid_at(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|expiry| now < expiry)
    }

    /// Whether a use at `now` has to be stored.
    #[must_use]
    pub fn use_is_news_at(&self, now: Timestamp) -> bool {
        self.last_used_at.is_none_or(|last| last + LAST_USE_KEPT <= now)
    }

    /// Whether the key has this scope.
    #[must_use]
    pub fn allows(&self, scope: Scope) -> bool {
        self.scopes.contains(&scope)
    }

    /// The scopes that the key lacks.
    #[must_use]
    pub fn lacks(&self, scopes: &[Scope]) -> Vec<Scope> {
        scopes.iter().copied().filter(|scope| !self.allows(*scope)).collect()
    }
}
