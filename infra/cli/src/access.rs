//! The address of Saldo and the API key, from the environment or the last login. A stored key belongs to the address for
//! which it was stored and is sent to no other one.

use anyhow::{Result, bail};
use secrecy::SecretString;

use crate::address::Address;
use crate::config::Config;

/// The address and the key, and where the key comes from.
#[derive(Debug)]
pub(crate) struct Access {
    pub url: Address,
    pub key: SecretString,
    pub source: KeySource,
}

/// Where a key comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeySource {
    /// `SALDO_KEY`.
    Environment,
    /// The file that `saldo login` has written.
    File,
    /// What the user has just typed.
    Typed,
}

impl Access {
    /// The address and the key: of the command line and the environment, or of the last login.
    ///
    /// # Errors
    /// When one of them is not known, or other users can read the file with the keys.
    pub(crate) fn find(url: Option<&str>, key: Option<String>, config: &Config) -> Result<Self> {
        // A file that is not needed does not stop the command.
        if let (Some(url), Some(key)) = (url, &key) {
            return Ok(Self { url: Address::parse(url)?, key: secret(key), source: KeySource::Environment });
        }
        let stored = config.credentials()?;
        let Some(url) = url.map(str::to_owned).or_else(|| stored.url.clone()) else {
            bail!("the address of Saldo is not known. Run `saldo login`, or set SALDO_URL and SALDO_KEY.");
        };
        let url = Address::parse(&url)?;
        match (key, stored.keys.get(url.as_str())) {
            (Some(key), _) => Ok(Self { url, key: secret(&key), source: KeySource::Environment }),
            (None, Some(key)) => Ok(Self { url, key: secret(key), source: KeySource::File }),
            (None, None) => {
                bail!("there is no key for {}. Run `saldo login --url {0}`, or set SALDO_KEY.", url.as_str())
            }
        }
    }
}

/// A key, which is not shown.
pub(crate) fn secret(key: &str) -> SecretString {
    SecretString::from(key.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    #[test]
    fn stored_key_is_sent_to_its_own_address_only() {
        let folder = tempfile::tempdir().expect("a folder");
        let config = Config { folder: folder.path().to_owned() };
        let unknown = Access::find(None, None, &config).expect_err("nothing is known").to_string();
        assert!(unknown.contains("saldo login"), "{unknown}");

        config
            .store(&Address::parse("https://a.example").expect("an address"), &secret("one"))
            .expect("stored");
        config
            .store(&Address::parse("https://b.example").expect("an address"), &secret("two"))
            .expect("stored");
        let key = |url: Option<&str>, key: Option<&str>| {
            let access = Access::find(url, key.map(str::to_owned), &config);
            access.map(|access| (access.url.as_str().to_owned(), access.key.expose_secret().to_owned()))
        };
        let at = |url: &str, key: &str| (url.to_owned(), key.to_owned());
        assert_eq!(key(None, None).expect("access"), at("https://b.example", "two"));
        assert_eq!(key(Some("https://a.example/"), None).expect("access"), at("https://a.example", "one"));
        assert_eq!(key(Some("https://a.example"), Some("x")).expect("access"), at("https://a.example", "x"));
        assert!(key(Some("https://c.example"), None).is_err());
    }
}
