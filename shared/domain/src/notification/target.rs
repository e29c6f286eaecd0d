//! The URLs that Saldo calls (of endpoints and banks), and the pages to which it sends users (of banks and
//! applications). With a URL of its choice, a caller could make Saldo send requests into a private network. So only
//! `https` URLs of hosts on the public Internet are called, in any notation of the address.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use url::{Host, Url};

use super::address::{is_loopback, is_public};
use crate::fields::FindingCode;

/// The most characters of a URL: what browsers and servers support.
pub const URI_CHARS_MAX: usize = 2_048;

/// The characters of a URL besides letters and digits (RFC 3986 section 2). Names in other scripts are written in
/// Punycode, other characters are percent-encoded.
const PUNCTUATION: &[u8] = b"-._~:/?#[]@!$&'()*+,;=%";

/// The URL to which notifications are sent, unchanged. [`Targets`] checks whether it may be called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct NotifyUri {
    text: String,
    url: Url,
}

/// The addresses that may be called, and the URLs to which users may be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Targets {
    /// Addresses on the public Internet.
    Public,
    /// Also addresses of this machine, without TLS if the URL says so: for the local stack.
    PublicAndLoopback,
}

/// Why a URL is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTarget {
    /// It has too many characters.
    #[error("longer than {URI_CHARS_MAX} characters")]
    TooLong,
    /// It is not a URL with a host.
    #[error(
        "not an absolute URL such as https://example.com/path (RFC 3986: letters and digits of ASCII, other characters percent-encoded)"
    )]
    NotAUrl,
    /// It has a user name or a password.
    #[error("has credentials in it, which would be stored and sent in clear")]
    HasCredentials,
    /// It has another scheme.
    #[error("not an https URL")]
    NotHttps,
    /// Its host is not on the public Internet.
    #[error("its host is not on the public Internet")]
    NotPublic,
}

impl From<InvalidTarget> for FindingCode {
    fn from(invalid: InvalidTarget) -> Self {
        match invalid {
            InvalidTarget::TooLong => Self::TooLong,
            _ => Self::InvalidValue,
        }
    }
}

impl NotifyUri {
    /// The parsed URL.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// The host, if it is a name that has to be resolved.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.url.domain()
    }
}

/// The host, if it is an address.
fn address_of(url: &Url) -> Option<IpAddr> {
    match url.host()? {
        Host::Ipv4(address) => Some(address.into()),
        Host::Ipv6(address) => Some(address.into()),
        Host::Domain(_) => None,
    }
}

/// Whether the host is this machine: a loopback address, or a name that always resolves to one (RFC 6761 section
/// 6.3).
fn is_local(url: &Url) -> bool {
    let local_name = |name: &str| name == "localhost" || name.ends_with(".localhost");
    address_of(url).is_some_and(is_loopback) || url.domain().is_some_and(local_name)
}

impl FromStr for NotifyUri {
    type Err = InvalidTarget;

    fn from_str(text: &str) -> Result<Self, InvalidTarget> {
        if text.chars().nth(URI_CHARS_MAX).is_some() {
            return Err(InvalidTarget::TooLong);
        }
        // `Url` repairs texts such as `https:host` and `https:\\host`, as browsers do. Other programs read these
        // differently, so only what RFC 3986 allows is accepted.
        if !text.bytes().all(|byte| byte.is_ascii_alphanumeric() || PUNCTUATION.contains(&byte)) {
            return Err(InvalidTarget::NotAUrl);
        }
        let url = Url::parse(text).map_err(|_| InvalidTarget::NotAUrl)?;
        if !matches!(url.scheme(), "https" | "http") {
            return Err(InvalidTarget::NotHttps);
        }
        if !text.get(url.scheme().len()..).is_some_and(|rest| rest.starts_with("://")) {
            return Err(InvalidTarget::NotAUrl);
        }
        Ok(Self { text: text.to_owned(), url })
    }
}

impl TryFrom<String> for NotifyUri {
    type Error = InvalidTarget;

    fn try_from(text: String) -> Result<Self, InvalidTarget> {
        text.parse()
    }
}

impl From<NotifyUri> for String {
    fn from(uri: NotifyUri) -> Self {
        uri.text
    }
}

impl fmt::Display for NotifyUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Targets {
    /// The public addresses, and those of this machine if `loopback` is set.
    #[must_use]
    pub fn new(loopback: bool) -> Self {
        if loopback { Self::PublicAndLoopback } else { Self::Public }
    }

    /// Whether Saldo may call this address.
    #[must_use]
    pub fn admit(self, address: IpAddr) -> bool {
        is_public(address) || self == Self::PublicAndLoopback && is_loopback(address)
    }

