//! Names of banks and of receivers of notifications, resolved to addresses that may be called, and to no others.
//!
//! The HTTP clients resolve names with this resolver at each call, so a name can't stand for one address when it
//! is checked and for another when it is called. A receiver's name is also checked when it is saved, so that its
//! owner learns of a mistake.

use std::net::SocketAddr;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use saldo_domain::fields::{Finding, FindingCode};
use saldo_domain::notification::{InvalidTarget, NotifyUri, Targets};

/// How long a name may take to be resolved while a caller waits.
const LOOK_UP_MAX: Duration = Duration::from_secs(2);

/// Why there are no addresses to call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The name is not known.
    #[error("the name can't be resolved")]
    NotResolved,
    /// One of them is not to be called, so the name is not to be trusted with the others.
    #[error("the name has an address that may not be called")]
    NotAllowed,
}

/// A client's resolver.
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

/// Checks that the host's name, if it has one, stands for addresses that may be called. A name
/// that can't be resolved, or not in time, may be set up later: it is checked at each call.
///
/// # Errors
/// The finding, when it stands for others.
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
    async fn a_name_of_this_machine_is_resolved_where_it_may_be_called_and_nowhere_else() {
        assert_eq!(resolve("localhost", Targets::Public).await, Err(Refusal::NotAllowed));
        let own = resolve("localhost", Targets::PublicAndLoopback).await.expect("addresses");
        assert!(own.iter().all(|address| address.ip().is_loopback()), "{own:?}");
        let uri: NotifyUri = "https://localhost/".parse().expect("a URL");
        assert!(check_name(&uri, Targets::Public).await.is_err());
        assert_eq!(check_name(&uri, Targets::PublicAndLoopback).await, Ok(()));
    }
}
