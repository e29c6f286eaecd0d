//! Previews of imports: what a file is, how it is written, which options read it, and what they store of its first rows.
//!
//! A preview guesses nothing that changes an amount or a date: a format is proposed only if all values that were read prove
//! it ([`Verdict`]), and otherwise the caller chooses. The rows are read by the reader of imports with the proposed options,
//! so that what a preview shows is what an import stores.

mod column;
mod dates;
mod mapping;
mod names;
mod numbers;
mod proposal;
mod role;
mod rows;
mod sample;
mod sheet;
mod table;
mod verdict;
mod words;

use std::io::{Cursor, Read, Seek};

use saldo_domain::fields::{Finding, FindingCode, PayloadErrorKind};
use saldo_domain::import::{
    AccountField, AmountAt, Column, DateFormat, Format, ImportOptions, Notation, Quote, SheetRef,
    TextEncoding, unread_sheets,
};
use saldo_domain::money::{DecimalSeparator, ThousandsSeparator};

use crate::read::{self, Encoded, ReadError, SheetSample};

pub use rows::{ERRORS_SHOWN, PreviewRow, ROWS_SHOWN, Rows, Setting};
pub use sample::{Beginning, PREVIEW_BYTES_MAX};
pub use verdict::Verdict;

use proposal::Proposal;
use sample::{Part, Sample};
use sheet::Found;
use table::Table;

/// The values of a column or of an ambiguity that a preview shows.
const SAMPLES: usize = 3;
/// The sheets behind the first one in which a table is looked for.
const SHEETS_TRIED: usize = 5;

/// A preview of an import.
#[derive(Clone, Debug)]
pub struct Preview {
    /// How the file is written.
    pub detected: Detected,
    /// The sheets of a workbook.
    pub sheets: Vec<PreviewSheet>,
    /// The bytes that were read, without compression; of a workbook, those of the values.
    pub bytes: u64,
    /// Whether they are the whole file, or the whole sheet.
    pub is_whole: bool,
    /// The columns of a table.
    pub columns: Vec<PreviewColumn>,
    /// What the caller has to choose.
    pub ambiguities: Vec<Ambiguity>,
    /// The options to import the file with: those of the caller, and what was proven.
    pub options: ImportOptions,
    /// The fields that new accounts need, and that no column fills.
    pub missing: Vec<AccountField>,
    /// The rows.
    pub rows: Rows,
}

/// How a file is written, as far as that is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Detected {
    /// The encoding of a text.
    pub encoding: Option<&'static str>,
    /// Whether the encoding is the most likely one, but not certain.
    pub is_encoding_assumed: bool,
    /// The name of the sheet of a workbook.
    pub sheet: Option<String>,
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

/// A sheet of a workbook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreviewSheet {
    /// Its name.
    pub name: String,
    /// Whether the spreadsheet shows it.
    pub is_visible: bool,
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
/// fit the format. A workbook must be whole.
pub fn preview(
    beginning: Beginning<'_>,
    format: Format,
    options: &ImportOptions,
    setting: Setting<'_>,
) -> Result<Preview, ReadError> {
    if format == Format::Xlsx {
        return workbook(Cursor::new(beginning.bytes), options, setting);
    }
    let encoding = options.encoding.map(TextEncoding::encoding);
    let sample = Sample::of(beginning, format, encoding)?;
    let encoded = read::text(&sample.bytes, format, encoding)?;
    let part = Part::Text { sample, format };
    if format != Format::Csv {
        return objects(&part, options, setting);
    }
    if encoded.text.trim().is_empty() {
        return Err(PayloadErrorKind::NoRows.into());
    }
    let table = table::find(&encoded.text, options);
    let mut preview = table_of(&part, table, Some(&encoded), options, setting)?;
    preview.detected.encoding = Some(encoded.encoding);
    preview.detected.is_encoding_assumed = encoded.is_assumed;
    if encoded.is_assumed {
        preview.rows.warnings.push(assumed_encoding(encoded.encoding));
    }
    Ok(preview)
}

/// Previews the import of a workbook, of which the source is read by range. If the options state no sheet, and the headers of
/// the first one are unknown, the first of some others with known headers is proposed: a cover sheet is often in front.
///
/// # Errors
/// As [`preview`], and when the source ends or fails.
pub fn workbook(
    mut source: impl Read + Seek,
    options: &ImportOptions,
    setting: Setting<'_>,
) -> Result<Preview, ReadError> {
    let sample = SheetSample::for_preview(&mut source, options.sheet.as_ref(), PREVIEW_BYTES_MAX)?;
    let found = sheet::find(&sample, options);
    if options.sheet.is_none() && !found.as_ref().is_some_and(|found| found.is_known) {
        let is_other = |sheet: &(&str, bool)| sheet.1 && sheet.0 != sample.name();
        let others = sample.sheets().filter(is_other).take(SHEETS_TRIED);
        for other in others.filter_map(|(name, _)| SheetRef::named(name)) {
            let stated = ImportOptions { sheet: Some(other), ..options.clone() };
            let sample = SheetSample::for_preview(&mut source, stated.sheet.as_ref(), PREVIEW_BYTES_MAX)?;
            if let Some(Found { table, is_known: true }) = sheet::find(&sample, &stated) {
                let unread = unread(&sample, &mut source)?;
                return of_sheet(sample, Some(table), &stated, setting, unread);
            }
        }
    }
    let unread = match options.sheet {
        Some(_) => None,
        None => unread(&sample, &mut source)?,
    };
    of_sheet(sample, found.map(|found| found.table), options, setting, unread)
}

