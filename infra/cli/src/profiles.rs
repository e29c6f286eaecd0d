//! `saldo profiles`: the import profiles of the organization, which Saldo keeps for all users. Those of `config.toml` are
//! the user's own.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result, anyhow, bail};
use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::answer::{self, Outcome, Output, note};
use crate::api::{Api, Document, Error};
use crate::flags::{self, Flags};
use crate::job::cell;
use crate::session::Session;

const PROFILES: &str = "/v1/import_profiles";
/// The most profiles that the API lists at once.
const PAGE_MAX: usize = 100;

const EXAMPLES: &str = "\
Examples:
  saldo profiles save erp --map 'Kunde=contact.name' --decimal-separator , --set date_format=DD.MM.YYYY
  saldo profiles save erp --file options.json
  saldo profiles list
  saldo profiles show erp --version 1
  saldo import debitoren.csv --profile erp --wait";

/// Lists, shows, saves and deletes import profiles: sets of options that Saldo keeps under a name.
///
/// `saldo import --profile NAME` uses the latest version of a profile, NAME@3 the third. An import keeps the options that
/// it had when it began.
#[derive(Debug, Subcommand)]
#[command(after_help = EXAMPLES)]
pub(crate) enum Profiles {
    /// Lists the profiles.
    List,
    /// Shows a profile with its options.
    Show(Show),
    /// Creates a profile, or makes the next version of one.
    Save(Box<Save>),
    /// Deletes a profile with all its versions.
    Delete(Delete),
}

#[derive(Debug, Args)]
pub(crate) struct Show {
    /// The name or the id.
    profile: String,
    /// The version; the latest by default.
    #[arg(long, value_name = "NUMBER")]
    version: Option<u32>,
}

#[derive(Debug, Args)]
pub(crate) struct Save {
    /// The name: lower-case letters, digits and hyphens.
    profile: String,
    /// A file with the options as a JSON object, as the API names them; `-` for standard input.
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    #[command(flatten)]
    flags: Flags,
}

#[derive(Debug, Args)]
pub(crate) struct Delete {
    /// The name or the id.
    profile: String,
}

pub(crate) async fn run(session: &Session, profiles: Profiles) -> Result<Outcome> {
    let api = session.api()?;
    match profiles {
        Profiles::List => list(session, &api).await?,
        Profiles::Show(Show { profile, version }) => {
            let path = match version {
                Some(version) => format!("{}/versions/{version}", path(&profile)?),
                None => path(&profile)?,
            };
            let read = api.read(&path).await.map_err(|error| explain(&profile, error))?;
            show(session.output, &read)?;
        }
        Profiles::Save(save) => self::save(session, &api, *save).await?,
        Profiles::Delete(Delete { profile }) => {
            api.delete(&path(&profile)?).await.map_err(|error| explain(&profile, error))?;
            note(&format!("The profile {profile} is deleted."));
        }
    }
    Ok(Outcome::Done)
}

/// A stored profile, with the version that was read behind `@`, and its mapping.
///
/// # Errors
/// When Saldo has no such profile.
pub(crate) async fn mapping(api: &Api, named: &str) -> Result<(String, Map<String, Value>)> {
    let path = match named.split_once('@') {
        Some((profile, version)) => {
            let version: u32 = version.parse().map_err(|_| unknown(named))?;
            format!("{}/versions/{version}", path(profile)?)
        }
        None => path(named)?,
    };
    let mut profile = api.read(&path).await.map_err(|error| explain(named, error))?;
    let read = match profile.json["version"].as_u64() {
        Some(version) if !named.contains('@') => format!("{named}@{version}"),
        _ => named.to_owned(),
    };
    match profile.json["options"]["mapping"].take() {
        Value::Object(mapping) => Ok((read, mapping)),
        _ => Ok((read, Map::new())),
    }
}

