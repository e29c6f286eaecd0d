//! API keys: 256 random bits that open one organization's data, as far as their scopes go.
//!
//! A key's text exists twice: in the caller's hands and, for a moment, in a request. What
//! is stored is its SHA-256, which suffices for a secret that can't be guessed (a slow
//! hash protects passwords people choose, not random bits).

use std::fmt;
use std::str::FromStr;

use data_encoding::BASE64URL_NOPAD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::id::{KeyId, OrgId};
use crate::text::Text;

/// What a key may do. A route asks for exactly one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Scope {
    /// Import accounts and follow the imports.
    #[serde(rename = "import")]
    Import,
    /// Export accounts and transactions.
    #[serde(rename = "export")]
    Export,
    /// Read clients and their balances.
    #[serde(rename = "clients:read")]
    ClientsRead,
    /// Create, change and delete clients.
    #[serde(rename = "clients:write")]
    ClientsWrite,
    /// Read accounts.
    #[serde(rename = "accounts:read")]
    AccountsRead,
    /// Create, change and delete accounts.
    #[serde(rename = "accounts:write")]
    AccountsWrite,
    /// Read transactions.
    #[serde(rename = "transactions:read")]
    TransactionsRead,
    /// Import transactions.
    #[serde(rename = "transactions:write")]
    TransactionsWrite,
    /// Connect banks and synchronize with them.
    #[serde(rename = "sync")]
    Sync,
    /// Manage notification endpoints.
    #[serde(rename = "notifications")]
    Notifications,
    /// Make, list and revoke keys.
    #[serde(rename = "keys")]
    Keys,
}

impl Scope {
    /// Every scope there is.
    pub const ALL: [Self; 11] = [
        Self::Import,
        Self::Export,
        Self::ClientsRead,
        Self::ClientsWrite,
        Self::AccountsRead,
        Self::AccountsWrite,
        Self::TransactionsRead,
        Self::TransactionsWrite,
        Self::Sync,
        Self::Notifications,
        Self::Keys,
    ];

    /// The scope's name on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Import => "import",
            Self::Export => "export",
            Self::ClientsRead => "clients:read",
            Self::ClientsWrite => "clients:write",
            Self::AccountsRead => "accounts:read",
            Self::AccountsWrite => "accounts:write",
            Self::TransactionsRead => "transactions:read",
            Self::TransactionsWrite => "transactions:write",
            Self::Sync => "sync",
            Self::Notifications => "notifications",
            Self::Keys => "keys",
        }
    }
}

/// A key's secret text, `saldo_k_` and 43 characters of base64url. It has no `Display`
/// and its `Debug` shows nothing, so it can't reach a log by accident.
#[derive(Clone, PartialEq, Eq)]
pub struct KeySecret(String);

/// The text has not the form of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an API key; keys begin with saldo_k_")]
pub struct InvalidKey;

impl KeySecret {
    const PREFIX: &str = "saldo_k_";

    /// A new secret of 256 random bits.
    ///
    /// # Errors
    /// When the system has no randomness to give.
    pub fn random() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes)?;
        Ok(Self(format!("{}{}", Self::PREFIX, BASE64URL_NOPAD.encode(&bytes))))
    }

    /// The secret itself, to be shown once.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What is stored in its place.
    #[must_use]
    pub fn hash(&self) -> KeyHash {
        KeyHash(BASE64URL_NOPAD.encode(&Sha256::digest(self.0.as_bytes())))
    }
}

impl FromStr for KeySecret {
    type Err = InvalidKey;

    fn from_str(text: &str) -> Result<Self, InvalidKey> {
        let bits = text.strip_prefix(Self::PREFIX).ok_or(InvalidKey)?;
        match BASE64URL_NOPAD.decode(bits.as_bytes()) {
            Ok(bytes) if bytes.len() == 32 => Ok(Self(text.to_owned())),
            _ => Err(InvalidKey),
        }
    }
}

impl fmt::Debug for KeySecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeySecret(hidden)")
    }
}

/// The SHA-256 of a key's secret, in base64url.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct KeyHash(String);

impl KeyHash {
    /// The hash as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What is known of a key: everything but the key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKey {
    /// Its public name.
    pub id: KeyId,
    /// Whose data it opens.
    pub org: OrgId,
    /// What people call it.
    pub name: Text<128>,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// When it was made.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub created_at: Timestamp,
    /// From when on it is refused.
    #[serde(
        default,
        with = "jiff::fmt::serde::timestamp::millisecond::optional",
        skip_serializing_if = "Option::is_none"
    )]
    pub expires_at: Option<Timestamp>,
    /// Since when it is refused because somebody said so.
    #[serde(
        default,
        with = "jiff::fmt::serde::timestamp::millisecond::optional",
        skip_serializing_if = "Option::is_none"
    )]
    pub revoked_at: Option<Timestamp>,
}

impl ApiKey {
    /// Whether the key opens anything at `now`.
    #[must_use]
    pub fn is_valid_at(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|expiry| now < expiry)
    }

    /// Whether the key may do what `scope` stands for.
    #[must_use]
    pub fn allows(&self, scope: Scope) -> bool {
        self.scopes.contains(&scope)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_written_by_their_names() {
        for scope in Scope::ALL {
            assert_eq!(serde_json::to_value(scope).expect("a scope"), scope.name());
        }
    }

    #[test]
    fn a_secret_reads_back_and_shows_itself_to_nobody() {
        let secret = KeySecret::random().expect("randomness");
        assert_eq!(secret.expose().parse::<KeySecret>(), Ok(secret.clone()));
        assert_eq!(secret.expose().len(), 51);
        assert!(!format!("{secret:?} {:?}", secret.hash()).contains(secret.expose()));
    }

    #[test]
    fn texts_that_are_no_key_are_refused_before_any_look_up() {
        for text in ["", "saldo_k_", "saldo_k_abc123...", "sk_live_1234", "saldo_k_é"] {
            assert_eq!(text.parse::<KeySecret>(), Err(InvalidKey));
        }
    }
}
