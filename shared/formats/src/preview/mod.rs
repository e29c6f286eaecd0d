//! Previews of imports: what a file is, how it is written, which options read it, and what they store of its first rows.
//!
//! A preview guesses nothing that changes an amount or a date: a format is proposed only if all values that were read prove
//! it ([`Verdict`]), and otherwise the caller chooses. The rows are read by the reader of imports with the proposed options,
//! so that what a preview shows is what an import stores.

mod dates;
mod mapping;
mod names;
mod numbers;
mod proposal;
mod role;
mod rows;
mod sample;
mod table;
mod verdict;
mod words;

use saldo_domain::fields::{Finding, FindingCode, PayloadError, PayloadErrorKind};
use saldo_domain::import::{
    AccountField, AmountAt, Column, DateFormat, Format, ImportOptions, Notation, Quote, TextEncoding,
};
use saldo_domain::money::{DecimalSeparator, ThousandsSeparator};

use crate::read::{self, Encoded};

pub use rows::{ERRORS_SHOWN, PreviewRow, ROWS_SHOWN, Rows, Setting};
pub use sample::{Beginning, PREVIEW_BYTES_MAX};
pub use verdict::Verdict;

use proposal::Proposal;
use sample::Sample;

/// The values of a column that a preview shows.
const SAMPLES: usize = 3;

/// A preview of an import.
#[derive(Clone, Debug)]
pub struct Preview {
    /// How the file is written.
    pub detected: Detected,
    /// The bytes that were read, without compression.
    pub bytes: u64,
    /// Whether they are the whole file.
    pub is_whole: bool,
    /// The columns of a table.
    pub columns: Vec<PreviewColumn>,
    /// What the caller has to choose.
    pub ambiguities: Vec<Ambiguity>,
    /// The options to import the file with: those of the caller, and what was proven.
    pub options: ImportOptions,
    /// The required fields that no column fills.
    pub missing: Vec<AccountField>,
    /// The rows.
    pub rows: Rows,
}

/// How a file is written, as far as that is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Detected {
    /// The encoding.
    pub encoding: &'static str,
    /// Whether the encoding is the most likely one, but not certain.
    pub is_encoding_assumed: bool,
    /// The separator of cells.
    pub delimiter: Option<char>,
    /// The quotation mark.
    pub quote: Option<Quote>,
    /// The line of the header, from 1.
    pub header_line: Option<u64>,
    /// The decimal separator of amounts.
    pub decimal_separator: Option<DecimalSeparator>,
    /// The separator of thousands in amounts.
    pub thousands_separator: Option<ThousandsSeparator>,
    /// The format of dates.
    pub date_format: Option<DateFormat>,
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreviewColumn {
    /// Its header.
    pub header: String,
    /// What it fills.
    pub fills: Option<Fills>,
    /// Its first different values.
    pub samples: Vec<String>,
}

/// What a column fills.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fills {
    /// A field.
    Field(AccountField),
    /// The amount, with debits.
    Debit,
    /// The amount, with credits, which are subtracted.
    Credit,
    /// The amount, which has its sign in another column.
    Amount,
    /// The sign of the amount.
    Sign,
}

/// Something that the caller has to choose, because the file does not prove it.
#[derive(Clone, Debug)]
pub struct Ambiguity {
    /// The positions of the columns, counting from 0.
    pub columns: Vec<usize>,
    /// The option that decides.
    pub option: &'static str,
    /// Why it is not proven.
    pub reason: String,
    /// Some values.
    pub samples: Vec<String>,
    /// What the caller may choose; perhaps nothing, if no option reads the values.
    pub choices: Vec<Choice>,
}

/// A choice: options, and how they read a value.
#[derive(Clone, Debug)]
pub struct Choice {
    /// The options to add.
    pub options: ImportOptions,
    /// A value.
    pub text: String,
    /// What the options read it to; `None` if they don't read it.
    pub reading: Option<String>,
}

/// Previews the import of a file with these options.
///
/// # Errors
/// When nothing can be found out: the file is not text, has another format, or has no rows; and the options that don't
/// fit the format.
pub fn preview(
    beginning: Beginning<'_>,
    format: Format,
    options: &ImportOptions,
    setting: Setting<'_>,
) -> Result<Preview, PayloadError> {
    if format == Format::Xlsx {
        let (is, advice) = ("an Excel workbook (.xlsx)", "import it with `dry_run` to see what it would do");
        return Err(PayloadErrorKind::OtherFormat { is, advice }.into());
    }
    let encoding = options.encoding.map(TextEncoding::encoding);
    let sample = Sample::of(beginning, format, encoding)?;
    let encoded = read::text(&sample.bytes, format, encoding)?;
    match format {
        Format::Csv => table(&sample, &encoded, options, setting),
        Format::Json | Format::Ndjson | Format::Xlsx => objects(&sample, format, options, setting),
    }
}

