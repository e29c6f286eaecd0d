//! The options of an import: how its file is read. One set of them is in the query, or in the body that names an
//! uploaded file, and stays in the job.

mod amount;
mod columns;
mod defaults;
mod sheet;
mod table;
mod target;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

#[cfg(feature = "openapi")]
pub use amount::Columns as AmountColumnsSchema;
pub use amount::{AmountColumns, Signs};
#[cfg(feature = "openapi")]
pub use columns::Named as ColumnChoiceSchema;
pub use columns::{ColumnChoice, ColumnRef, FoundColumn, Headers, Occurrence};
pub use defaults::Defaults;
pub use sheet::{SheetRef, unread_sheets};
pub use table::{BlankExternalId, Delimiter, Quote, TextEncoding};
pub use target::Target;

use super::structure::structure;
use super::{Format, Mapping, Scope};
use crate::bank::Country;
use crate::date::{self, Date};
use crate::date_format::DateFormat;
use crate::fields::{Body, Fields, Finding, FindingCode, Patch, Value};
use crate::money::{Decimal, DecimalSeparator, ThousandsSeparator};
use crate::receivable::Amounts;

/// The largest number of a header's line.
pub const HEADER_LINE_MAX: i64 = 1_000;
/// The most columns of a table, of which every chunk repeats the header, and so the most that the options may name.
pub const COLUMNS_MAX: usize = 1_000;
/// The most days by which a source may lag behind.
const AS_OF_LAG_DAYS_MAX: i64 = 31;
/// The most characters of a column's header.
pub const HEADER_CHARS_MAX: usize = 200;

/// The options of an import: in the query, in the body that names an uploaded file, or in an import profile.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Body)]
#[body(schema(as = ImportOptions))]
#[body(rule = separators_differ(decimal_separator, thousands_separator))]
#[serde(default)]
pub struct ImportOptions {
    /// What the rows are: accounts, which is the default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<Target>,
    /// The format. By default that of the upload or of the body, or else what the first bytes say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<Format>,
    /// The fields that columns fill whose headers are not field names: headers, each with a field. Only for CSV and XLSX.
    #[body(read = mapping)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mapping: Option<Mapping>,
    /// The columns that fill fields, also by number, or by the occurrence of a header that several columns have. Only for CSV and
    /// XLSX.
    #[body(read = columns, wire = Vec<columns::Named>, schema(max_items = 1_000))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub columns: Option<Vec<ColumnChoice>>,
    /// Values of fields for all rows that have none: names of fields, each with a text.
    #[body(read = map)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub defaults: Option<Defaults>,
    /// The decimal separator of amounts, a point by default; only for CSV, and for cells of XLSX that hold texts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decimal_separator: Option<DecimalSeparator>,
    /// The separator of thousands in amounts. A space stands for spaces without a break, too. By default amounts have none,
    /// and one such as `25.000` EUR is refused. Only for CSV, and for cells of XLSX that hold texts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thousands_separator: Option<ThousandsSeparator>,
    /// The format of dates: `YYYY-MM-DD` by default, another order such as `DD.MM.YYYY`, `MM/DD/YYYY` or `DD/MM/YY`, or
    /// `serial` for a spreadsheet's number of a day. Cells of XLSX that hold dates need no format.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date_format: Option<DateFormat>,
    /// The country of phone numbers without a country code (ISO 3166-1 alpha-2).
    #[body(read = default_country)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_country: Option<Country>,
    /// The columns of the amount, if it is not one column `total_amount`. Only for CSV and XLSX.
    #[body(read = structure, wire = amount::Columns)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<AmountColumns>,
    /// What happens to a row with a blank `external_id` in a file with that column: it is refused by default. Only for
    /// CSV and XLSX.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blank_external_id: Option<BlankExternalId>,
    /// The encoding, by a label of the Encoding Standard, such as `windows-1250`; recognized by default. Only for CSV.
    #[body(wire = String)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoding: Option<TextEncoding>,
    /// The character between cells; by default the comma, semicolon, tab or `|` that the header has most. Only for CSV.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delimiter: Option<Delimiter>,
    /// The character around cells that contain the delimiter: `"` by default, `'`, or `none`. Only for CSV.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quote: Option<Quote>,
    /// The line of the header, from 1; by default the first line with the headers that are named or known. Earlier lines
    /// are skipped. Only for CSV and XLSX.
    #[body(integer(1, HEADER_LINE_MAX))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header_line: Option<i64>,
    /// The sheet of a workbook: its name, or its number among the visible sheets, from 1; the first visible one by default. For
    /// CSV, which is one sheet, it has no effect. Not for JSON.
    #[body(read = sheet)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sheet: Option<SheetRef>,
    /// What the amounts state: `open_items`, what is still owed, which is the default of new accounts; or `originals`, the original
    /// amount, whatever was paid since.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amounts: Option<Amounts>,
    /// The last day whose bank payments the source has fully posted, for rows that state none; by default the day before the
    /// import is accepted, in the organization's time zone, less `as_of_lag_days`.
    #[body(read = as_of)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub as_of: Option<Date>,
    /// The days by which the source posts payments later than on the next day: 0 by default.
    #[body(integer(0, AS_OF_LAG_DAYS_MAX))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub as_of_lag_days: Option<i64>,
    /// Whether the file lists every open item of its `scope`: those that it omits are closed.
    #[body(read = Fields::boolean)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub complete: Option<bool>,
    /// The open items that a complete file lists. Rows that state no source system, currency or campaign get those of the scope;
    /// rows that state others are refused.
    #[body(read = super::scope::read, wire = super::Scope)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<Scope>,
    /// The share of the scope's open items, in percent, that a complete file closes without a confirmation; 20 by default.
    #[body(integer(0, 100))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub close_at_most: Option<i64>,
    /// The number of rows in the file. If it is another one, there is a warning, and a complete file closes nothing.
    #[body(integer(0, i64::MAX))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected_rows: Option<i64>,
    /// The sum of `total_amount` over all rows of a file in one currency. If it is another one, there is a warning, and a
    /// complete file closes nothing.
    #[body(read = Fields::amount, wire = crate::openapi::AnyAmount)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected_total: Option<Decimal>,
    /// Whether the import writes nothing, and reports what it would do to each row.
    #[body(read = Fields::boolean)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dry_run: Option<bool>,
}