    /// Checks whether Saldo may call this URL. A host's name is not resolved.
    ///
    /// # Errors
    /// [`InvalidTarget`] when Saldo may not call it.
    pub fn check(self, url: &Url) -> Result<(), InvalidTarget> {
        if address_of(url).is_some_and(|address| !self.admit(address)) {
            return Err(InvalidTarget::NotPublic);
        }
        self.check_page(url)
    }

    /// Checks whether a user's browser may be sent to this URL: an `https` page or, in the local stack, any page of
    /// this machine. It may be in a private network, which is the user's.
    ///
    /// # Errors
    /// [`InvalidTarget`] when users may not be sent to it.
    pub fn check_page(self, url: &Url) -> Result<(), InvalidTarget> {
        if url.host_str().is_none_or(str::is_empty) {
            return Err(InvalidTarget::NotAUrl);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(InvalidTarget::HasCredentials);
        }
        let local = self == Self::PublicAndLoopback && url.scheme() == "http" && is_local(url);
        if url.scheme() == "https" || local { Ok(()) } else { Err(InvalidTarget::NotHttps) }
    }

    /// Parses and checks a URL to which notifications are sent.
    ///
    /// # Errors
    /// [`InvalidTarget`] when Saldo may not call it.
    pub fn read(self, text: &str) -> Result<NotifyUri, InvalidTarget> {
        let uri: NotifyUri = text.parse()?;
        self.check(&uri.url).map(|()| uri)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_https_urls_of_public_hosts() {
        let long = format!("https://example.com/{}", "a".repeat(2_028));
        let too_long = format!("{long}a");
        for good in [
            "https://example.com",
            "https://example.com:8443/hook?a=b#c",
            "https://1.1.1.1/x",
            "https://[2606:4700::1111]/",
            "HTTPS://EXAMPLE.COM/",
            &long,
        ] {
            assert_eq!(Targets::Public.read(good).map(String::from), Ok(good.to_owned()));
        }
        for (bad, why) in [
            (too_long.as_str(), InvalidTarget::TooLong),
            ("", InvalidTarget::NotAUrl),
            ("example.com/hook", InvalidTarget::NotAUrl),
            ("https://", InvalidTarget::NotAUrl),
            ("https:example.com", InvalidTarget::NotAUrl),
            (r"https:\\example.com", InvalidTarget::NotAUrl),
            ("https://exämple.com/", InvalidTarget::NotAUrl),
            ("https://exa mple.com/", InvalidTarget::NotAUrl),
            ("https://exam\nple.com/", InvalidTarget::NotAUrl),
            (" https://example.com/", InvalidTarget::NotAUrl),
            ("http://example.com/", InvalidTarget::NotHttps),
            ("ftp://example.com/", InvalidTarget::NotHttps),
            ("file:///etc/passwd", InvalidTarget::NotHttps),
            ("data:text/plain,x", InvalidTarget::NotHttps),
            ("https://user@example.com/", InvalidTarget::HasCredentials),
            ("https://:secret@example.com/", InvalidTarget::HasCredentials),
            ("https://127.0.0.1/", InvalidTarget::NotPublic),
            ("https://127.1/", InvalidTarget::NotPublic),
            ("https://2130706433/", InvalidTarget::NotPublic),
            ("https://0x7f.0.0.1/", InvalidTarget::NotPublic),
            ("https://0177.0.0.1/", InvalidTarget::NotPublic),
            ("https://169.254.169.254/latest/meta-data", InvalidTarget::NotPublic),
            ("https://[::1]/", InvalidTarget::NotPublic),
            ("https://[::ffff:10.0.0.1]/", InvalidTarget::NotPublic),
            ("https://[64:ff9b::7f00:1]/", InvalidTarget::NotPublic),
            ("https://[fd00:ec2::254]/", InvalidTarget::NotPublic),
        ] {
            assert_eq!(Targets::Public.read(bad), Err(why), "{bad}");
        }
    }

    #[test]
    fn only_the_local_stack_calls_this_machine() {
        for local in
            ["http://127.0.0.1:8080/", "http://[::1]:1/", "http://localhost:3/", "https://127.0.0.1/"]
        {
            assert!(Targets::PublicAndLoopback.read(local).is_ok(), "{local}");
            assert!(Targets::Public.read(local).is_err(), "{local}");
        }
        for inner in
            ["https://10.0.0.1/", "https://169.254.169.254/", "http://example.com/", "http://8.8.8.8/"]
        {
            assert!(Targets::PublicAndLoopback.read(inner).is_err(), "{inner}");
        }
    }
}
