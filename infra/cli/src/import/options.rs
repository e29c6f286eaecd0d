//! The options of an import: those of the profile and of a file, as they are, and those of the command line, which take
//! precedence.

use std::path::Path;

use anyhow::Result;
use serde_json::{Map, Value};

use crate::api::Api;
use crate::config::{Config, ProfileKind};
use crate::flags::{Flags, MAPPING, apply};
use crate::option_file;
use crate::profiles;

/// The members of the request, without the upload.
///
/// # Errors
/// When the profile or the file can't be read.
pub(crate) async fn of(
    config: &Config,
    api: &Api,
    profile: Option<&str>,
    file: Option<&Path>,
    flags: &Flags,
) -> Result<Map<String, Value>> {
    let mut options = Map::new();
    if let Some(name) = profile {
        if config.has_profile(ProfileKind::Import, name)? {
            options = config.profile(ProfileKind::Import, name)?;
        } else {
            // Read before the file is uploaded: a profile that does not exist is better noticed now.
            let mapping = profiles::mapping(api, name).await?;
            options.insert("profile".to_owned(), name.into());
            if !flags.map.is_empty() {
                options.insert(MAPPING.to_owned(), mapping.into());
            }
        }
    }
    if let Some(file) = file {
        options.extend(option_file::read(file)?);
    }
    apply(flags, &mut options)?;
    Ok(options)
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use serde_json::json;

    use super::super::Import;
    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        import: Import,
    }

    #[test]
    fn command_line_takes_precedence_over_the_profile() {
        let folder = tempfile::tempdir().expect("a folder");
        let profile = r#"
            [import.erp]
            decimal_separator = "."
            delimiter = ";"
            mapping = { Kunde = "contact.name", Nr = "id" }
        "#;
        std::fs::write(folder.path().join("config.toml"), profile).expect("written");
        let config = Config { folder: folder.path().to_owned() };
        let line = [
            "import",
            "a.csv",
            "--profile",
            "erp",
            "--decimal-separator",
            ",",
            "--map",
            "Nr=external_id",
            "--map",
            "a=b=notes",
            "--dry-run",
        ];
        let import = Line::parse_from(line).import;
        let mut options = config.profile(ProfileKind::Import, "erp").expect("a profile");
        apply(&import.flags, &mut options).expect("options");
        let wanted = json!({
            "decimal_separator": ",", "delimiter": ";",
            "mapping": { "Kunde": "contact.name", "Nr": "external_id", "a=b": "notes" }
        });
        assert_eq!(Value::Object(options), wanted);
        assert!(Line::try_parse_from(["import", "a.csv", "--map", "Kunde"]).is_err());
        assert!(Line::try_parse_from(["import", "a.csv", "--failed", "b.csv"]).is_err(), "without --wait");
    }
}