fn objects(
    sample: &Sample,
    format: Format,
    options: &ImportOptions,
    setting: Setting<'_>,
) -> Result<Preview, PayloadError> {
    let notation = Notation { options: Box::new(options.clone()), in_request: true, ..Notation::of(format) };
    let rows = rows::read(sample, &notation, setting);
    match rows.refusal {
        Some(error) if rows.read == 0 => Err(error),
        _ => Ok(Preview {
            detected: Detected { encoding: "UTF-8", date_format: options.date_format, ..Detected::default() },
            bytes: sample.bytes.len() as u64,
            is_whole: sample.is_whole,
            columns: Vec::new(),
            ambiguities: Vec::new(),
            options: options.clone(),
            missing: Vec::new(),
            rows,
        }),
    }
}

fn table(
    sample: &Sample,
    encoded: &Encoded,
    stated: &ImportOptions,
    setting: Setting<'_>,
) -> Result<Preview, PayloadError> {
    if encoded.text.trim().is_empty() {
        return Err(PayloadErrorKind::NoRows.into());
    }
    let read_with = |options: &ImportOptions| {
        let notation = Notation { options: Box::new(options.clone()), ..Notation::of(Format::Csv) };
        rows::read(sample, &notation, setting)
    };
    let Some(table) = table::find(&encoded.text, stated) else {
        // The reader says what is missing.
        let error = read_with(stated).refusal;
        return Err(error.unwrap_or_else(|| PayloadErrorKind::NoRows.into()));
    };
    let columns = mapping::columns(&table);
    let assignment = mapping::assign(&columns, stated);
    let is_id = |field: &Option<AccountField>| field.is_some_and(|field| AccountField::IDS.contains(&field));
    let mut ids = assignment.fields.iter().zip(&columns).filter(|(field, _)| is_id(field));
    // A stated encoding is certain. Ids beyond ASCII are refused as long as the encoding is only the most likely one.
    let is_uncertain =
        encoded.is_assumed && ids.any(|(_, column)| column.values.iter().any(|id| !id.is_ascii()));
    let encoding = encoded.to_state().filter(|_| !is_uncertain).and_then(|name| name.parse().ok());
    let Proposal { mut options, detected, ambiguities } =
        proposal::propose(&table, &columns, &assignment, encoding, stated);
    let mut rows = read_with(&options);
    if stated.header_line.is_none() && rows.header_line != Some(table.header_line) {
        // Without its line, the reader would take another line for the header.
        options.header_line = i64::try_from(table.header_line).ok();
        rows = read_with(&options);
    }
    if encoded.is_assumed {
        rows.warnings.push(assumed_encoding(encoded.encoding));
    }
    let is_id = |column: &Column| matches!(column.field, Some(AccountField::Id | AccountField::ExternalId));
    if !rows.columns.is_empty() && !rows.columns.iter().any(is_id) {
        rows.warnings.push(no_external_id());
    }
    let shown = columns.iter().enumerate().map(|(at, column)| PreviewColumn {
        header: column.header.to_owned(),
        fills: fills(at, &assignment, &rows),
        samples: different(&column.values),
    });
    let columns: Vec<_> = shown.collect();
    let has_amount = assignment.amount.is_some();
    let is_missing = |field: &AccountField| {
        let is_filled = columns.iter().any(|column| column.fills == Some(Fills::Field(*field)));
        let has_default = options.defaults.as_ref().is_some_and(|defaults| defaults.has(*field));
        !(is_filled || has_default || *field == AccountField::TotalAmount && has_amount)
    };
    Ok(Preview {
        detected: Detected {
            encoding: encoded.encoding,
            is_encoding_assumed: encoded.is_assumed,
            ..detected
        },
        bytes: sample.bytes.len() as u64,
        is_whole: sample.is_whole,
        missing: AccountField::REQUIRED.into_iter().filter(is_missing).collect(),
        columns,
        ambiguities,
        options,
        rows,
    })
}

/// What the column at this position fills: as the reader has found, or as it was assigned if the reader has refused the
/// table.
fn fills(at: usize, assignment: &mapping::Assignment, rows: &Rows) -> Option<Fills> {
    let part = match assignment.amount {
        Some(AmountAt::DebitCredit { debit, .. }) if debit == at => Some(Fills::Debit),
        Some(AmountAt::DebitCredit { credit, .. }) if credit == at => Some(Fills::Credit),
        Some(AmountAt::Signed { column, .. }) if column == at => Some(Fills::Amount),
        Some(AmountAt::Signed { sign, .. }) if sign == at => Some(Fills::Sign),
        _ => None,
    };
    let field = match rows.columns.get(at) {
        Some(column) => column.field,
        None => assignment.fields.get(at).copied().flatten(),
    };
    part.or(field.map(Fills::Field))
}

fn different(values: &[&str]) -> Vec<String> {
    let mut samples: Vec<String> = Vec::new();
    for value in values {
        if samples.len() == SAMPLES {
            break;
        }
        if !samples.iter().any(|sample| sample == value) {
            samples.push((*value).to_owned());
        }
    }
    samples
}

fn no_external_id() -> Finding {
    let reason = "no column has the number of the document, so that each import of the file would make new accounts; \
        name the column with `columns`";
    Finding::in_field(AccountField::ExternalId.name(), FindingCode::NoExternalId, reason)
}

fn assumed_encoding(name: &str) -> Finding {
    let reason = format!(
        "the file is not UTF-8: {name} is its most likely encoding; look at the letters beyond ASCII, and state `encoding` if they are wrong"
    );
    Finding::in_row(FindingCode::AssumedEncoding, reason)
}
