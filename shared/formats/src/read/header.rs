//! Finds the header of a table: the line on which it begins, the delimiter, and the field of each column.
//!
//! The header is the first line with the columns that the options name, or with known names. Without options that say
//! otherwise, the first line counts first, so that a table without lines before its header is read without a search.

use saldo_domain::fields::{
    HeaderFound, MissingColumn, PayloadError, PayloadErrorKind, Position, ShownNames,
};
use saldo_domain::import::{
    AccountField, AmountAt, AmountColumns, Cells, Column, ColumnRef, Defaults, Delimiter, FoundColumn,
    Headers, ImportOptions, Mapping,
};
use saldo_domain::suggest::nearest;

use super::misquoted::misquoted;
use super::quoting::Table;
use super::records::Records;
use super::{COLUMNS_MAX, HEADER_CHARS_MAX};

/// The delimiters that are recognized, the most likely first.
pub(crate) const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];
/// The bytes of a header that is searched for.
const HEADER_BYTES: usize = 64 * 1024;
/// The option that names the columns of the amount.
const AMOUNT: &str = "amount";
/// The lines that may be before a header that is searched for: a title, some parameters and blanks.
pub(super) const LINES_SEARCHED: usize = 100;

/// The header of a table.
#[derive(Clone, Debug)]
pub(super) struct Header {
    /// The position of its line in the head of the file.
    pub(super) at: usize,
    /// The lines before it.
    pub(super) lines_before: u64,
    pub(super) delimiter: u8,
    pub(super) columns: Vec<Column>,
    pub(super) amount: Option<AmountAt>,
    /// The error about required fields without a column. Rows of accounts that exist need them not, so a file whose rows
    /// name their accounts may lack them.
    pub(super) missing: Option<PayloadError>,
}

impl Header {
    /// The header, if it has all columns that new accounts need.
    fn complete(self) -> Result<Self, PayloadError> {
        match self.missing {
            Some(missing) => Err(missing),
            None => Ok(self),
        }
    }
}

/// A line of the head of a file.
#[derive(Clone, Copy)]
pub(crate) struct Line<'a> {
    /// The position of its first byte.
    pub(crate) at: usize,
    /// The lines before it.
    pub(crate) before: u64,
    /// The text from there on.
    pub(crate) text: &'a [u8],
}

/// Finds the header.
///
/// # Errors
/// Why the first line, or the stated one, is not the header.
pub(super) fn find(head: &[u8], options: &ImportOptions) -> Result<Header, PayloadError> {
    let mut lines = lines(head);
    let first = lines.next().ok_or(PayloadErrorKind::NoRows)?;
    let stated = options.delimiter.map(Delimiter::byte);
    let (first, delimiter) = match stated_by_first_line(first.text) {
        Some(delimiter) => (lines.next().ok_or(PayloadErrorKind::NoRows)?, Some(stated.unwrap_or(delimiter))),
        None => (first, stated),
    };
    if let Some(number) = options.header_line {
        let before = u64::try_from(number).unwrap_or_default().saturating_sub(1);
        let line = std::iter::once(first).chain(lines).find(|line| line.before == before);
        let line = line.ok_or(PayloadErrorKind::NoHeaderLine { line: before + 1 })?;
        return header(line, delimiter.unwrap_or_else(|| most_frequent(line.text)), options);
    }
    let of_first = header(first, delimiter.unwrap_or_else(|| most_frequent(first.text)), options);
    let refused = match of_first.clone().and_then(Header::complete) {
        Err(error) if may_be_preceded(&error) => error,
        found => return found,
    };
    let delimiters = delimiter.as_ref().map_or(DELIMITERS.as_slice(), std::slice::from_ref);
    let below = lines.take(LINES_SEARCHED).flat_map(|line| {
        let line = Line { text: line.text.get(..HEADER_BYTES).unwrap_or(line.text), ..line };
        delimiters.iter().map(move |delimiter| header(line, *delimiter, options))
    });
    most_complete(of_first, below, refused)
        .map_err(|refused| misquoted_header(first, options).unwrap_or(refused))
}

/// A line that may be the header.
pub(super) trait Candidate {
    /// Whether it has all columns that new accounts need.
    fn is_complete(&self) -> bool;
    /// Whether a column may name the account of each row.
    fn names_accounts(&self) -> bool;
}

