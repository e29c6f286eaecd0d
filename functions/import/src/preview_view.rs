//! The answer of a preview.

use saldo_domain::account::AccountField;
use saldo_domain::fields::{Finding, PayloadError, Severity};
use saldo_domain::import::{DateFormat, Format, ImportOptions, Quote};
use saldo_domain::money::{DecimalSeparator, ThousandsSeparator};
use saldo_formats::preview::{
    Ambiguity, Choice, Detected, Fills, Preview, PreviewColumn, PreviewRow, PreviewSheet,
};
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

/// The characters of a sample value.
const SAMPLE_CHARS_MAX: usize = 100;

/// A preview of an import.
#[derive(Serialize, ToSchema)]
#[schema(as = ImportPreview)]
pub(crate) struct View {
    /// The format of the file.
    format: Format,
    /// Whether the file is compressed.
    compressed: bool,
    detected: DetectedView,
    /// The sheets of a workbook, in its order.
    sheets: Vec<SheetView>,
    /// The columns of a table, in the order of the file.
    columns: Vec<ColumnView>,
    /// The fields that new accounts need, and that no column fills.
    missing: Vec<&'static str>,
    /// What the caller has to choose.
    ambiguities: Vec<AmbiguityView>,
    /// The proposed options of the import: those of the request, and what was proven.
    options: ImportOptions,
    /// How much was read.
    read: ReadView,
    /// The first rows.
    rows: Vec<RowView>,
    /// Refused rows behind the first ones.
    refused_rows: Vec<RowView>,
    /// The warnings about the header and the whole file.
    warnings: Vec<Finding>,
    /// Why an import with these options would refuse the file, or fail after the rows that were read.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    refusal: Option<RefusalView>,
}

/// How a file is written. What is null is not known, or has no meaning in the format.
#[derive(Serialize, ToSchema)]
#[schema(as = DetectedNotation)]
struct DetectedView {
    /// The encoding of a text.
    #[schema(required)]
    encoding: Option<&'static str>,
    /// Whether the encoding is the most likely one, and not certain.
    encoding_assumed: bool,
    /// The name of the sheet of a workbook.
    #[schema(required)]
    sheet: Option<String>,
    /// The separator of cells.
    #[schema(required)]
    delimiter: Option<char>,
    /// The quotation mark of cells.
    #[schema(required, value_type = Option<String>)]
    quote: Option<Quote>,
    /// The line of the header, or its row in a workbook, from 1.
    #[schema(required, minimum = 1)]
    header_line: Option<u64>,
    /// The decimal separator of amounts.
    #[schema(required)]
    decimal_separator: Option<DecimalSeparator>,
    /// The separator of thousands in amounts.
    #[schema(required)]
    thousands_separator: Option<ThousandsSeparator>,
    /// The format of dates.
    #[schema(required, value_type = Option<String>)]
    date_format: Option<DateFormat>,
}

/// A sheet of a workbook.
#[derive(Serialize, ToSchema)]
#[schema(as = PreviewSheet)]
struct SheetView {
    /// Its name, for the option `sheet`.
    name: String,
    /// Whether spreadsheets hide it.
    hidden: bool,
}

/// A column of a table.
#[derive(Serialize, ToSchema)]
#[schema(as = PreviewColumn)]
struct ColumnView {
    /// The number of the column, from 1.
    #[schema(minimum = 1)]
    number: usize,
    /// Its header.
    header: String,
    /// The field that it fills; null if it fills none.
    #[schema(required)]
    field: Option<&'static str>,
    /// The part of the field, if several columns are the amount.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    part: Option<PartView>,
    /// The first values, without repetitions, cut to 100 characters.
    samples: Vec<String>,
}

/// The part of an amount that a column has.
#[derive(Serialize, ToSchema)]
#[schema(as = AmountPart)]
#[serde(rename_all = "snake_case")]
enum PartView {
    /// Debits.
    Debit,
    /// Credits, which are subtracted.
    Credit,
    /// Amounts, which have their signs in another column.
    Amount,
    /// Signs.
    Sign,
}

/// What the caller has to choose, because the file does not prove it.
#[derive(Serialize, ToSchema)]
#[schema(as = PreviewAmbiguity)]
struct AmbiguityView {
    /// The option that decides.
    option: &'static str,
    /// The numbers of the columns, from 1.
    columns: Vec<usize>,
    /// Why it is not proven.
    reason: String,
    /// The first values, without repetitions.
    samples: Vec<String>,
    /// The choices. None if no option reads the values.
    choices: Vec<ChoiceView>,
}

/// Options, and how they read a value of the file.
#[derive(Serialize, ToSchema)]
#[schema(as = PreviewChoice)]
struct ChoiceView {
    /// The options to add to those of the import.
    options: ImportOptions,
    /// A value.
    text: String,
    /// What these options read it as; null if they refuse it.
    #[schema(required)]
    read_as: Option<String>,
}

