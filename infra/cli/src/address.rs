//! The address of Saldo. A key travels to it encrypted, except to this machine.

use anyhow::{Result, bail};
use url::{Host, Url};

/// The address of Saldo, without a slash at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address(String);

impl Address {
    /// Reads an address.
    ///
    /// # Errors
    /// When it is not one, or the key would travel unencrypted.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let text = text.trim();
        let Ok(url) = Url::parse(text) else {
            bail!("`{text}` is not an address. Write it with its scheme, such as https://saldo.example.");
        };
        let plain = url.username().is_empty() && url.password().is_none();
        if !plain || url.query().is_some() || url.fragment().is_some() || !url.has_host() {
            bail!("the address of Saldo is scheme, host and path only, such as https://saldo.example.");
        }
        match url.scheme() {
            "https" => {}
            "http" if is_this_machine(&url) => {}
            "http" => bail!("{text} would send the key unencrypted. Use https."),
            other => bail!("Saldo is not reached by {other}. Use https."),
        }
        Ok(Self(url.as_str().trim_end_matches('/').to_owned()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_https_or_on_this_machine() {
        for (text, address) in [
            ("https://saldo.example/", "https://saldo.example"),
            (" https://SALDO.example/prod ", "https://saldo.example/prod"),
            ("http://127.0.0.1:3000", "http://127.0.0.1:3000"),
            ("http://[::1]:3000/", "http://[::1]:3000"),
            ("http://localhost:3000", "http://localhost:3000"),
        ] {
            assert_eq!(Address::parse(text).expect("an address").as_str(), address);
        }
        for text in [
            "saldo.example",
            "http://saldo.example",
            "http://localhost.example",
            "ftp://saldo.example",
            "https://user@saldo.example",
            "https://saldo.example?a=b",
            "",
        ] {
            assert!(Address::parse(text).is_err(), "{text}");
        }
    }
}