impl Candidate for Header {
    fn is_complete(&self) -> bool {
        self.missing.is_none()
    }

    fn names_accounts(&self) -> bool {
        names_accounts(&self.columns)
    }
}

/// Whether one of the columns may name the account of each row.
pub(super) fn names_accounts(columns: &[Column]) -> bool {
    let names = [Some(AccountField::ExternalId), Some(AccountField::Id)];
    columns.iter().any(|column| names.contains(&column.field))
}

/// The header of a table whose first line is not a complete one: the first complete line below it, or else the first line that
/// names accounts.
///
/// # Errors
/// `refused`, which is why the first line is not the header, or why another one is not to which options fit better.
pub(super) fn most_complete<T: Candidate>(
    first: Result<T, PayloadError>,
    below: impl Iterator<Item = Result<T, PayloadError>>,
    mut refused: PayloadError,
) -> Result<T, PayloadError> {
    let mut incomplete = first.ok().filter(T::names_accounts);
    for found in below {
        match found {
            Ok(found) if found.is_complete() => return Ok(found),
            Ok(found) if incomplete.is_none() && found.names_accounts() => incomplete = Some(found),
            Err(error) if fits_better(&error, &refused) => refused = error,
            Ok(_) | Err(_) => {}
        }
    }
    incomplete.ok_or(refused)
}

/// Whether a line that was refused for `error` lacks fewer of the columns that options name than another one.
fn fits_better(error: &PayloadError, other: &PayloadError) -> bool {
    let unmatched = |error: &PayloadError| match &error.kind {
        PayloadErrorKind::UnmatchedColumns { columns, .. } => Some(columns.count()),
        _ => None,
    };
    unmatched(error).zip(unmatched(other)).is_some_and(|(few, many)| few < many)
}

/// The mistake in the quotation marks of a line that should be the header, if there is one. It is why no column has a
/// known name.
fn misquoted_header(line: Line<'_>, options: &ImportOptions) -> Option<PayloadError> {
    let delimiter = options.delimiter.map_or_else(|| most_frequent(line.text), Delimiter::byte);
    let quote = options.quote.unwrap_or_default();
    let mut records = Records::new(line.text, delimiter, quote, line.before);
    let record = records.next().ok()??;
    let columns = record.cells.len();
    let table = Table { delimiter, quote: quote.byte(), columns, has_reason: false, ids: None };
    misquoted(&record, &table).map(|misquoted| misquoted.error)
}

/// Whether another line may be the header, if this one is refused for this.
pub(super) fn may_be_preceded(error: &PayloadError) -> bool {
    matches!(
        error.kind,
        PayloadErrorKind::NoKnownColumn { .. }
            | PayloadErrorKind::MissingColumns { .. }
            | PayloadErrorKind::UnmatchedColumns { .. }
            | PayloadErrorKind::HeaderTooLong { .. }
    )
}

/// The lines that are not empty.
pub(crate) fn lines(head: &[u8]) -> impl Iterator<Item = Line<'_>> {
    let (mut at, mut before) = (0, 0);
    std::iter::from_fn(move || {
        loop {
            let text = head.get(at..).filter(|text| !text.is_empty())?;
            let line = Line { at, before, text };
            let length = text.iter().position(|byte| is_line_break(*byte)).unwrap_or(text.len());
            let after = text.get(length..).unwrap_or_default();
            at += length + if after.starts_with(b"\r\n") { 2 } else { usize::from(!after.is_empty()) };
            // The position in the file counts line feeds, or carriage returns that stand alone.
            before += u64::from(!after.is_empty());
            if length > 0 {
                return Some(line);
            }
        }
    })
}

fn is_line_break(byte: u8) -> bool {
    matches!(byte, b'\r' | b'\n')
}

/// The first line of a text.
fn line_of(text: &[u8]) -> &[u8] {
    text.split(|byte| is_line_break(*byte)).next().unwrap_or_default()
}

