//! An organization's settings for the return of users from pages of banks.

use anyhow::{Result, anyhow, bail};
use clap::{Subcommand, ValueEnum};
use saldo_domain::id::OrgId;
use saldo_domain::sync::{RedirectSettings, RedirectUri};
use serde::Serialize;

use crate::Answer;
use crate::Stores;
use crate::lookup::organization;

/// The most redirect URIs of an organization. Every request is compared with all of them.
const URIS_MAX: usize = 100;

/// Commands for redirect URIs.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Registers a redirect URI. If any is registered, synchronizations may use only registered ones.
    Add {
        /// The organization: org_…
        org: OrgId,
        /// An https URL without user name and fragment. The whole URL has to match, query included.
        uri: String,
    },
    /// Removes a redirect URI. If none is left, synchronizations may use every https URL.
    Remove {
        /// The organization: org_…
        org: OrgId,
        /// The URL.
        uri: String,
    },
    /// Lists the redirect URIs.
    List {
        /// The organization: org_…
        org: OrgId,
    },
}

/// On or off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Switch {
    /// On.
    On,
    /// Off.
    Off,
}

#[derive(Serialize)]
struct View {
    redirect_uri: String,
}

pub(crate) async fn run(stores: &Stores, command: Command) -> Result<Answer> {
    match command {
        Command::Add { org, uri } => {
            let uri = read(stores, &uri)?;
            let add = |settings: &mut RedirectSettings| {
                if settings.uris.contains(&uri) {
                    return Ok(());
                }
                if settings.uris.len() >= URIS_MAX {
                    bail!("there are {URIS_MAX} redirect URIs already");
                }
                settings.uris.push(uri.clone());
                Ok(())
            };
            list(&change(stores, &org, add).await?)
        }
        Command::Remove { org, uri } => {
            let uri = read(stores, &uri)?;
            let remove = |settings: &mut RedirectSettings| {
                let before = settings.uris.len();
                settings.uris.retain(|registered| *registered != uri);
                if settings.uris.len() == before {
                    bail!("{} is not registered", uri.url());
                }
                Ok(())
            };
            list(&change(stores, &org, remove).await?)
        }
        Command::List { org } => list(&organization(stores, &org).await?.redirects),
    }
}

/// Sets whether the application has to confirm each return from a bank's page.
pub(crate) async fn confirm(stores: &Stores, org: &OrgId, switch: Switch) -> Result<Answer> {
    let set = |settings: &mut RedirectSettings| {
        settings.confirm = switch == Switch::On;
        Ok(())
    };
    Answer::one(&change(stores, org, set).await?)
}

fn read(stores: &Stores, uri: &str) -> Result<RedirectUri> {
    RedirectUri::read(uri, stores.targets).map_err(|error| anyhow!("{uri}: {error}"))
}

fn list(settings: &RedirectSettings) -> Result<Answer> {
    let views = settings.uris.iter().map(|uri| View { redirect_uri: uri.url().to_string() });
    Answer::list(&views.collect::<Vec<_>>())
}

/// Changes the settings and returns the new ones.
///
/// # Errors
/// When another operator has changed them at the same time.
async fn change(
    stores: &Stores,
    org: &OrgId,
    change: impl FnOnce(&mut RedirectSettings) -> Result<()>,
) -> Result<RedirectSettings> {
    let before = organization(stores, org).await?.redirects;
    let mut after = before.clone();
    change(&mut after)?;
    match after == before || stores.keys.change_redirects(org, &before, &after).await? {
        true => Ok(after),
        false => bail!("another operator has changed {org} at the same time; try again"),
    }
}
