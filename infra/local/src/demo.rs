//! The demo organization and its key, so that the first `curl` needs no preparation.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::Path;

use anyhow::{Context, Result};
use jiff::Timestamp;
use saldo_domain::id::OrgId;
use saldo_domain::key::{KeyRequest, KeySecret, Scope};
use saldo_domain::organization::{Organization, TimeZoneName};
use saldo_domain::sync::RedirectSettings;

use crate::{App, private_file};

/// The demo organization's id: fixed, so that a restarted stack finds its data.
const DEMO: &str = "org_demodemodemodemo";
const KEY_VARIABLE: &str = "SALDO_KEY";

/// Creates an organization with a key that has all scopes and never expires.
///
/// # Errors
/// When DynamoDB fails.
pub async fn create_organization(app: &App, id: OrgId, name: &str, currency: &str) -> Result<KeySecret> {
    let organization = Organization {
        id,
        name: name.parse()?,
        currency: currency.parse()?,
        time_zone: TimeZoneName::utc(),
        redirects: RedirectSettings::default(),
    };
    Ok(admin::org::create(&app.keys, &organization).await?.secret)
}

/// Creates a key for an organization.
///
/// # Errors
/// When DynamoDB fails.
pub async fn create_key(
    app: &App,
    org: OrgId,
    scopes: Vec<Scope>,
    expires_at: Option<Timestamp>,
) -> Result<KeySecret> {
    let request = KeyRequest { name: "local".parse()?, scopes, expires_at };
    Ok(admin::key::create(&app.keys, org, request).await?.secret)
}

/// The demo organization's key: the one in the file `env` of an earlier start, if it is still valid, or a new one.
pub(crate) async fn key(app: &App, env_file: &Path) -> Result<KeySecret> {
    let before = fs::read_to_string(env_file).unwrap_or_default();
    if let Some(secret) = exported(&before, KEY_VARIABLE).and_then(|text| text.parse::<KeySecret>().ok()) {
        let found = app.keys.find(&secret.hash()).await?;
        if found.is_some_and(|key| key.is_valid_at(Timestamp::now())) {
            return Ok(secret);
        }
    }
    create_organization(app, DEMO.parse()?, "Demo", "ARS").await
}

/// Writes a file of variables for a shell to `source`. Only its owner can read it, since it contains a key.
pub(crate) fn write_env_file(file: &Path, variables: &[(String, String)]) -> Result<()> {
    let mut text = String::new();
    for (name, value) in variables {
        writeln!(text, "export {name}='{value}'")?;
    }
    let write = || -> std::io::Result<()> {
        fs::create_dir_all(file.parent().unwrap_or(Path::new(".")))?;
        private_file(file)?.write_all(text.as_bytes())
    };
    write().with_context(|| format!("writing {}", file.display()))
}

/// The value of an exported variable in such a file.
fn exported<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let value = |line: &'a str| {
        line.strip_prefix("export ")?.strip_prefix(name)?.strip_prefix("='")?.strip_suffix('\'')
    };
    text.lines().find_map(value)
}