/// The delimiter that a line such as `sep=;` states for spreadsheets.
pub(crate) fn stated_by_first_line(text: &[u8]) -> Option<u8> {
    let line = line_of(text);
    let line = line.strip_prefix("\u{feff}".as_bytes()).unwrap_or(line);
    let line = line.strip_prefix(b"\"").and_then(|line| line.strip_suffix(b"\"")).unwrap_or(line);
    match line {
        [s, e, p, b'=', delimiter] if [*s, *e, *p].eq_ignore_ascii_case(b"sep") => {
            Delimiter::new(char::from(*delimiter)).map(Delimiter::byte)
        }
        _ => None,
    }
}

/// The delimiter that occurs most often in the record at the beginning of the text, outside of quoted text.
fn most_frequent(text: &[u8]) -> u8 {
    let mut counts = [0_usize; DELIMITERS.len()];
    let mut quoted = false;
    for &byte in text {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' | b'\r' if !quoted => break,
            _ if quoted => {}
            _ => {
                let counted = DELIMITERS.iter().zip(&mut counts);
                counted.filter(|(delimiter, _)| **delimiter == byte).for_each(|(_, n)| *n += 1);
            }
        }
    }
    let best = counts.iter().max().copied().unwrap_or_default();
    // The first one if several are equally frequent: a header of one column counts as comma-separated.
    DELIMITERS.into_iter().zip(counts).find(|(_, n)| *n == best).map_or(b',', |(delimiter, _)| delimiter)
}

/// Reads a line as the header.
fn header(line: Line<'_>, delimiter: u8, options: &ImportOptions) -> Result<Header, PayloadError> {
    let mut records = Records::new(line.text, delimiter, options.quote.unwrap_or_default(), line.before);
    let read = records.next().ok().flatten().ok_or(PayloadErrorKind::NoRows)?.cells;
    let Columns { columns, amount, missing } = columns(&read, line.before + 1, options)?;
    Ok(Header { at: line.at, lines_before: line.before, delimiter, columns, amount, missing })
}

/// The columns of a header, those of the amount, and the error about those that are missing.
pub(super) struct Columns {
    pub(super) columns: Vec<Column>,
    pub(super) amount: Option<AmountAt>,
    pub(super) missing: Option<PayloadError>,
}

/// The columns of a header. Guards, which files of refused rows have, are not part of the names.
pub(super) fn columns(header: &Cells, line: u64, options: &ImportOptions) -> Result<Columns, PayloadError> {
    if header.len() > COLUMNS_MAX {
        return Err(PayloadErrorKind::TooManyColumns { max: COLUMNS_MAX }.into());
    }
    if let Some(at) = header.iter().position(|name| name.chars().nth(HEADER_CHARS_MAX).is_some()) {
        let position = Position { column: Some(at as u64 + 1), ..Position::default() };
        return Err(PayloadErrorKind::HeaderTooLong { chars_max: HEADER_CHARS_MAX }.at(position));
    }
    let headers = Headers::of(header.iter());
    let found =
        HeaderFound::of(line, header.len(), header.iter(), AccountField::imported().map(AccountField::name));
    let mut chosen = Chosen { fields: vec![None; header.len()], headers: &headers, unmatched: Vec::new() };
    chosen.take_mapping(options)?;
    for choice in options.columns.iter().flatten() {
        if let Some(at) = chosen.find("columns", &choice.from)? {
            chosen.fill(at, choice.to)?;
        }
    }
    let amount = chosen.take_amount(options)?;
    let Chosen { mut fields, unmatched, .. } = chosen;
    if !unmatched.is_empty() {
        let columns = ShownNames::of(unmatched.len(), unmatched.iter().map(|(_, column)| column.as_str()));
        let mut options: Vec<&'static str> = unmatched.iter().map(|(option, _)| *option).collect();
        options.dedup();
        return Err(PayloadErrorKind::UnmatchedColumns { options: options.into(), columns, found }.into());
    }
    let parts: Vec<usize> = amount.into_iter().flat_map(AmountAt::columns).collect();
    // Columns that no option names have the field of their own name, unless another column fills it.
    let explicit: Vec<AccountField> = fields.iter().flatten().copied().collect();
    for (at, (field, name)) in fields.iter_mut().zip(header.iter()).enumerate() {
        if field.is_none() && !parts.contains(&at) {
            let own = AccountField::of_header(name);
            let is_filled = |own: &AccountField| {
                explicit.contains(own) || (*own == AccountField::TotalAmount && amount.is_some())
            };
            *field = own.filter(|own| !is_filled(own));
        }
    }
    if fields.iter().all(Option::is_none) && amount.is_none() {
        return Err(PayloadErrorKind::NoKnownColumn { found }.into());
    }
    for field in AccountField::imported() {
        if fields.iter().filter(|filled| **filled == Some(field)).count() > 1 {
            return Err(PayloadErrorKind::DuplicateColumn { field: field.name() }.into());
        }
    }
    let is_missing = |required: &AccountField| {
        let is_amount = *required == AccountField::TotalAmount && amount.is_some();
        let has_default =
            options.defaults.as_ref().is_some_and(|defaults: &Defaults| defaults.has(*required));
        !fields.contains(&Some(*required)) && !is_amount && !has_default
    };
    let missing: Vec<MissingColumn> = AccountField::REQUIRED
        .into_iter()
        .filter(is_missing)
        .map(|required| missing_column(required, header, &fields))
        .collect();
    let missing = (!missing.is_empty())
        .then(|| PayloadError::from(PayloadErrorKind::MissingColumns { columns: missing, found }));
    let columns =
        header.iter().zip(fields).map(|(header, field)| Column { header: header.to_owned(), field });
    Ok(Columns { columns: columns.collect(), amount, missing })
}

