//! Where users come back to after the bank's page, and the code by which an application confirms their return.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use url::Url;

use crate::fields::{Finding, FindingCode, InvalidValue};
use crate::id::encode;
use crate::notification::Targets;

/// The bytes of a redirect URI: what browsers and proxies pass on.
pub const REDIRECT_URI_BYTES_MAX: usize = 2_048;
/// The random bytes of a confirmation code: too many to be guessed (RFC 6749 section 10.10 asks for 128 bits).
const CODE_BYTES: usize = 16;

/// Where an application's user is sent after the bank's page: an `https` URL without user information and
/// fragment; in the local stack also `http` on this machine. Compared as URLs, so `https://APP.example` is
/// `https://app.example/`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RedirectUri(Url);

impl RedirectUri {
    /// Reads a redirect URI.
    ///
    /// # Errors
    /// When it is not one that users may be sent to.
    pub fn read(text: &str, targets: Targets) -> Result<Self, InvalidValue> {
        let valid = |url: &Url| targets.check_page(url).is_ok() && url.fragment().is_none();
        let url = Url::parse(text).ok().filter(|url| text.len() <= REDIRECT_URI_BYTES_MAX && valid(url));
        url.map(Self).ok_or(InvalidValue(
            "expected an https URL such as https://app.example/done, without user name and fragment and of at most \
             2048 characters",
        ))
    }

    /// The URL.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.0
    }
}

/// How an organization's users come back from the pages of banks. An operator sets it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RedirectSettings {
    /// The redirect URIs that synchronizations may name; all, if none is registered.
    #[serde(default)]
    pub uris: Vec<RedirectUri>,
    /// Whether the application has to confirm each return with the code that came with it.
    #[serde(default)]
    pub confirm: bool,
}

impl RedirectSettings {
    /// Whether nothing was set.
    #[must_use]
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// Checks the redirect URI of a synchronization.
    ///
    /// # Errors
    /// The finding, when others are registered and it is not.
    pub fn check_registered(&self, uri: Option<&RedirectUri>) -> Result<(), Finding> {
        match uri {
            Some(uri) if !self.uris.is_empty() && !self.uris.contains(uri) => {
                let reason = "not one of the redirect URIs that are registered for the organization";
                Err(Finding::in_field("redirect_uri", FindingCode::InvalidValue, reason))
            }
            _ => Ok(()),
        }
    }

    /// Checks the redirect URI of a synchronization whose bank may send the user to a page of its own.
    ///
    /// # Errors
    /// The finding, when it is not registered, or missing though the return has to be confirmed.
    pub fn check(&self, uri: Option<&RedirectUri>) -> Result<(), Finding> {
        if uri.is_none() && self.confirm {
            let reason = "needed: the application has to confirm the user's return with a code";
            return Err(Finding::in_field("redirect_uri", FindingCode::Required, reason));
        }
        self.check_registered(uri)
    }
}

/// What is stored of a confirmation code: its SHA-256.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CodeHash(String);

impl CodeHash {
    /// A new code and what is stored of it.
    ///
    /// # Errors
    /// When the system has no randomness to give.
    pub fn random() -> Result<(String, Self), getrandom::Error> {
        let mut bytes = [0; CODE_BYTES];
        getrandom::fill(&mut bytes)?;
        let code = encode(&bytes);
        let hash = Self::of(&code);
        Ok((code, hash))
    }

    fn of(code: &str) -> Self {
        Self(encode(&Sha256::digest(code.as_bytes())))
    }

    /// Whether this is the code. Takes as long for every code of the same length.
    #[must_use]
    pub fn matches(&self, code: &str) -> bool {
        self.0.as_bytes().ct_eq(Self::of(code).0.as_bytes()).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redirect_uris_are_https_pages() {
        for good in ["https://app.example/done?x=1", "https://app.example", "https://192.168.1.2:8443/done"] {
            assert!(RedirectUri::read(good, Targets::Public).is_ok(), "{good}");
        }
        let long = format!("https://app.example/{}", "a".repeat(REDIRECT_URI_BYTES_MAX));
        for bad in [
            "http://app.example/done",
            "http://127.0.0.1/done",
            "https://user@app.example/done",
            "https://user:pin@app.example/done",
            "https://app.example/done#state",
            "com.example.app:/done",
            "javascript:alert(1)",
            "data:text/html,x",
            "//app.example/done",
            "/done",
            "",
            &long,
        ] {
            assert!(RedirectUri::read(bad, Targets::Public).is_err(), "{bad}");
        }
        assert!(RedirectUri::read("http://127.0.0.1:3000/done", Targets::PublicAndLoopback).is_ok());
        assert!(RedirectUri::read("http://app.example/done", Targets::PublicAndLoopback).is_err());
    }

    #[test]
    fn registered_uris_match_as_a_whole() {
        let uri = |text: &str| RedirectUri::read(text, Targets::Public).expect("a URI");
        let settings = RedirectSettings { uris: vec![uri("https://app.example/done")], confirm: false };
        assert_eq!(settings.check(Some(&uri("https://APP.example:443/done"))), Ok(()));
        assert_eq!(settings.check(None), Ok(()));
        for other in ["https://app.example/done/", "https://app.example/done?x", "https://evil.example/done"]
        {
            assert!(settings.check(Some(&uri(other))).is_err(), "{other}");
        }
        let confirming = RedirectSettings { uris: Vec::new(), confirm: true };
        assert!(confirming.check(None).is_err());
        assert_eq!(confirming.check(Some(&uri("https://any.example/"))), Ok(()));
    }

    #[test]
    fn codes_match_their_own_hash_alone() {
        let (code, hash) = CodeHash::random().expect("randomness");
        let (other, _) = CodeHash::random().expect("randomness");
        assert!(hash.matches(&code));
        assert!(!hash.matches(&other) && !hash.matches("") && !hash.matches(&hash.0));
    }
}
