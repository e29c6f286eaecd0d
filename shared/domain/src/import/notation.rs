//! The format of a payload and its options.

use serde::{Deserialize, Serialize};
use serde_with::json::JsonString;
use serde_with::serde_as;

use super::options::contradiction;
use super::upload::COMPRESSED_ALREADY;
use super::{Defaults, Format, ImportOptions, RowRules};
use crate::fields::{Finding, FindingCode};

/// The bytes of the options as JSON. They are stored in the job's item, which has 400 KB at most.
const BYTES_MAX: usize = 100_000;

/// The format of a payload and its options.
#[serde_as]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notation {
    /// The format.
    pub format: Format,
    /// Whether the payload is compressed with gzip (RFC 1952).
    #[serde(default)]
    pub gzip: bool,
    /// Whether the payload is the request body, where JSON may have members about the import beside the rows.
    #[serde(default)]
    pub in_request: bool,
    /// The options of the import.
    #[serde(default)]
    // As a text, since headers in it would be names of attributes, which DynamoDB bounds at 64 KB.
    #[serde_as(as = "JsonString")]
    // In a box, since few imports have options and futures hold a notation.
    pub options: Box<ImportOptions>,
}

impl Notation {
    /// A format with default options.
    #[must_use]
    pub fn of(format: Format) -> Self {
        Self { format, gzip: false, in_request: false, options: Box::default() }
    }

    /// The notation of a payload with these options.
    ///
    /// # Errors
    /// The options that don't exist for the format; options that contradict each other, which come from the query and the
    /// body; and default values that no row may have.
    pub fn with(options: ImportOptions, format: Format, gzip: bool) -> Result<Self, Vec<Finding>> {
        let of_tables = [
            ("mapping", options.mapping.is_some()),
            ("columns", options.columns.is_some()),
            ("decimal_separator", options.decimal_separator.is_some()),
            ("thousands_separator", options.thousands_separator.is_some()),
            ("amount", options.amount.is_some()),
            ("blank_external_id", options.blank_external_id.is_some()),
            ("header_line", options.header_line.is_some()),
            ("sheet", options.sheet.is_some()),
        ];
        let of_texts = [
            ("encoding", options.encoding.is_some()),
            ("delimiter", options.delimiter.is_some()),
            ("quote", options.quote.is_some()),
        ];
        let of_tables = of_tables.map(|(name, is_set)| (name, is_set && !format.is_table(), "CSV and XLSX"));
        let of_texts = of_texts.map(|(name, is_set)| (name, is_set && format != Format::Csv, "CSV"));
        let refused = of_tables.into_iter().chain(of_texts).filter(|(_, is_refused, _)| *is_refused);
        let refused = refused.map(|(name, _, formats)| {
            let reason = format!("this option is only for {formats}");
            Finding::in_field(name, FindingCode::InvalidValue, reason)
        });
        let mut refused: Vec<_> = refused.collect();
        refused.extend(contradiction(options.decimal_separator, options.thousands_separator));
        if gzip && format == Format::Xlsx {
            refused.push(Finding::in_field("format", FindingCode::InvalidValue, COMPRESSED_ALREADY));
        }
        if options.complete == Some(true) && options.scope.is_none() {
            let reason = "a complete file needs a scope: the source system whose open items it lists";
            refused.push(Finding::in_field("scope", FindingCode::Required, reason));
        }
        refused.extend(options.contents_findings());
        match refused.is_empty() {
            true => Ok(Self { format, gzip, in_request: false, options: Box::new(options) }),
            false => Err(refused),
        }
    }

    /// The rules for the values of rows.
    #[must_use]
    pub fn rules(&self) -> RowRules<'_> {
        RowRules::of(&self.options)
    }
}

impl ImportOptions {
    /// What is wrong with the options whatever the file is: default values that no row may have, and too many bytes.
    #[must_use]
    pub fn contents_findings(&self) -> Vec<Finding> {
        let mut findings = RowRules::of(self).invalid_defaults();
        findings.extend(self.contradicted_scope());
        let json = serde_json::to_vec(self).unwrap_or_default();
        if json.len() > BYTES_MAX {
            let largest = if self.columns.is_some() { "columns" } else { "mapping" };
            let reason = format!("the options have more than {BYTES_MAX} bytes in all");
            findings.push(Finding::in_field(largest, FindingCode::TooLong, reason));
        }
        findings
    }

    /// The findings about default values that are not of the scope.
    fn contradicted_scope(&self) -> impl Iterator<Item = Finding> {
        let defaults = self.defaults.iter().flat_map(Defaults::iter);
        defaults.filter_map(|(field, value)| {
            let (_, of_scope) = self.scope.as_ref()?.fields().find(|(of, _)| *of == field)?;
            let name = format!("defaults.{}", field.name());
            let reason = format!("the scope of the import is {of_scope}");
            (of_scope != value).then(|| Finding::in_field(name, FindingCode::InvalidValue, reason))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::Quote;
    use super::*;
    use crate::date_format::DateFormat;

    #[test]
    fn options_are_stored_as_a_text() {
        let options = ImportOptions { header_line: Some(2), ..Default::default() };
        let notation = Notation::with(options, Format::Csv, false).expect("valid options");
        let stored = serde_json::to_value(&notation).expect("JSON");
        assert_eq!(stored["options"], r#"{"header_line":2}"#);
        assert_eq!(serde_json::from_value::<Notation>(stored).expect("a notation"), notation);
    }

    #[test]
    fn workbook_in_a_file_of_gzip_is_refused() {
        let with = |format, gzip| Notation::with(ImportOptions::default(), format, gzip).is_ok();
        assert!(!with(Format::Xlsx, true) && with(Format::Xlsx, false) && with(Format::Csv, true));
    }

    #[test]
    fn options_are_refused_for_formats_without_them() {
        let options = ImportOptions {
            header_line: Some(2),
            date_format: Some(DateFormat::Serial),
            quote: Some(Quote::Single),
            ..Default::default()
        };
        for (format, expected) in
            [(Format::Ndjson, &["header_line", "quote"][..]), (Format::Xlsx, &["quote"]), (Format::Csv, &[])]
        {
            let refused = Notation::with(options.clone(), format, false).err().unwrap_or_default();
            let refused: Vec<_> = refused.iter().filter_map(|found| found.field.as_deref()).collect();
            assert_eq!(refused, expected, "{format:?}");
        }
    }
}
