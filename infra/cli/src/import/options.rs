//! The options of an import: those of the profile and of a file, as they are, and those of the command line, which take
//! precedence.

use std::path::Path;

use anyhow::{Result, bail};
use serde_json::{Map, Value};

use super::Import;
use crate::config::{Config, ProfileKind};
use crate::option_file;

/// Extensions that name a format by another name. Any other extension is the name of its format, which the API knows
/// or refuses.
const EXTENSIONS: [(&str, &str); 3] = [("tsv", "csv"), ("txt", "csv"), ("jsonl", "ndjson")];
const MAPPING: &str = "mapping";

/// The members of the request, without the upload.
///
/// # Errors
/// When the profile or the file can't be read.
pub(super) fn of(config: &Config, import: &Import) -> Result<Map<String, Value>> {
    let mut options = match &import.profile {
        Some(name) => config.profile(ProfileKind::Import, name)?,
        None => Map::new(),
    };
    if let Some(file) = &import.options {
        options.extend(option_file::read(file)?);
    }
    map(&mut options, &import.map)?;
    if let Some(separator) = &import.decimal_separator {
        options.insert("decimal_separator".to_owned(), separator.as_str().into());
    }
    if let Some(sheet) = &import.sheet {
        options.insert("sheet".to_owned(), sheet.as_str().into());
    }
    if import.dry_run {
        options.insert("dry_run".to_owned(), true.into());
    }
    Ok(options)
}

/// Adds headers and their fields to the mapping.
///
/// # Errors
/// When the mapping of the profile is something else.
pub(crate) fn map(options: &mut Map<String, Value>, pairs: &[(String, String)]) -> Result<()> {
    if pairs.is_empty() {
        return Ok(());
    }
    let mapping = options.entry(MAPPING).or_insert_with(|| Map::new().into());
    let Value::Object(mapping) = mapping else { bail!("`{MAPPING}` of the profile is not a table.") };
    for (header, field) in pairs {
        mapping.insert(header.clone(), field.as_str().into());
    }
    Ok(())
}

/// A header and its field. The last `=` separates them, since no field has one.
pub(crate) fn pair(text: &str) -> Result<(String, String), &'static str> {
    match text.rsplit_once('=') {
        Some((header, field)) if !header.is_empty() && !field.is_empty() => {
            Ok((header.to_owned(), field.trim().to_owned()))
        }
        _ => Err("expected a header and a field, such as 'Customer=contact.name'"),
    }
}

/// The format that the command line or the file's name says.
///
/// # Errors
/// When neither does.
pub(crate) fn format(file: &Path, stated: Option<&str>) -> Result<String> {
    if let Some(stated) = stated {
        return Ok(stated.to_owned());
    }
    let name = file.to_string_lossy().to_lowercase();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    let extension = Path::new(name).extension().and_then(|extension| extension.to_str());
    match extension {
        Some(extension) => {
            let other = EXTENSIONS.iter().find(|(known, _)| *known == extension);
            Ok(other.map_or(extension, |(_, format)| format).to_owned())
        }
        None => bail!("the format of {} is not known. Add it, for example --format csv.", file.display()),
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
        let options = of(&config, &Line::parse_from(line).import).expect("options");
        let wanted = json!({
            "decimal_separator": ",", "delimiter": ";", "dry_run": true,
            "mapping": { "Kunde": "contact.name", "Nr": "external_id", "a=b": "notes" }
        });
        assert_eq!(Value::Object(options), wanted);
        assert!(Line::try_parse_from(["import", "a.csv", "--map", "Kunde"]).is_err());
        assert!(Line::try_parse_from(["import", "a.csv", "--failed", "b.csv"]).is_err(), "without --wait");
    }

    #[test]
    fn format_follows_from_the_name() {
        for (name, wanted) in [
            ("a.csv", "csv"),
            ("A.CSV.GZ", "csv"),
            ("a.b.tsv", "csv"),
            ("a.jsonl.gz", "ndjson"),
            ("a.json", "json"),
            ("a.xlsx", "xlsx"),
        ] {
            assert_eq!(format(Path::new(name), None).expect("a format"), wanted);
        }
        assert_eq!(format(Path::new("-"), Some("csv")).expect("a format"), "csv");
        for name in ["-", "receivables", "a.gz"] {
            assert!(format(Path::new(name), None).is_err(), "{name}");
        }
    }
}
