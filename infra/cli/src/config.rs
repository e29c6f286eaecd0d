//! The files of the user: `config.toml` with profiles, which the user writes, and `credentials.toml` with the keys,
//! which `saldo login` writes and no other user may read.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, bail};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::address::Address;
use crate::private;

const CONFIG: &str = "config.toml";
const CREDENTIALS: &str = "credentials.toml";
const ABOUT_CREDENTIALS: &str =
    "# Written by `saldo login`. These keys give access to your data: keep them to yourself.\n";

/// The folder of the files.
pub(crate) struct Config {
    pub folder: PathBuf,
}

/// The keys, each by the address for which it was stored.
#[derive(Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Credentials {
    /// The address of the last login.
    pub url: Option<String>,
    pub keys: BTreeMap<String, String>,
}

/// The kinds of profiles, each with the name of its tables in `config.toml`.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ProfileKind {
    Import,
    Export,
}

impl ProfileKind {
    fn name(self) -> &'static str {
        match self {
            Self::Import => "import",
            Self::Export => "export",
        }
    }
}

impl Config {
    pub(crate) fn credentials_file(&self) -> PathBuf {
        self.folder.join(CREDENTIALS)
    }

    /// The stored keys; none before the first login.
    ///
    /// # Errors
    /// When the file can't be read, or other users can read it.
    pub(crate) fn credentials(&self) -> Result<Credentials> {
        let file = self.credentials_file();
        let shown = file.display();
        let mut opened = match File::open(&file) {
            Ok(opened) => opened,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Credentials::default()),
            Err(error) => return Err(error).with_context(|| format!("{shown} can't be read")),
        };
        if private::is_open_to_others(&opened).with_context(|| format!("{shown} can't be read"))? {
            bail!(
                "other users can read the keys in {shown}. Run `chmod 600 '{shown}'`, and replace the keys if others may have read them."
            );
        }
        let mut text = String::new();
        opened.read_to_string(&mut text).with_context(|| format!("{shown} can't be read"))?;
        // The error of the parser would show the line, which may have a key.
        toml::from_str(&text)
            .map_err(|_| anyhow!("{shown} is damaged. Delete it and run `saldo login` again."))
    }

    /// Stores a key for an address, which becomes the default.
    ///
    /// # Errors
    /// When the file can't be read or written.
    pub(crate) fn store(&self, url: &Address, key: &SecretString) -> Result<()> {
        let mut credentials = self.credentials()?;
        credentials.url = Some(url.as_str().to_owned());
        credentials.keys.insert(url.as_str().to_owned(), key.expose_secret().to_owned());
        let text = format!("{ABOUT_CREDENTIALS}{}", toml::to_string(&credentials)?);
        let file = self.credentials_file();
        private::write(&file, text.as_bytes()).with_context(|| format!("{} can't be written", file.display()))
    }

    /// Whether the file has a profile of this name.
    ///
    /// # Errors
    /// When the file can't be read.
    pub(crate) fn has_profile(&self, kind: ProfileKind, name: &str) -> Result<bool> {
        let config = read(&self.folder.join(CONFIG))?;
        Ok(config.get(kind.name()).and_then(|profiles| profiles.get(name)).is_some())
    }

    /// The members of a profile, under the names that the API gives them.
    ///
    /// # Errors
    /// When there is no such profile, or a value has no equivalent in JSON.
    pub(crate) fn profile(&self, kind: ProfileKind, name: &str) -> Result<Map<String, Value>> {
        let file = self.folder.join(CONFIG);
        let (shown, section) = (file.display(), kind.name());
        let mut config = read(&file)?;
        let Some(toml::Value::Table(mut profiles)) = config.remove(section) else {
            bail!("there is no profile `{name}`: {shown} has no table [{section}.{name}].");
        };
        let names: Vec<_> = profiles.keys().cloned().collect();
        let Some(toml::Value::Table(profile)) = profiles.remove(name) else {
            bail!("there is no profile `{name}`. {shown} has: {}.", names.join(", "));
        };
        let members = profile.into_iter().map(|(member, value)| {
            let value = json(value).with_context(|| format!("[{section}.{name}] of {shown}: {member}"))?;
            Ok((member, value))
        });
        members.collect()
    }
}

