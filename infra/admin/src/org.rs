//! Organizations.

mod redirects;

use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use saldo_domain::id::shards::Shards;
use saldo_domain::id::{KeyId, OrgId};
use saldo_domain::key::{KeyRequest, Scope};
use saldo_domain::money::Currency;
use saldo_domain::organization::{Organization, TimeZoneName};
use saldo_domain::sync::RedirectSettings;
use saldo_domain::text::Text;
use saldo_store::KeyStore;
use serde::Serialize;

use crate::Answer;
use crate::Stores;
use crate::key::{NewKey, SHOWN_ONCE};
use crate::lookup::organization;

/// Commands for organizations.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Creates an organization and its first key, with all scopes, which is shown only once.
    Create(Create),
    /// Lists all organizations.
    List,
    /// Shows one organization.
    Show {
        /// The organization: org_…
        org: OrgId,
    },
    /// The URLs to which users may be sent after the bank's page.
    #[command(subcommand)]
    RedirectUris(redirects::Command),
    /// Sets whether the application has to confirm each return from a bank's page with the code in the redirect.
    /// Applies to new synchronizations.
    ConfirmRedirects {
        /// The organization: org_…
        org: OrgId,
        /// Whether confirmation is required.
        switch: redirects::Switch,
    },
}

/// An organization to be created.
#[derive(Debug, Args)]
pub(crate) struct Create {
    /// A name for people.
    #[arg(long)]
    name: Text<256>,
    /// The ISO 4217 code of the currency of amounts without one, such as EUR.
    #[arg(long)]
    currency: Currency,
    /// The IANA time zone that determines today's date, such as Europe/Berlin. Days past due are counted by it.
    #[arg(long, default_value = "UTC")]
    time_zone: TimeZoneName,
    /// The partitions over which the organization's accounts are spread, and its clients: 16, 32, 64, 128 or 256. Each
    /// takes 1,000 writes a second. Lists read all of them. The number can't be changed later.
    #[arg(long, default_value_t)]
    shards: Shards,
}

/// An organization, with what its id says.
#[derive(Serialize)]
struct View {
    #[serde(flatten)]
    organization: Organization,
    shards: u16,
}

impl From<Organization> for View {
    fn from(organization: Organization) -> Self {
        let shards = organization.id.shards().count();
        Self { organization, shards }
    }
}

#[derive(Serialize)]
struct Created {
    #[serde(flatten)]
    organization: View,
    key_id: KeyId,
    key: String,
}

pub(crate) async fn run(stores: &Stores, command: Command) -> Result<Answer> {
    match command {
        Command::Create(Create { name, currency, time_zone, shards }) => {
            let organization = Organization {
                id: OrgId::random_with(shards)?,
                name,
                currency,
                time_zone,
                redirects: RedirectSettings::default(),
            };
            let NewKey { key, secret } = create(&stores.keys, &organization).await?;
            let organization = organization.into();
            let created = Created { organization, key_id: key.id, key: secret.expose().to_owned() };
            Ok(Answer::one(&created)?.with_note(SHOWN_ONCE))
        }
        Command::List => {
            let organizations = stores.keys.organizations().await?.into_iter();
            Answer::list(&organizations.map(View::from).collect::<Vec<_>>())
        }
        Command::Show { org } => Answer::one(&View::from(organization(stores, &org).await?)),
        Command::RedirectUris(command) => redirects::run(stores, command).await,
        Command::ConfirmRedirects { org, switch } => redirects::confirm(stores, &org, switch).await,
    }
}

/// Creates an organization and its first key, with all scopes and without expiry.
///
/// # Errors
/// When DynamoDB fails. The organization may exist then, without a key.
pub async fn create(keys: &KeyStore, organization: &Organization) -> Result<NewKey> {
    keys.put_organization(organization).await?;
    let request = KeyRequest { name: "first".parse()?, scopes: Scope::ALL.to_vec(), expires_at: None };
    let key = crate::key::create(keys, organization.id.clone(), request).await;
    key.with_context(|| {
        format!("{} was created, without a key; `admin key create` makes one", organization.id)
    })
}
