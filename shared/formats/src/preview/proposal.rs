//! The options that a preview proposes, and what the caller has to choose.

use std::collections::{BTreeMap, HashMap};

use saldo_domain::import::{
    AccountField as F, AmountAt, AmountColumns, BlankExternalId, CellMark, Cells, ColumnChoice, ColumnRef,
    DateFormat, Defaults, Delimiter, ImportOptions, Occurrence, Quote, RowRules, Signs, TextEncoding,
    comparable,
};
use saldo_domain::money::{AmountNotation, Currency};

use super::column::{Column, is_typed_amount, is_typed_date, value};
use super::dates::judge_dates;
use super::mapping::Assignment;
use super::numbers::{Separators, judge_amounts};
use super::table::{Punctuation, Table};
use super::verdict::Verdict;
use super::{Ambiguity, Choice, Detected, different};

/// What was found out about a table beside the options: what could not be proven.
pub(super) struct Proposal {
    pub(super) options: ImportOptions,
    pub(super) detected: Detected,
    pub(super) ambiguities: Vec<Ambiguity>,
}

/// Proposes options for a table. What the caller states stays as it is.
pub(super) fn propose(
    table: &Table,
    columns: &[Column<'_>],
    assignment: &Assignment,
    encoding: Option<TextEncoding>,
    stated: &ImportOptions,
) -> Proposal {
    let mut options = stated.clone();
    let mut ambiguities = Vec::new();
    options.encoding = stated.encoding.or(encoding);
    if let Some(Punctuation { delimiter, quote }) = table.punctuation {
        options.delimiter = stated.delimiter.or_else(|| Delimiter::new(delimiter.into()));
        options.quote = stated.quote.or((quote != Quote::Double).then_some(quote));
    }
    options.columns = choices(columns, assignment, stated);
    options.amount = stated.amount.clone().or_else(|| amount(columns, assignment));
    options.amounts = stated.amounts.or_else(|| assignment.states(columns));
    let rows = imported_rows(table, assignment, stated);
    let separators = propose_separators(&mut options, &mut ambiguities, &rows, assignment, stated);
    propose_date_format(&mut options, &mut ambiguities, &rows, assignment, stated);
    options.defaults = defaults(&rows, assignment, &options);
    ambiguities.extend(repeated_ids(columns, &rows, assignment));
    ambiguities.extend(currencies_to_choose(columns, assignment, &options));
    let detected = Detected {
        delimiter: table.punctuation.map(|text| text.delimiter.into()),
        quote: table.punctuation.map(|text| text.quote),
        header_line: Some(table.header_line),
        decimal_separator: separators.decimal,
        thousands_separator: separators.thousands,
        date_format: options.date_format,
        ..Detected::default()
    };
    Proposal { options, detected, ambiguities }
}

/// The rows that an import would not refuse because of their external id. Rows of totals prove nothing.
fn imported_rows<'a>(table: &'a Table, assignment: &Assignment, stated: &ImportOptions) -> Vec<&'a Cells> {
    let id = assignment
        .column_of(F::ExternalId)
        .filter(|_| stated.blank_external_id != Some(BlankExternalId::Allow));
    let has_id = |row: &&Cells| id.is_none_or(|at| row.get(at).is_some_and(|id| !id.trim().is_empty()));
    table.rows.iter().filter(has_id).collect()
}

/// The values of columns that are not blank, but for those of a workbook whose type says how they are read.
fn values<'a>(
    rows: &[&'a Cells],
    columns: &[usize],
    is_typed: impl Fn(Option<CellMark>) -> bool,
) -> Vec<&'a str> {
    let of_row = |row: &&'a Cells| columns.iter().filter_map(|at| value(row, *at)).collect::<Vec<_>>();
    let all = rows.iter().flat_map(of_row);
    all.filter(|(_, mark)| !is_typed(*mark)).map(|(value, _)| value).collect()
}