impl ImportOptions {
    /// These options; those that are not set are taken from `other`.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            target: self.target.or(other.target),
            format: self.format.or(other.format),
            mapping: self.mapping.or(other.mapping),
            columns: self.columns.or(other.columns),
            defaults: self.defaults.or(other.defaults),
            decimal_separator: self.decimal_separator.or(other.decimal_separator),
            thousands_separator: self.thousands_separator.or(other.thousands_separator),
            date_format: self.date_format.or(other.date_format),
            default_country: self.default_country.or(other.default_country),
            amount: self.amount.or(other.amount),
            blank_external_id: self.blank_external_id.or(other.blank_external_id),
            encoding: self.encoding.or(other.encoding),
            delimiter: self.delimiter.or(other.delimiter),
            quote: self.quote.or(other.quote),
            header_line: self.header_line.or(other.header_line),
            sheet: self.sheet.or(other.sheet),
            amounts: self.amounts.or(other.amounts),
            as_of: self.as_of.or(other.as_of),
            as_of_lag_days: self.as_of_lag_days.or(other.as_of_lag_days),
            complete: self.complete.or(other.complete),
            scope: self.scope.or(other.scope),
            close_at_most: self.close_at_most.or(other.close_at_most),
            expected_rows: self.expected_rows.or(other.expected_rows),
            expected_total: self.expected_total.or(other.expected_total),
            dry_run: self.dry_run.or(other.dry_run),
        }
    }

    /// What is wrong with the day of the options at this moment: no source has posted payments of a day that has not begun
    /// anywhere.
    #[must_use]
    pub fn future_as_of(&self, now: Timestamp) -> Option<Finding> {
        let latest = now.to_zoned(TimeZone::UTC).date().tomorrow().unwrap_or(Date::MAX);
        self.as_of.filter(|as_of| *as_of > latest).map(|as_of| {
            let reason = format!("{as_of} is in the future");
            Finding::in_field("as_of", FindingCode::TooLate, reason)
        })
    }

    /// Whether the option of this name is set.
    #[must_use]
    pub fn has(&self, option: &str) -> bool {
        serde_json::to_value(self).is_ok_and(|options| options.get(option).is_some())
    }
}

