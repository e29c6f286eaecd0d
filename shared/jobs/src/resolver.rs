//! A DNS resolver that returns only addresses that may be called: protection against server-side request forgery.
//!
//! The HTTP clients for banks and webhooks resolve names with this resolver at each call, so a name can't resolve to one
//! address when it is checked and to another when it is called. A webhook's name is also checked when it is saved, so that
//! its owner learns of a mistake.

use std::net::SocketAddr;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use saldo_domain::fields::{Finding, FindingCode};
use saldo_domain::notification::{InvalidTarget, NotifyUri, Targets};

/// The timeout for resolving a name while a caller waits.
const LOOK_UP_MAX: Duration = Duration::from_secs(2);

/// Why there are no addresses to call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The name does not resolve.
    #[error("the name can't be resolved")]
    NotResolved,
    /// One of its addresses may not be called, so none of them is used.
    #[error("the name has an address that may not be called")]
    NotAllowed,
}

/// The resolver for an HTTP client.
#[derive(Clone, Copy, Debug)]
pub struct Guard(pub Targets);

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let Self(targets) = *self;
        Box::pin(async move {
            let addresses = resolve(name.as_str(), targets).await?;
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

async fn resolve(name: &str, targets: Targets) -> Result<Vec<SocketAddr>, Refusal> {
    let found = tokio::net::lookup_host((name, 0)).await.map_err(|_| Refusal::NotResolved)?;
    let found: Vec<SocketAddr> = found.collect();
    match found.as_slice() {
        [] => Err(Refusal::NotResolved),
        all if all.iter().all(|address| targets.admit(address.ip())) => Ok(found),
        _ => Err(Refusal::NotAllowed),
    }
}

/// Checks that the host's name, if it is a name, resolves to addresses that may be called. A name that does not resolve in
/// time passes: it may be set up later, and each call checks it again.
///
/// # Errors
/// The finding, if the name resolves to an address that may not be called.
pub async fn check_name(uri: &NotifyUri, targets: Targets) -> Result<(), Finding> {
    let Some(name) = uri.name() else {
        return Ok(());
    };
    match tokio::time::timeout(LOOK_UP_MAX, resolve(name, targets)).await {
        Ok(Err(Refusal::NotAllowed)) => {
            let reason = InvalidTarget::NotPublic.to_string();
            Err(Finding::in_field("notify_uri", FindingCode::InvalidValue, reason))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn loopback_names_resolve_only_where_they_are_allowed() {
        assert_eq!(resolve("localhost", Targets::Public).await, Err(Refusal::NotAllowed));
        let own = resolve("localhost", Targets::PublicAndLoopback).await.expect("addresses");
        assert!(own.iter().all(|address| address.ip().is_loopback()), "{own:?}");
        let uri: NotifyUri = "https://localhost/".parse().expect("a URL");
        assert!(check_name(&uri, Targets::Public).await.is_err());
        assert_eq!(check_name(&uri, Targets::PublicAndLoopback).await, Ok(()));
    }
}