/// The columns that the options name.
struct Chosen<'a> {
    fields: Vec<Option<AccountField>>,
    headers: &'a Headers<'a>,
    /// The columns that the header lacks, each behind the option that names it.
    unmatched: Vec<(&'static str, String)>,
}

impl Chosen<'_> {
    /// Gives all columns with a header of the mapping its field.
    fn take_mapping(&mut self, options: &ImportOptions) -> Result<(), PayloadError> {
        for (header, field) in options.mapping.iter().flat_map(Mapping::iter) {
            let named = self.headers.named(header);
            for at in named {
                self.fill(*at, field)?;
            }
            if named.is_empty() {
                self.unmatched.push(("mapping", header.to_owned()));
            }
        }
        Ok(())
    }

    fn take_amount(&mut self, options: &ImportOptions) -> Result<Option<AmountAt>, PayloadError> {
        Ok(match &options.amount {
            None => None,
            Some(AmountColumns::One(column)) => {
                if let Some(at) = self.find(AMOUNT, column)? {
                    self.fill(at, AccountField::TotalAmount)?;
                }
                None
            }
            Some(AmountColumns::DebitCredit { debit, credit }) => {
                let (debit, credit) = (self.find(AMOUNT, debit)?, self.find(AMOUNT, credit)?);
                debit.zip(credit).map(|(debit, credit)| AmountAt::DebitCredit { debit, credit })
            }
            Some(AmountColumns::Signed { column, sign, .. }) => {
                let (column, sign) = (self.find(AMOUNT, column)?, self.find(AMOUNT, sign)?);
                column.zip(sign).map(|(column, sign)| AmountAt::Signed { column, sign })
            }
        })
    }

    /// The position of a column that an option names.
    fn find(&mut self, option: &'static str, column: &ColumnRef) -> Result<Option<usize>, PayloadError> {
        match column.find(self.headers) {
            FoundColumn::At(at) => Ok(Some(at)),
            FoundColumn::Several => {
                Err(PayloadErrorKind::RepeatedHeader { header: HeaderFound::shown(&column.to_string()) }
                    .into())
            }
            FoundColumn::Missing => {
                self.unmatched.push((option, column.to_string()));
                Ok(None)
            }
        }
    }

    fn fill(&mut self, at: usize, field: AccountField) -> Result<(), PayloadError> {
        match self.fields.get_mut(at) {
            Some(filled) if filled.is_none_or(|filled| filled == field) => {
                *filled = Some(field);
                Ok(())
            }
            _ => Err(PayloadErrorKind::DuplicateColumn { field: field.name() }.into()),
        }
    }
}

/// A required field without a column, and the header without a field that is most similar to its name.
fn missing_column(required: AccountField, header: &Cells, fields: &[Option<AccountField>]) -> MissingColumn {
    let unused = header.iter().zip(fields).filter(|(_, field)| field.is_none()).map(|(name, _)| name.trim());
    let similar = nearest(required.name(), unused).map(HeaderFound::shown);
    MissingColumn { field: required.name(), similar }
}
