//! Redirect URIs, to which users return from a bank's page, and the codes with which applications confirm the return.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use url::Url;

use crate::fields::{Finding, FindingCode, InvalidValue};
use crate::id::encode;
use crate::notification::Targets;

/// The most bytes in a redirect URI: what browsers and proxies support.
pub const REDIRECT_URI_BYTES_MAX: usize = 2_048;
/// The random bytes of a confirmation code: 128 bits, as RFC 6749 section 10.10 requires.
const CODE_BYTES: usize = 16;

/// The URL to which a user is sent after the bank's page: `https`, without user information and fragment; in the local
/// stack also `http` to the loopback interface. URIs are compared as URLs: `https://APP.example` equals
/// `https://app.example/`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RedirectUri(Url);

impl RedirectUri {
    /// Parses a redirect URI.
    ///
    /// # Errors
    /// When users may not be sent to it.
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

/// An organization's settings for the return of users from pages of banks. Operators set them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RedirectSettings {
    /// The redirect URIs that synchronizations may use; any, if none is registered.
    #[serde(default)]
    pub uris: Vec<RedirectUri>,
    /// Whether the application has to confirm each return with the code in the redirect.
    #[serde(default)]
    pub confirm: bool,
}

impl RedirectSettings {
    /// Whether all settings are defaults.
    #[must_use]
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// Checks the redirect URI of a synchronization.
    ///
    /// # Errors
    /// The finding, if URIs are registered and this one is not.
    pub fn check_registered(&self, uri: Option<&RedirectUri>) -> Result<(), Finding> {
        match uri {
            Some(uri) if !self.uris.is_empty() && !self.uris.contains(uri) => {
                let reason = "not one of the redirect URIs that are registered for the organization";
                Err(Finding::in_field("redirect_uri", FindingCode::InvalidValue, reason))
            }
            _ => Ok(()),
        }
    }

    /// Checks the redirect URI of a synchronization with a bank that may redirect the user to its own page.
    ///
    /// # Errors
    /// The finding, if it is not registered, or missing although returns have to be confirmed.
    pub fn check(&self, uri: Option<&RedirectUri>) -> Result<(), Finding> {
        if uri.is_none() && self.confirm {
            let reason = "needed: the application has to confirm the user's return with a code";
            return Err(Finding::in_field("redirect_uri", FindingCode::Required, reason));
        }
        self.check_registered(uri)
    }
}

/// The SHA-256 of a confirmation code. The code itself is not stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CodeHash(String);

impl CodeHash {
    /// A new code and its hash.
    ///
    /// # Errors
    /// When the operating system provides no random bytes.
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

    /// Whether the code has this hash. The comparison takes constant time.
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
    fn registered_uris_must_match_exactly() {
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
    fn codes_match_only_their_own_hash() {
        let (code, hash) = CodeHash::random().expect("randomness");
        let (other, _) = CodeHash::random().expect("randomness");
        assert!(hash.matches(&code));
        assert!(!hash.matches(&other) && !hash.matches("") && !hash.matches(&hash.0));
    }
}