async fn list(session: &Session, api: &Api) -> Result<()> {
    let mut all: Vec<Value> = vec![];
    loop {
        let after =
            all.last().map(|last| format!("&starting_after={}", cell(&last["id"]))).unwrap_or_default();
        let mut page = api.read(&format!("{PROFILES}?limit={PAGE_MAX}{after}")).await?;
        let Value::Array(data) = page.json["data"].take() else {
            return Err(Error::NotSaldo("its answer is not a list".to_owned()).into());
        };
        let is_last = data.is_empty() || page.json["has_more"] != Value::Bool(true);
        all.extend(data);
        if is_last {
            break;
        }
    }
    all.sort_by_key(|profile| cell(&profile["name"]));
    match session.output {
        Output::Json => answer::print(&Value::Array(all).to_string())?,
        Output::Table if all.is_empty() => {
            answer::print("There are no import profiles. `saldo profiles save NAME` creates one.")?;
        }
        Output::Table => {
            let members = ["name", "version", "updated_at", "id"];
            let rows = all.iter().map(|profile| members.map(|member| cell(&profile[member])).to_vec());
            answer::print(&answer::columns(&["PROFILE", "VERSION", "UPDATED", "ID"], rows))?;
        }
    }
    Ok(())
}

async fn save(session: &Session, api: &Api, save: Save) -> Result<()> {
    let Save { profile, file, flags } = save;
    let mut options = file.map_or_else(|| Ok(Map::new()), |file| read(&file))?;
    flags::apply(&flags, &mut options)?;
    if options.is_empty() {
        bail!(
            "there are no options to save. Name a file with --file, or state them, for example with --map."
        );
    }
    let path = path(&profile)?;
    let saved = match api.get(&path, "application/json").await {
        Ok(found) => {
            let etag = found.header("etag").to_owned();
            api.put(&path, &json!({ "options": options }), &etag).await
        }
        Err(error) if is_missing(&error) => {
            let new = json!({ "name": profile, "options": options });
            api.post(PROFILES, &new, &Uuid::new_v4().to_string()).await
        }
        Err(error) => Err(error),
    };
    show(session.output, &saved.map_err(|error| explain(&profile, error))?.document()?)?;
    Ok(())
}

/// The options in a file.
fn read(file: &std::path::Path) -> Result<Map<String, Value>> {
    let shown = file.display();
    let text = match file.to_str() {
        Some("-") => std::io::read_to_string(std::io::stdin()),
        _ => fs::read_to_string(file),
    };
    let text = text.with_context(|| format!("{shown} can't be read"))?;
    serde_json::from_str(&text).map_err(|error| anyhow!("{shown} is not a JSON object of options: {error}."))
}

fn show(output: Output, profile: &Document) -> Result<()> {
    match output {
        Output::Json => answer::print(&profile.text)?,
        Output::Table => {
            let about = ["name", "version", "id", "created_at", "updated_at"];
            let about = about.map(|member| (member.to_owned(), cell(&profile.json[member])));
            let options = serde_json::to_string_pretty(&profile.json["options"])?;
            answer::print(&format!("{}\n\n{options}", answer::members(about)))?;
        }
    }
    Ok(())
}

/// The path of a profile. Other characters than those of names and ids would lead elsewhere.
fn path(profile: &str) -> Result<String> {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    match !profile.is_empty() && profile.len() <= 64 && profile.bytes().all(known) {
        true => Ok(format!("{PROFILES}/{profile}")),
        false => Err(unknown(profile)),
    }
}

fn unknown(profile: &str) -> anyhow::Error {
    anyhow!("there is no import profile `{profile}`. `saldo profiles list` shows those that there are.")
}

fn is_missing(error: &Error) -> bool {
    error.refusal().is_some_and(|refusal| refusal.status.as_u16() == 404)
}

/// The sentence for a profile that the API does not have, in place of its own.
fn explain(profile: &str, error: Error) -> anyhow::Error {
    match error.refusal().map(|refusal| refusal.status.as_u16()) {
        Some(404) => unknown(profile),
        Some(412) => {
            anyhow!("another user has changed the profile {profile} just now. Look at it, and save it again.")
        }
        _ => error.into(),
    }
}
