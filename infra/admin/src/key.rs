//! API keys.

use anyhow::{Result, bail};
use clap::{Args, Subcommand};
use jiff::Timestamp;
use saldo_domain::date::{in_milliseconds, parse_moment};
use saldo_domain::id::{KeyId, OrgId};
use saldo_domain::key::{Actor, ApiKey, KeyName, KeyRequest, KeySecret, Scope};
use saldo_store::KeyStore;
use saldo_store::{Revocation, Revoked, Revoker};
use serde::Serialize;

use crate::Answer;
use crate::Stores;
use crate::lookup::organization;

/// The note about a new key.
pub(crate) const SHOWN_ONCE: &str = "The key is shown only once: Saldo stores its hash.";
/// The page size when keys are read.
const PAGE: usize = 100;

/// Commands for keys.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Creates a key, which is shown only once.
    Create(Create),
    /// Lists an organization's keys, revoked ones included, without the keys themselves.
    List {
        /// The organization: org_…
        org: OrgId,
    },
    /// Revokes a key, even the last one that can manage keys. Every later request with it is refused.
    Revoke {
        /// The organization: org_…
        org: OrgId,
        /// The key's id, as `key list` shows it: key_…
        key: KeyId,
        /// Also revokes the keys that it has created, those that they have created, and so on.
        #[arg(long)]
        cascade: bool,
    },
}

/// A key to be created.
#[derive(Debug, Args)]
pub(crate) struct Create {
    /// The organization: org_…
    org: OrgId,
    /// A name for people, such as that of the program that will use it.
    #[arg(long)]
    name: KeyName,
    /// Its scopes: import, export, clients:read, clients:write, accounts:read, accounts:write,
    /// transactions:read, transactions:write, sync, notifications, keys. Separate several by commas.
    #[arg(long = "scope", value_name = "SCOPE", required = true, value_delimiter = ',')]
    scopes: Vec<Scope>,
    /// When it expires, such as 2027-01-31T12:00:00Z; without it, the key is valid until it is revoked.
    #[arg(long, value_parser = parse_moment)]
    expires_at: Option<Timestamp>,
}

/// A new key with the only copy of its secret.
#[derive(Debug)]
pub struct NewKey {
    /// Its record.
    pub key: ApiKey,
    /// Its secret.
    pub secret: KeySecret,
}

#[derive(Serialize)]
struct View {
    id: KeyId,
    name: KeyName,
    prefix: String,
    status: &'static str,
    created_at: String,
    created_by: Actor,
    last_used_at: Option<String>,
    expires_at: Option<String>,
    revoked_at: Option<String>,
    revoked_by: Option<Actor>,
    /// Last in the table, since there may be many.
    scopes: Vec<Scope>,
}

#[derive(Serialize)]
struct Created {
    #[serde(flatten)]
    view: View,
    key: String,
}

#[derive(Serialize)]
struct RevokedKey {
    org: OrgId,
    id: KeyId,
    status: &'static str,
}

const REVOKED: &str = "revoked";

pub(crate) async fn run(stores: &Stores, command: Command) -> Result<Answer> {
    let now = Timestamp::now();
    match command {
        Command::Create(Create { org, name, mut scopes, expires_at }) => {
            if expires_at.is_some_and(|expiry| expiry <= now) {
                bail!("--expires-at is not in the future");
            }
            scopes.sort_unstable();
            scopes.dedup();
            organization(stores, &org).await?;
            let NewKey { key, secret } =
                create(&stores.keys, org, KeyRequest { name, scopes, expires_at }).await?;
            let created = Created { view: View::of(key, now), key: secret.expose().to_owned() };
            Ok(Answer::one(&created)?.with_note(SHOWN_ONCE))
        }
        Command::List { org } => {
            organization(stores, &org).await?;
            let keys = all(stores, &org).await?;
            Answer::list(&keys.into_iter().map(|key| View::of(key, now)).collect::<Vec<_>>())
        }
        Command::Revoke { org, key, cascade } => {
            let revocation = Revocation { org: &org, id: &key, cascade, by: Revoker::Operator, now };
            match stores.keys.revoke(&revocation).await? {
                Revoked::Done => Answer::one(&RevokedKey { org, id: key, status: REVOKED }),
                // An operator needs no scopes and may revoke the last key.
                Revoked::NotFound | Revoked::ScopesMissing(_) | Revoked::LastKey => {
                    bail!("{org} has no {key}")
                }
            }
        }
    }
}

/// Creates a key for an organization, as an operator.
///
/// # Errors
/// When DynamoDB fails. If the key was stored nevertheless, its secret is lost.
pub async fn create(keys: &KeyStore, org: OrgId, request: KeyRequest) -> Result<NewKey> {
    let secret = KeySecret::random()?;
    let key = request.grant(KeyId::random()?, org, Actor::Operator, &secret, Timestamp::now());
    keys.create(&secret.hash(), &key).await?;
    Ok(NewKey { key, secret })
}

async fn all(stores: &Stores, org: &OrgId) -> Result<Vec<ApiKey>> {
    let mut keys: Vec<ApiKey> = Vec::new();
    loop {
        let (page, more) = stores.keys.list(org, keys.last().map(|key| &key.id), PAGE).await?;
        let ended = page.is_empty() || !more;
        keys.extend(page);
        if ended {
            keys.sort_by_key(|key| key.created_at);
            return Ok(keys);
        }
    }
}

impl View {
    fn of(key: ApiKey, now: Timestamp) -> Self {
        let status = match key.revoked_at {
            Some(_) => REVOKED,
            None if key.is_valid_at(now) => "valid",
            None => "expired",
        };
        Self {
            id: key.id,
            name: key.name,
            prefix: key.prefix,
            status,
            scopes: key.scopes,
            created_at: in_milliseconds(key.created_at),
            created_by: key.created_by,
            last_used_at: key.last_used_at.map(in_milliseconds),
            expires_at: key.expires_at.map(in_milliseconds),
            revoked_at: key.revoked_at.map(in_milliseconds),
            revoked_by: key.revoked_by,
        }
    }
}
