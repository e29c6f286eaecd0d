//! The options of the command line that say how a file is written.

use anyhow::{Result, bail};
use clap::Args;
use serde_json::{Map, Value};

pub(crate) const MAPPING: &str = "mapping";

/// Options that say how a file is written.
#[derive(Debug, Args)]
pub(crate) struct Flags {
    /// The format, such as csv, xlsx, ndjson or json; by default what the file is, which must agree with its name.
    #[arg(long)]
    pub(crate) format: Option<String>,
    /// The field of a column whose header is not the name of one, such as 'Customer=contact.name'.
    #[arg(long = "map", value_name = "HEADER=FIELD", value_parser = pair)]
    pub(crate) map: Vec<(String, String)>,
    /// The sheet of a workbook: its name or its number; the first by default.
    #[arg(long, value_name = "SHEET")]
    sheet: Option<String>,
    /// The decimal separator of amounts in CSV, and in cells of XLSX that hold texts; a point by default.
    #[arg(long, value_name = "CHARACTER")]
    decimal_separator: Option<String>,
    /// The separator of thousands in such amounts; none by default.
    #[arg(long, value_name = "CHARACTER")]
    thousands_separator: Option<String>,
    /// The format of dates that are texts, such as DD/MM/YYYY; YYYY-MM-DD by default.
    #[arg(long, value_name = "FORMAT")]
    date_format: Option<String>,
    /// The encoding of CSV, such as windows-1252; recognized by default.
    #[arg(long, value_name = "LABEL")]
    encoding: Option<String>,
    /// Another option, as the API names it, such as `default_country=DE` or `amount={"debit":"Soll","credit":"Haben"}`.
    #[arg(long = "set", value_name = "OPTION=VALUE", value_parser = setting)]
    settings: Vec<(String, Value)>,
}

/// Adds the options of the command line to others, over which they take precedence. Columns that they do not name keep
/// their fields.
///
/// # Errors
/// When the others have a mapping of another type.
pub(crate) fn apply(flags: &Flags, options: &mut Map<String, Value>) -> Result<()> {
    let Flags { format, map, sheet, decimal_separator, thousands_separator, date_format, encoding, settings } =
        flags;
    if !map.is_empty() {
        let mapping = options.entry(MAPPING).or_insert_with(|| Map::new().into());
        let Value::Object(mapping) = mapping else { bail!("`{MAPPING}` of the profile is not a table.") };
        for (header, field) in map {
            mapping.insert(header.clone(), field.as_str().into());
        }
    }
    for (name, value) in [
        ("format", format),
        ("sheet", sheet),
        ("decimal_separator", decimal_separator),
        ("thousands_separator", thousands_separator),
        ("date_format", date_format),
        ("encoding", encoding),
    ] {
        if let Some(value) = value {
            options.insert(name.to_owned(), value.as_str().into());
        }
    }
    options.extend(settings.iter().cloned());
    Ok(())
}

/// An option and its value: JSON if it is a number, a list, an object, true or false, and otherwise a text.
fn setting(text: &str) -> Result<(String, Value), &'static str> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => {
            let json = serde_json::from_str(value).ok().filter(|json: &Value| !json.is_null());
            Ok((name.to_owned(), json.unwrap_or_else(|| value.into())))
        }
        _ => Err("expected an option and its value, such as date_format=DD.MM.YYYY"),
    }
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_json_or_texts() {
        for (text, value) in [
            ("header_line=5", json!(5)),
            ("dry_run=true", json!(true)),
            ("decimal_separator=,", json!(",")),
            ("date_format=DD.MM.YYYY", json!("DD.MM.YYYY")),
            ("delimiter=null", json!("null")),
            ("amount={\"column\":\"a=b\"}", json!({ "column": "a=b" })),
        ] {
            assert_eq!(setting(text).map(|(_, value)| value), Ok(value), "{text}");
        }
        assert!(setting("header_line").is_err() && setting("=5").is_err());
    }
}