/// The columns that the options must name: those that the reader does not find by their names.
fn choices(
    columns: &[Column<'_>],
    assignment: &Assignment,
    stated: &ImportOptions,
) -> Option<Vec<ColumnChoice>> {
    let mut choices = stated.columns.clone().unwrap_or_default();
    let proposed = assignment.fields.iter().zip(&assignment.is_stated).enumerate();
    for (at, (field, is_stated)) in proposed {
        if let Some(field) = field.filter(|field| !is_stated && !is_found_by_name(columns, at, *field)) {
            choices.push(ColumnChoice { from: reference(columns, at), to: field });
        }
    }
    (!choices.is_empty()).then_some(choices)
}

/// Whether the column is the only one with the name of the field.
fn is_found_by_name(columns: &[Column<'_>], at: usize, field: F) -> bool {
    let mut named =
        columns.iter().enumerate().filter(|(_, column)| F::of_header(column.header) == Some(field));
    named.next().is_some_and(|(first, _)| first == at) && named.next().is_none()
}

/// A reference to a column that finds it in the next file, too: by its header, if that tells it apart.
fn reference(columns: &[Column<'_>], at: usize) -> ColumnRef {
    let number = || ColumnRef::Number(u32::try_from(at + 1).unwrap_or(u32::MAX));
    let Some(header) = columns.get(at).map(|column| comparable(column.header)) else { return number() };
    if header.is_empty() {
        return number();
    }
    let same: Vec<usize> = columns
        .iter()
        .enumerate()
        .filter(|(_, column)| comparable(column.header) == header)
        .map(|(at, _)| at)
        .collect();
    match same.iter().position(|same| *same == at) {
        Some(nth) if same.len() > 1 => {
            let occurrence = u32::try_from(nth + 1).unwrap_or(u32::MAX);
            ColumnRef::Occurrence(Occurrence { header: header.into_owned(), occurrence })
        }
        _ => ColumnRef::Header(header.into_owned()),
    }
}

fn amount(columns: &[Column<'_>], assignment: &Assignment) -> Option<AmountColumns> {
    let column = |at| reference(columns, at);
    Some(match assignment.amount? {
        AmountAt::DebitCredit { debit, credit } => {
            AmountColumns::DebitCredit { debit: column(debit), credit: column(credit) }
        }
        AmountAt::Signed { column: amount, sign } => {
            AmountColumns::Signed { column: column(amount), sign: column(sign), signs: Signs::default() }
        }
    })
}

/// Proposes the separators of amounts, or adds an ambiguity. Returns those that were found, or that the caller states.
fn propose_separators(
    options: &mut ImportOptions,
    ambiguities: &mut Vec<Ambiguity>,
    rows: &[&Cells],
    assignment: &Assignment,
    stated: &ImportOptions,
) -> Separators {
    let by_caller = Separators { decimal: stated.decimal_separator, thousands: stated.thousands_separator };
    let at = assignment.all_amounts();
    let values = values(rows, &at, is_typed_amount);
    let found = match judge_amounts(&values, by_caller) {
        Verdict::Proven(separators) => separators.first().copied().unwrap_or(by_caller),
        Verdict::Nothing => by_caller,
        Verdict::Ambiguous(choices) => {
            let reason = "the separator may be one of thousands or of decimals";
            ambiguities.push(ambiguity(
                &at,
                "thousands_separator",
                reason.to_owned(),
                &values,
                of_amounts(&choices, &values),
            ));
            by_caller
        }
        Verdict::Unreadable { .. } if by_caller.decimal.is_some() && by_caller.thousands.is_some() => {
            by_caller
        }
        Verdict::Unreadable { choices, at: unread } => {
            let reason = unreadable("amounts", &values, unread);
            ambiguities.push(ambiguity(
                &at,
                "thousands_separator",
                reason,
                &values,
                of_amounts(&choices, &values),
            ));
            by_caller
        }
    };
    options.decimal_separator = stated.decimal_separator.or(found.decimal);
    options.thousands_separator = stated.thousands_separator.or(found.thousands);
    found
}

fn propose_date_format(
    options: &mut ImportOptions,
    ambiguities: &mut Vec<Ambiguity>,
    rows: &[&Cells],
    assignment: &Assignment,
    stated: &ImportOptions,
) {
    if let Some(at) = assignment.unread_dates {
        let values = values(rows, &[at], is_typed_date);
        let reason = format!("{}; the column fills no field", unreadable("dates", &values, 0));
        ambiguities.push(ambiguity(&[at], "date_format", reason, &values, Vec::new()));
    }
    let at = assignment.dates();
    if at.is_empty() || stated.date_format.is_some() {
        return;
    }
    let values = values(rows, &at, is_typed_date);
    let (reason, choices) = match judge_dates(&values) {
        Verdict::Nothing => return,
        Verdict::Proven(formats) => {
            options.date_format = formats.first().copied();
            return;
        }
        Verdict::Ambiguous(formats) => ("day, month and year may be in another order".to_owned(), formats),
        Verdict::Unreadable { choices, at } => (unreadable("dates", &values, at), choices),
    };
    ambiguities.push(ambiguity(&at, "date_format", reason, &values, of_dates(&choices, &values)));
}

/// What is to be chosen because the column that was taken for the number of the document has values twice, in rows that differ
/// otherwise: a row about another document, or another instalment, would be superseded by the last one.
fn repeated_ids(columns: &[Column<'_>], rows: &[&Cells], assignment: &Assignment) -> Option<Ambiguity> {
    let at = assignment.column_of(F::ExternalId)?;
    let is_stated = assignment.is_stated.get(at).copied().unwrap_or_default();
    if is_stated || is_found_by_name(columns, at, F::ExternalId) {
        return None;
    }
    let is_read = |at: &usize| {
        assignment.fields.get(*at).is_some_and(Option::is_some)
            || assignment.amount.is_some_and(|amount| amount.columns().contains(at))
    };
    let read: Vec<usize> = (0..columns.len()).filter(is_read).collect();
    let mut first: HashMap<&str, &Cells> = HashMap::new();
    let repeated: Vec<&str> = rows
        .iter()
        .filter_map(|row| {
            let id = row.get(at).map(str::trim).filter(|id| !id.is_empty())?;
            let first = first.entry(id).or_insert(row);
            read.iter().any(|at| first.get(*at) != row.get(*at)).then_some(id)
        })
        .collect();
    let reason = "values repeat: of rows with the same external_id only the last one counts";
    (!repeated.is_empty()).then(|| ambiguity(&[at], "columns", reason.to_owned(), &repeated, Vec::new()))
}

/// What is to be chosen because a column of currencies has names instead of codes. If nothing else states the currency, a
/// column without a known name would be left out, and the amounts would be in the organization's currency.
fn currencies_to_choose(
    columns: &[Column<'_>],
    assignment: &Assignment,
    options: &ImportOptions,
) -> Option<Ambiguity> {
    let at = assignment.unread_currencies?;
    let column = columns.get(at)?;
    let value = saldo_domain::fields::shown_value(column.first_that_is_no_currency()?);
    let is_read = assignment.column_of(F::Currency) == Some(at);
    let (option, otherwise) = match is_read {
        true => {
            let otherwise = "the rows are refused otherwise. If all rows have one currency, assign the column to another \
                field with `columns`, and state the currency with `defaults`";
            ("columns", otherwise)
        }
        false if options.defaults.as_ref().is_some_and(|defaults| defaults.has(F::Currency)) => return None,
        false => {
            ("defaults", "the column fills no field. If all rows have one currency, state it with `defaults`")
        }
    };
    let reason = format!(
        "{value} is not an ISO 4217 currency code such as EUR: replace the names by codes in the file; {otherwise}"
    );
    Some(ambiguity(&[at], option, reason, &column.values, Vec::new()))
}

fn unreadable(what: &str, values: &[&str], at: usize) -> String {
    let value = values.get(at).map(|value| saldo_domain::fields::shown_value(value)).unwrap_or_default();
    format!("no format reads all {what}; the first that is written in another way is {value}")
}

fn ambiguity(
    columns: &[usize],
    option: &'static str,
    reason: String,
    values: &[&str],
    choices: Vec<Choice>,
) -> Ambiguity {
    Ambiguity { columns: columns.to_vec(), option, reason, samples: different(values), choices }
}

/// The choices, each with a value that the others read to something else.
fn of_amounts(choices: &[Separators], values: &[&str]) -> Vec<Choice> {
    let read = |separators: Separators, value: &str| {
        separators.notation().parse(value).ok().map(|written| written.amount.normalize().to_string())
    };
    let example = example(choices, values, read);
    let choice = |separators: &Separators| Choice {
        options: ImportOptions {
            decimal_separator: separators.decimal,
            thousands_separator: separators.thousands,
            ..ImportOptions::default()
        },
        text: example.to_owned(),
        reading: read(*separators, example),
    };
    choices.iter().map(choice).collect()
}

fn of_dates(choices: &[DateFormat], values: &[&str]) -> Vec<Choice> {
    let read = |format: DateFormat, value: &str| format.parse(value).ok().map(|date| date.to_string());
    let example = example(choices, values, read);
    let choice = |format: &DateFormat| Choice {
        options: ImportOptions { date_format: Some(*format), ..ImportOptions::default() },
        text: example.to_owned(),
        reading: read(*format, example),
    };
    choices.iter().map(choice).collect()
}

/// The first value that the choices read differently, or else the first value.
fn example<'a, T: Copy>(
    choices: &[T],
    values: &[&'a str],
    read: impl Fn(T, &str) -> Option<String>,
) -> &'a str {
    let differs = |value: &&&str| {
        let mut readings = choices.iter().map(|choice| read(*choice, value));
        let first = readings.next();
        readings.any(|other| Some(other) != first)
    };
    values.iter().find(differs).or(values.first()).copied().unwrap_or_default()
}

/// The default values: the currency, if no column has one and the header or all amounts name it.
fn defaults(rows: &[&Cells], assignment: &Assignment, options: &ImportOptions) -> Option<Defaults> {
    let stated = options.defaults.clone();
    let has_currency = assignment.column_of(F::Currency).is_some()
        || stated.as_ref().is_some_and(|stated| stated.has(F::Currency));
    let currency = assignment.currency.or_else(|| marked(rows, &assignment.amounts(), options));
    let Some(currency) = currency.filter(|_| !has_currency) else { return stated };
    let mut values: BTreeMap<String, String> = stated.clone().unwrap_or_default().into();
    values.insert(F::Currency.name().to_owned(), currency.code().to_owned());
    Defaults::try_from(values).ok().or(stated)
}

/// The currency with which all amounts are marked. A number of a workbook has that of its format.
fn marked(rows: &[&Cells], amounts: &[usize], options: &ImportOptions) -> Option<Currency> {
    let of_texts = RowRules::of(options).amounts();
    let currency = |(text, mark): (&str, Option<CellMark>)| {
        let notation = if mark.is_some() { AmountNotation::default() } else { of_texts };
        notation.parse(text).ok().and_then(|written| Currency::of_mark(written.mark?))
    };
    let is_value =
        |(_, mark): &(&str, Option<CellMark>)| !matches!(mark, Some(CellMark::Error | CellMark::NoResult));
    let values = rows.iter().flat_map(|row| amounts.iter().filter_map(|at| value(row, *at)));
    let mut all = values.filter(is_value).map(currency);
    let first = all.next()??;
    all.all(|other| other == Some(first)).then_some(first)
}

#[cfg(test)]
mod tests {
    use super::super::{column, mapping, table};
    use super::*;

    fn ambiguities(text: &str, stated: &ImportOptions) -> Vec<(&'static str, Vec<String>)> {
        let table = table::find(text, stated).expect("a table");
        let columns = column::columns(&table);
        let assignment = mapping::assign(&columns, stated);
        let proposal = propose(&table, &columns, &assignment, None, stated);
        proposal.ambiguities.into_iter().map(|ambiguity| (ambiguity.option, ambiguity.samples)).collect()
    }

    #[test]
    fn numbers_of_documents_that_repeat_are_to_be_chosen() {
        let rows = "R-1;Al;1,50\nR-2;Bo;2,50\nR-1;Al;3,50\n";
        let list = format!("Rechnungsnummer;Kunde;Offener Betrag\n{rows}");
        let none = ImportOptions::default();
        assert_eq!(ambiguities(&list, &none), [("columns", vec!["R-1".to_owned()])]);
        let columns = vec![ColumnChoice { from: ColumnRef::Number(1), to: F::ExternalId }];
        let stated = ImportOptions { columns: Some(columns), ..ImportOptions::default() };
        assert_eq!(ambiguities(&list, &stated), []);
        assert_eq!(ambiguities(&format!("external_id;Kunde;Offener Betrag\n{rows}"), &none), []);
        assert_eq!(ambiguities(&list.replace("R-1;Al;3", "R-3;Al;3"), &none), []);
    }
}