/// The finding about a separator that would have both meanings.
pub(super) fn contradiction(
    decimal: Option<DecimalSeparator>,
    thousands: Option<ThousandsSeparator>,
) -> Option<Finding> {
    let is_same = matches!(
        (decimal?, thousands?),
        (DecimalSeparator::Point, ThousandsSeparator::Point)
            | (DecimalSeparator::Comma, ThousandsSeparator::Comma)
    );
    let reason = "the separator of thousands can't be the decimal separator";
    is_same.then(|| Finding::in_field("thousands_separator", FindingCode::InvalidValue, reason))
}

fn separators_differ(
    fields: &mut Fields<'_>,
    decimal: Option<&DecimalSeparator>,
    thousands: Option<&ThousandsSeparator>,
) {
    if let Some(finding) = contradiction(decimal.copied(), thousands.copied()) {
        fields.report(finding);
    }
}

/// A structure of which an empty one means the same as none.
fn map<T: DeserializeOwned + Default + PartialEq>(fields: &mut Fields<'_>, name: &'static str) -> Patch<T> {
    match structure(fields, name) {
        Patch::Set(map) if map == T::default() => Patch::Clear,
        map => map,
    }
}

fn mapping(fields: &mut Fields<'_>, name: &'static str) -> Patch<Mapping> {
    match map::<Mapping>(fields, name) {
        Patch::Set(mapping) if mapping.iter().count() > COLUMNS_MAX => too_many_columns(fields, name),
        Patch::Set(mapping)
            if mapping.iter().any(|(header, _)| header.chars().nth(HEADER_CHARS_MAX).is_some()) =>
        {
            let reason = format!("a header has at most {HEADER_CHARS_MAX} characters");
            fields.refuse(name, FindingCode::TooLong, reason)
        }
        mapping => mapping,
    }
}

fn columns(fields: &mut Fields<'_>, name: &'static str) -> Patch<Vec<ColumnChoice>> {
    match structure::<Vec<ColumnChoice>>(fields, name) {
        Patch::Set(columns) if columns.is_empty() => Patch::Clear,
        Patch::Set(columns) if columns.len() > COLUMNS_MAX => too_many_columns(fields, name),
        columns => columns,
    }
}

fn too_many_columns<T>(fields: &mut Fields<'_>, name: &'static str) -> Patch<T> {
    fields.refuse(name, FindingCode::TooMany, format!("there are at most {COLUMNS_MAX}"))
}

fn sheet(fields: &mut Fields<'_>, name: &'static str) -> Patch<SheetRef> {
    let sheet = match fields.take(name) {
        None => return Patch::Keep,
        Some(Value::Null) => return Patch::Clear,
        Some(Value::Text(text)) => SheetRef::named(&text),
        Some(Value::Number(number)) => number.parse().ok().and_then(SheetRef::numbered),
        Some(_) => None,
    };
    match sheet {
        Some(sheet) => Patch::Set(sheet),
        None => fields.refuse(
            name,
            FindingCode::InvalidValue,
            "expected the name of a sheet, of at most 100 characters, or its number from 1",
        ),
    }
}

fn as_of(fields: &mut Fields<'_>, name: &'static str) -> Patch<Date> {
    fields.patch(name, date::parse_in_range)
}

