//! The options of an import: those of the profile, of a file, and of the command line, which take precedence in this order.

use std::path::Path;

use anyhow::Result;
use serde_json::{Map, Value};

use crate::api::Api;
use crate::config::{Config, ProfileKind};
use crate::flags::{Flags, MAPPING, apply};
use crate::{option_file, profiles};

/// Where options come from.
#[derive(Clone, Copy)]
pub(crate) struct Chosen<'a> {
    /// The name of a profile.
    pub(crate) profile: Option<&'a str>,
    /// A file of options.
    pub(crate) file: Option<&'a Path>,
    pub(crate) flags: &'a Flags,
}

/// The members of the request, without the upload.
///
/// # Errors
/// When the profile or the file can't be read.
pub(crate) async fn of(config: &Config, api: &Api, chosen: Chosen<'_>) -> Result<Map<String, Value>> {
    let mut options = Map::new();
    if let Some(name) = chosen.profile {
        if config.has_profile(ProfileKind::Import, name)? {
            options = config.profile(ProfileKind::Import, name)?;
        } else {
            // Read before the file is uploaded: a profile that does not exist is better noticed now.
            let (read, mapping) = profiles::mapping(api, name).await?;
            options.insert("profile".to_owned(), name.into());
            if !chosen.flags.map.is_empty() {
                options.insert(MAPPING.to_owned(), mapping.into());
                // Until the file is uploaded, another version may be made, to which the mapping does not belong.
                options.insert("profile".to_owned(), read.into());
            }
        }
    }
    if let Some(file) = chosen.file {
        options.extend(option_file::read(file)?);
    }
    apply(chosen.flags, &mut options)?;
    Ok(options)
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use serde_json::json;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        flags: Flags,
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
        let line = ["import", "--decimal-separator", ",", "--map", "Nr=external_id", "--map", "a=b=notes"];
        let flags = Line::parse_from(line).flags;
        let mut options = config.profile(ProfileKind::Import, "erp").expect("a profile");
        apply(&flags, &mut options).expect("options");
        let wanted = json!({
            "decimal_separator": ",", "delimiter": ";",
            "mapping": { "Kunde": "contact.name", "Nr": "external_id", "a=b": "notes" }
        });
        assert_eq!(Value::Object(options), wanted);
        assert!(Line::try_parse_from(["import", "--map", "Kunde"]).is_err());
    }
}
