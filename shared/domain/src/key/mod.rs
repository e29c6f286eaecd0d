//! API keys: 256 random bits that open one organization's data, as far as their scopes go.
//!
//! A key's text exists twice: in the caller's hands and, for a moment, in a request. What
//! is stored is its SHA-256, which suffices for a secret that can't be guessed (a slow
//! hash protects passwords people choose, not random bits).

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

/// What people call a key.
pub type KeyName = Text<128>;

/// What is known of a key: everything but the key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKey {
    /// Its public name.
    pub id: KeyId,
    /// Whose data it opens.
    pub org: OrgId,
    /// What people call it.
    pub name: KeyName,
    /// How its text begins, for people to tell their keys apart by; empty for keys older
    /// than this field.
    #[serde(default)]
    pub prefix: String,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// When it was made.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub created_at: Timestamp,
    /// Who created it.
    pub created_by: Actor,
    /// From when on it is refused: no later than the key that created it.
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
    /// When it was last used, to the hour: recording each use would cost a write for each.
    #[serde(
        default,
        with = "jiff::fmt::serde::timestamp::millisecond::optional",
        skip_serializing_if = "Option::is_none"
    )]
    pub last_used_at: Option<Timestamp>,
}

/// How old the record of a key's last use may become before it is renewed.
pub const LAST_USE_KEPT: SignedDuration = SignedDuration::from_hours(1);

impl ApiKey {
    /// Whether the key opens anything at `now`.
    #[must_use]
    pub fn is_valid_at(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|expiry| now < expiry)
    }

    /// Whether a use at `now` is worth recording.
    #[must_use]
    pub fn use_is_news_at(&self, now: Timestamp) -> bool {
        self.last_used_at.is_none_or(|last| last + LAST_USE_KEPT <= now)
    }

    /// Whether the key may do what `scope` stands for.
    #[must_use]
    pub fn allows(&self, scope: Scope) -> bool {
        self.scopes.contains(&scope)
    }

    /// Those of `scopes` that the key lacks.
    #[must_use]
    pub fn lacks(&self, scopes: &[Scope]) -> Vec<Scope> {
        scopes.iter().copied().filter(|scope| !self.allows(*scope)).collect()
    }
}