fn default_country(fields: &mut Fields<'_>, name: &'static str) -> Patch<Country> {
    match fields.parse::<Country>(name) {
        Patch::Set(country) if phonelib::country_by_code(country.as_str()).is_none() => {
            fields.refuse(name, FindingCode::InvalidValue, "not a country with phone numbers of its own")
        }
        country => country,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Format, Notation};
    use super::*;

    fn read(json: &str) -> Result<ImportOptions, Vec<String>> {
        let fields = Fields::of_json(ImportOptions::FIELDS, json.as_bytes()).expect("JSON");
        let options = ImportOptions::read(fields, ())
            .and_then(|options| Notation::with(options.clone(), Format::Csv, false).map(|_| options));
        options.map_err(|found| {
            found.into_iter().map(|found| found.field.unwrap_or_default().into_owned()).collect()
        })
    }

    #[test]
    fn all_options_are_read_from_values_and_from_texts() {
        let json = r#"{
            "target": "accounts", "format": "csv", "mapping": {"Kunde": "contact.name"}, "columns": [{"from": 3, "to": "notes"}],
            "defaults": {"currency": "EUR", "source_system": "SAP"}, "decimal_separator": ",", "thousands_separator": ".",
            "date_format": "DD.MM.YYYY", "default_country": "de", "amount": {"debit": "Soll", "credit": "Haben"},
            "blank_external_id": "allow", "encoding": "windows-1250", "delimiter": ";", "quote": "'", "header_line": 5,
            "sheet": 2, "amounts": "originals", "as_of": "2026-01-31", "as_of_lag_days": 1, "complete": true,
            "scope": {"source_system": "SAP", "currency": "EUR", "campaign_id": "C-1"}, "close_at_most": 10, "expected_rows": 3,
            "expected_total": "26714.56", "dry_run": true
        }"#;
        let options = read(json).expect("valid options");
        let stored = serde_json::to_string(&options).expect("JSON");
        assert_eq!(serde_json::from_str::<ImportOptions>(&stored).expect("options"), options);

        // In a query all values are texts.
        let values: serde_json::Map<String, serde_json::Value> = serde_json::from_str(json).expect("JSON");
        let mut fields = Fields::new(ImportOptions::FIELDS);
        for (name, value) in &values {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            fields.put(name, Value::Text(text.into()));
        }
        // A number in a query may be the name of a sheet.
        let sheet = SheetRef::named("2");
        assert_eq!(ImportOptions::read(fields, ()), Ok(ImportOptions { sheet, ..options }));
    }

    #[test]
    fn invalid_options_are_refused_by_name() {
        let many: Vec<_> = (0..=COLUMNS_MAX).map(|at| format!(r#""{at}": "notes""#)).collect();
        let many = format!(r#"{{"mapping": {{{}}}}}"#, many.join(","));
        let long = format!(r#"{{"mapping": {{"{}": "notes"}}}}"#, "x".repeat(HEADER_CHARS_MAX + 1));
        for (json, name) in [
            (r#"{"target": "transactions"}"#, "target"),
            (long.as_str(), "mapping"),
            (many.as_str(), "mapping"),
            (r#"{"columns": [{"from": 0.5, "to": "notes"}]}"#, "columns"),
            (r#"{"defaults": {"external_id": "a"}}"#, "defaults"),
            (r#"{"defaults": {"currency": "EURO"}}"#, "defaults.currency"),
            (r#"{"defaults": {"due_date": "31.12.2026"}}"#, "defaults.due_date"),
            (r#"{"decimal_separator": ",", "thousands_separator": ","}"#, "thousands_separator"),
            (r#"{"date_format": "DD.MM"}"#, "date_format"),
            (r#"{"default_country": "XX"}"#, "default_country"),
            (r#"{"amount": {}}"#, "amount"),
            (r#"{"encoding": "cp850"}"#, "encoding"),
            (r#"{"delimiter": "ab"}"#, "delimiter"),
            (r#"{"quote": "a"}"#, "quote"),
            (r#"{"header_line": 0}"#, "header_line"),
            (r#"{"sheet": 0}"#, "sheet"),
            (r#"{"sheet": ""}"#, "sheet"),
            (r#"{"blank_external_id": "ignore"}"#, "blank_external_id"),
            (r#"{"amounts": "balances"}"#, "amounts"),
            (r#"{"as_of": "31.01.2026"}"#, "as_of"),
            (r#"{"as_of_lag_days": -1}"#, "as_of_lag_days"),
            (r#"{"complete": true}"#, "scope"),
            (r#"{"scope": {"currency": "EUR"}}"#, "scope"),
            (
                r#"{"scope": {"source_system": "SAP"}, "defaults": {"source_system": "Lexware"}}"#,
                "defaults.source_system",
            ),
            (r#"{"close_at_most": 101}"#, "close_at_most"),
            (r#"{"expected_rows": -1}"#, "expected_rows"),
            (r#"{"expected_total": "many"}"#, "expected_total"),
        ] {
            assert_eq!(read(json), Err(vec![name.to_owned()]), "{json}");
        }
        assert!(read(r#"{"date_format": "DD.MM.YYYY", "defaults": {"due_date": "31.12.2026"}}"#).is_ok());
    }

    #[test]
    fn empty_structures_mean_the_same_as_none() {
        assert_eq!(read(r#"{"mapping": {}, "columns": [], "defaults": {}}"#), Ok(ImportOptions::default()));
    }
}