/// The warning about the sheets that are not read, if there are some with cells.
fn unread(sample: &SheetSample, source: impl Read + Seek) -> Result<Option<Finding>, ReadError> {
    Ok(sample.unread_sheets(source)?.as_deref().map(unread_sheets))
}

fn of_sheet(
    sample: SheetSample,
    table: Option<Table>,
    options: &ImportOptions,
    setting: Setting<'_>,
    unread: Option<Finding>,
) -> Result<Preview, ReadError> {
    let sheets = sample.sheets().map(|(name, is_visible)| PreviewSheet { name: name.to_owned(), is_visible });
    let (sheets, name) = (sheets.collect(), sample.name().to_owned());
    let mut preview = table_of(&Part::Sheet(Box::new(sample)), table, None, options, setting)?;
    preview.rows.warnings.extend(unread);
    Ok(Preview { sheets, detected: Detected { sheet: Some(name), ..preview.detected }, ..preview })
}

fn objects(part: &Part, options: &ImportOptions, setting: Setting<'_>) -> Result<Preview, ReadError> {
    let notation =
        Notation { options: Box::new(options.clone()), in_request: true, ..Notation::of(part.format()) };
    let rows = rows::read(part, &notation, setting);
    match rows.refusal {
        Some(error) if rows.read == 0 => Err(error.into()),
        _ => Ok(Preview {
            detected: Detected {
                encoding: Some("UTF-8"),
                date_format: options.date_format,
                ..Detected::default()
            },
            sheets: Vec::new(),
            bytes: part.bytes(),
            is_whole: part.is_whole(),
            columns: Vec::new(),
            ambiguities: Vec::new(),
            options: options.clone(),
            missing: Vec::new(),
            rows,
        }),
    }
}

/// The preview of a table. `encoded` is its text, if it is in one.
fn table_of(
    part: &Part,
    table: Option<Table>,
    encoded: Option<&Encoded>,
    stated: &ImportOptions,
    setting: Setting<'_>,
) -> Result<Preview, ReadError> {
    let read_with = |options: &ImportOptions| {
        let notation = Notation { options: Box::new(options.clone()), ..Notation::of(part.format()) };
        rows::read(part, &notation, setting)
    };
    let Some(table) = table else {
        // The reader says what is missing.
        let error = read_with(stated).refusal;
        return Err(error.unwrap_or_else(|| PayloadErrorKind::NoRows.into()).into());
    };
    let columns = column::columns(&table);
    let assignment = mapping::assign(&columns, stated);
    let to_state = |encoded: &Encoded| encoded.to_state()?.parse().ok();
    // A stated encoding is certain. Ids beyond ASCII are refused as long as the encoding is only the most likely one.
    let is_certain = |encoded: &&Encoded| !encoded.is_assumed || ids_are_ascii(&assignment, &columns);
    let encoding = encoded.filter(is_certain).and_then(to_state);
    let Proposal { mut options, detected, ambiguities } =
        proposal::propose(&table, &columns, &assignment, encoding, stated);
    let mut rows = read_with(&options);
    if stated.header_line.is_none() && rows.header_line != Some(table.header_line) {
        // Without its line, the reader would take another line for the header.
        options.header_line = i64::try_from(table.header_line).ok();
        rows = read_with(&options);
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
        detected,
        sheets: Vec::new(),
        bytes: part.bytes(),
        is_whole: part.is_whole(),
        missing: AccountField::REQUIRED.into_iter().filter(is_missing).collect(),
        columns,
        ambiguities,
        options,
        rows,
    })
}

/// Whether the ids are the same in every encoding that contains ASCII.
fn ids_are_ascii(assignment: &mapping::Assignment, columns: &[column::Column<'_>]) -> bool {
    let is_id = |field: &Option<AccountField>| field.is_some_and(|field| AccountField::IDS.contains(&field));
    let mut ids = assignment.fields.iter().zip(columns).filter(|(field, _)| is_id(field));
    ids.all(|(_, column)| column.values.iter().all(|id| id.is_ascii()))
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

/// The first different values.
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