fn read(file: &Path) -> Result<toml::Table> {
    let shown = file.display();
    let text = match fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
        Err(error) => return Err(error).with_context(|| format!("{shown} can't be read")),
    };
    text.parse().map_err(|error: toml::de::Error| {
        let line =
            error.span().map_or(0, |span| text.get(..span.start).unwrap_or_default().lines().count().max(1));
        anyhow!("line {line} of {shown} is not TOML: {}.", error.message())
    })
}

/// The value as JSON. Dates become text. Floating-point numbers are refused, because amounts would not stay exact.
fn json(value: toml::Value) -> Result<Value> {
    Ok(match value {
        toml::Value::String(text) => text.into(),
        toml::Value::Integer(number) => number.into(),
        toml::Value::Boolean(flag) => flag.into(),
        toml::Value::Datetime(time) => time.to_string().into(),
        toml::Value::Float(number) => {
            bail!("write the number in quotes, \"{number}\", so that it stays exact.")
        }
        toml::Value::Array(items) => items.into_iter().map(json).collect::<Result<_>>()?,
        toml::Value::Table(members) => {
            let members = members.into_iter().map(|(name, value)| Ok((name, json(value)?)));
            Value::Object(members.collect::<Result<_>>()?)
        }
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn config(text: &str) -> (tempfile::TempDir, Config) {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join(CONFIG), text).expect("written");
        let config = Config { folder: folder.path().to_owned() };
        (folder, config)
    }

    #[test]
    fn profile_is_passed_on_as_it_is() {
        let text = r#"
            [import.erp]
            decimal_separator = ","
            header_line = 3
            as_of = 2026-11-30
            mapping = { Kunde = "contact.name" }
            columns = [{ from = "Betrag", to = "total_amount" }]
            [export.month-end]
            format = "csv"
        "#;
        let (_folder, config) = config(text);
        let members = config.profile(ProfileKind::Import, "erp").expect("a profile");
        let wanted = json!({
            "decimal_separator": ",", "header_line": 3, "as_of": "2026-11-30", "mapping": { "Kunde": "contact.name" },
            "columns": [{ "from": "Betrag", "to": "total_amount" }]
        });
        assert_eq!(Value::Object(members), wanted);
        let unknown = config.profile(ProfileKind::Import, "month-end").expect_err("unknown").to_string();
        assert!(
            unknown.starts_with("there is no profile `month-end`. ") && unknown.ends_with(" has: erp."),
            "{unknown}"
        );
    }

    #[test]
    fn mistakes_in_the_config_file_are_named() {
        let error = |text: &str| {
            let (_folder, config) = config(text);
            format!("{:#}", config.profile(ProfileKind::Import, "a").expect_err("a mistake"))
        };
        assert!(error("").contains("has no table [import.a]"));
        assert!(error("[import.a]\nx = ").starts_with("line 2 of "));
        assert!(
            error("[import.a]\nexpected_total = 12.5")
                .contains("expected_total: write the number in quotes, \"12.5\"")
        );
    }

    #[cfg(unix)]
    #[test]
    fn credentials_are_private_or_refused() {
        use std::os::unix::fs::PermissionsExt;

        let folder = tempfile::tempdir().expect("a folder");
        let config = Config { folder: folder.path().join("saldo") };
        let url = Address::parse("https://saldo.example").expect("an address");
        config.store(&url, &SecretString::from("secret-key")).expect("stored");
        let mode = |path: &Path| fs::metadata(path).expect("metadata").permissions().mode() & 0o777;
        assert_eq!((mode(&config.folder), mode(&config.credentials_file())), (0o700, 0o600));

        let file = config.credentials_file();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).expect("a mode");
        let refused = config.credentials().err().expect("refused").to_string();
        assert!(refused.contains("chmod 600") && !refused.contains("secret-key"), "{refused}");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("a mode");
        fs::write(&file, "keys = secret-key").expect("written");
        let damaged = format!("{:#}", config.credentials().err().expect("damaged"));
        assert!(damaged.contains("is damaged") && !damaged.contains("secret-key"), "{damaged}");
    }
}
