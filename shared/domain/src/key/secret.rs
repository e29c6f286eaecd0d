//! A key's secret text, and its hash.

use std::fmt;
use std::str::FromStr;

use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// A key's secret text: `saldo_k_` and 43 characters of base64url. It has no `Display`, and its `Debug` hides it, so
/// it can't be logged by accident.
#[derive(Clone, PartialEq, Eq)]
pub struct KeySecret(String);

/// The text does not have the format of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an API key; keys begin with saldo_k_")]
pub struct InvalidKey;

impl KeySecret {
    const PREFIX: &str = "saldo_k_";

    /// A new secret of 256 random bits.
    ///
    /// # Errors
    /// When the system's random generator fails.
    pub fn random() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes)?;
        Ok(Self(format!("{}{}", Self::PREFIX, BASE64URL_NOPAD.encode(&bytes))))
    }

    /// The secret text, to be shown once.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Its first characters, with 24 of its 256 random bits, by which people recognize the key.
    #[must_use]
    pub fn prefix(&self) -> String {
        self.0.chars().take(Self::PREFIX.len() + 4).collect()
    }

    /// The hash, which is stored.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secret_parses_back_and_debug_output_hides_it() {
        let secret = KeySecret::random().expect("randomness");
        assert_eq!(secret.expose().parse::<KeySecret>(), Ok(secret.clone()));
        assert_eq!(secret.expose().len(), 51);
        assert!(!format!("{secret:?} {:?}", secret.hash()).contains(secret.expose()));
    }

    #[test]
    fn malformed_keys_are_refused_without_lookup() {
        for text in ["", "saldo_k_", "saldo_k_abc123...", "sk_live_1234", "saldo_k_é"] {
            assert_eq!(text.parse::<KeySecret>(), Err(InvalidKey));
        }
    }
}
