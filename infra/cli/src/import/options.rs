//! The options of an import: those of the profile, and those of the command line, which take precedence.

use anyhow::{Result, bail};
use clap::Args;
use serde_json::{Map, Value};

use super::Import;
use crate::api::Api;
use crate::config::{Config, ProfileKind};
use crate::profiles;

const MAPPING: &str = "mapping";

/// Options that say how a file is written.
#[derive(Debug, Args)]
pub(crate) struct Flags {
    /// The format, such as csv, ndjson or json; by default what the file is, which must agree with its name.
    #[arg(long)]
    format: Option<String>,
    /// The field of a column whose header is not the name of one, such as 'Customer=contact.name'.
    #[arg(long = "map", value_name = "HEADER=FIELD", value_parser = pair)]
    map: Vec<(String, String)>,
    /// The decimal separator of amounts in CSV; a point by default.
    #[arg(long, value_name = "CHARACTER")]
    decimal_separator: Option<String>,
}

/// The members of the request, without the upload.
///
/// # Errors
/// When the profile can't be read.
pub(super) async fn of(config: &Config, api: &Api, import: &Import) -> Result<Map<String, Value>> {
    let mut options = Map::new();
    if let Some(name) = &import.profile {
        if config.has_profile(ProfileKind::Import, name)? {
            options = config.profile(ProfileKind::Import, name)?;
        } else {
            // Read before the file is uploaded: a profile that does not exist is better noticed now.
            let mapping = profiles::mapping(api, name).await?;
            options.insert("profile".to_owned(), name.as_str().into());
            if !import.flags.map.is_empty() {
                options.insert(MAPPING.to_owned(), mapping.into());
            }
        }
    }
    apply(&import.flags, &mut options)?;
    if import.dry_run {
        options.insert("dry_run".to_owned(), true.into());
    }
    Ok(options)
}

/// Adds the options of the command line to others, over which they take precedence. Columns that they do not name keep
/// their fields.
///
/// # Errors
/// When the others have a mapping of another type.
pub(crate) fn apply(flags: &Flags, options: &mut Map<String, Value>) -> Result<()> {
    let Flags { format, map, decimal_separator } = flags;
    if !map.is_empty() {
        let mapping = options.entry(MAPPING).or_insert_with(|| Map::new().into());
        let Value::Object(mapping) = mapping else { bail!("`{MAPPING}` of the profile is not a table.") };
        for (header, field) in map {
            mapping.insert(header.clone(), field.as_str().into());
        }
    }
    for (name, value) in [("format", format), ("decimal_separator", decimal_separator)] {
        if let Some(value) = value {
            options.insert(name.to_owned(), value.as_str().into());
        }
    }
    Ok(())
}

/// A header and its field. The last `=` separates them, since no field has one.
pub(super) fn pair(text: &str) -> Result<(String, String), &'static str> {
    match text.rsplit_once('=') {
        Some((header, field)) if !header.is_empty() && !field.is_empty() => {
            Ok((header.to_owned(), field.trim().to_owned()))
        }
        _ => Err("expected a header and a field, such as 'Customer=contact.name'"),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use serde_json::json;

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