/// How much of a file was read.
#[derive(Serialize, ToSchema)]
#[schema(as = PreviewRead)]
struct ReadView {
    /// The bytes, without compression; of a workbook, those of the values.
    bytes: u64,
    /// Whether this is the whole file, or the whole sheet.
    complete: bool,
    /// The rows.
    rows: u64,
    /// How many of them are refused.
    refused: u64,
    /// How many of them are superseded by a later row about the same account.
    superseded: u64,
}

/// A row.
#[derive(Serialize, ToSchema)]
#[schema(as = PreviewRow)]
struct RowView {
    /// Its index, counting from 0.
    index: u64,
    /// The line on which it begins, or its row in a workbook; null in JSON.
    #[schema(required, minimum = 1)]
    line: Option<u64>,
    /// The fields that the account gets, under the names of an export. An existing account keeps the fields that the row does
    /// not have. A row that lacks what a new account needs has those alone that it changes. Null if the row is refused.
    #[schema(required, value_type = Option<Object>)]
    account: Option<Box<RawValue>>,
    /// Whether a later row about the same account supersedes it.
    superseded: bool,
    /// Why it is refused.
    errors: Vec<Finding>,
    /// What is odd about it.
    warnings: Vec<Finding>,
}

/// Why a file is refused.
#[derive(Serialize, ToSchema)]
#[schema(as = PreviewRefusal)]
struct RefusalView {
    /// The code of the error.
    code: &'static str,
    /// The error, for people.
    detail: String,
}

impl View {
    pub(crate) fn of(preview: Preview, format: Format, compressed: bool) -> Self {
        let Preview { detected, sheets, bytes, is_whole, columns, ambiguities, options, missing, rows } =
            preview;
        let sheet = |PreviewSheet { name, is_visible }| SheetView { name, hidden: !is_visible };
        Self {
            format,
            compressed,
            detected: detected.into(),
            sheets: sheets.into_iter().map(sheet).collect(),
            columns: columns.into_iter().enumerate().map(column).collect(),
            missing: missing.into_iter().map(AccountField::name).collect(),
            ambiguities: ambiguities.into_iter().map(AmbiguityView::from).collect(),
            options,
            read: ReadView {
                bytes,
                complete: is_whole,
                rows: rows.read,
                refused: rows.refused,
                superseded: rows.superseded,
            },
            rows: rows.first.into_iter().map(RowView::from).collect(),
            refused_rows: rows.refused_later.into_iter().map(RowView::from).collect(),
            warnings: rows.warnings,
            refusal: rows.refusal.as_ref().map(RefusalView::of),
        }
    }
}

impl From<Detected> for DetectedView {
    fn from(detected: Detected) -> Self {
        Self {
            encoding: detected.encoding,
            encoding_assumed: detected.is_encoding_assumed,
            sheet: detected.sheet,
            delimiter: detected.delimiter,
            quote: detected.quote,
            header_line: detected.header_line,
            decimal_separator: detected.decimal_separator,
            thousands_separator: detected.thousands_separator,
            date_format: detected.date_format,
        }
    }
}

fn column((at, column): (usize, PreviewColumn)) -> ColumnView {
    let (field, part) = match column.fills {
        None => (None, None),
        Some(Fills::Field(field)) => (Some(field), None),
        Some(Fills::Debit) => (Some(AccountField::TotalAmount), Some(PartView::Debit)),
        Some(Fills::Credit) => (Some(AccountField::TotalAmount), Some(PartView::Credit)),
        Some(Fills::Amount) => (Some(AccountField::TotalAmount), Some(PartView::Amount)),
        Some(Fills::Sign) => (Some(AccountField::TotalAmount), Some(PartView::Sign)),
    };
    let samples = column.samples.iter().map(|sample| cut(sample)).collect();
    ColumnView { number: at + 1, header: column.header, field: field.map(AccountField::name), part, samples }
}

fn cut(sample: &str) -> String {
    sample.chars().take(SAMPLE_CHARS_MAX).collect()
}

impl From<Ambiguity> for AmbiguityView {
    fn from(ambiguity: Ambiguity) -> Self {
        let Ambiguity { columns, option, reason, samples, choices } = ambiguity;
        let choice =
            |Choice { options, text, reading }| ChoiceView { options, text: cut(&text), read_as: reading };
        Self {
            option,
            columns: columns.into_iter().map(|at| at + 1).collect(),
            reason,
            samples: samples.iter().map(|sample| cut(sample)).collect(),
            choices: choices.into_iter().map(choice).collect(),
        }
    }
}

impl From<PreviewRow> for RowView {
    fn from(row: PreviewRow) -> Self {
        let PreviewRow { index, line, account, is_superseded, findings } = row;
        let is_error = |finding: &Finding| finding.code.severity() == Severity::Error;
        let (errors, warnings) = findings.into_iter().partition(is_error);
        Self { index, line, account, superseded: is_superseded, errors, warnings }
    }
}

impl RefusalView {
    fn of(error: &PayloadError) -> Self {
        Self { code: error.kind.code(), detail: error.to_string() }
    }
}
