//! Converts rows of any format to fields.

use super::row::NAMES;
use super::{AmountAt, CellMark, Cells, Column, RowBody, RowRules, Scope, Shape};
use crate::account::AccountField;
use crate::fields::{Fields, Finding, FindingCode, Severity, Value, WrittenIn, shown_value};
use crate::money::{parse_json_number, parse_plain};
use crate::text::{is_blank, trimmed};

/// The fields of a row.
pub(super) fn fields_of<'a>(body: &'a RowBody, shape: &Shape, rules: &RowRules<'a>) -> Fields<'a> {
    let mut fields = Fields::new(NAMES);
    match (body, shape) {
        (RowBody::Json(row), _) => {
            fields.read_row(row);
            fields.refuse_misspelled(misspelled);
        }
        (RowBody::Cells(record), Shape::Columns { columns, amount, .. }) => {
            fields.read_amounts_as(WrittenIn::File(rules.amounts));
            read_record(&mut fields, record, columns);
            if let Some(amount) = amount {
                read_amount(&mut fields, record, *amount, rules);
            }
        }
        (RowBody::Misquoted { how, .. }, _) => {
            fields.report(Finding::in_row(FindingCode::Misquoted, how.to_string()));
        }
        (RowBody::Cells(_), Shape::Objects) => {
            fields.report(Finding::in_row(FindingCode::InvalidRow, "the row has no header"));
        }
    }
    fields
}

/// Reads the amount of a record from two columns.
#[inline(never)]
fn read_amount(fields: &mut Fields<'_>, record: &Cells, at: AmountAt, rules: &RowRules<'_>) {
    let field = AccountField::TotalAmount;
    let name = field.name();
    let [first, second] = at.columns();
    // These columns have no field of their own, so `read_record` does not look at what their cells are: the sign of an
    // amount may be an error.
    let found = |at: usize| finding_of(record.mark(at)?, record.get(at)?, field);
    if let Some(refused) = found(first).or_else(|| found(second)) {
        return fields.report(refused);
    }
    let cell = |at: usize| record.get(at).map(trimmed).unwrap_or_default();
    let written = WrittenIn::File(rules.amounts);
    let read = |fields: &mut Fields<'_>, text: &str| match is_blank(text) {
        true => Some(None),
        false => fields.written_amount(name, text, written).map(Some),
    };
    let amount = match at {
        AmountAt::DebitCredit { debit, credit } => {
            let (debit, credit) = (read(fields, cell(debit)), read(fields, cell(credit)));
            match (debit, credit) {
                (Some(None), Some(None)) => Some(None),
                (Some(debit), Some(credit)) => {
                    let (debit, credit) = (debit.unwrap_or_default(), credit.unwrap_or_default());
                    debit.checked_sub(credit).map(Some)
                }
                _ => None,
            }
        }
        AmountAt::Signed { column, sign } => {
            let amount = read(fields, cell(column));
            match (amount, rules.signs.and_then(|signs| signs.is_negative(cell(sign)))) {
                (Some(Some(amount)), Some(is_negative)) => {
                    Some(Some(if is_negative { -amount } else { amount }))
                }
                (Some(Some(_)), None) => {
                    let reason = format!(
                        "{} is not a known sign of an amount; name the negative ones with `amount`",
                        shown_value(cell(sign))
                    );
                    fields.report(Finding::in_field(name, FindingCode::InvalidAmount, reason));
                    None
                }
                (amount, _) => amount,
            }
        }
    };
    match amount {
        Some(Some(amount)) => {
            let text = rules.amounts.plain(amount);
            fields.put_at(AccountField::TotalAmount as usize, Value::Text(text.into()));
        }
        Some(None) => fields.put_at(AccountField::TotalAmount as usize, Value::Null),
        // A reported error stands for the value.
        None => {}
    }
}

/// Gives fields without a value the value that all rows have by default.
pub(super) fn put_defaults<'a>(fields: &mut Fields<'a>, shape: &Shape, rules: &RowRules<'a>) {
    let of_scope = rules.scope.into_iter().flat_map(Scope::fields).map(|(field, value)| (field, value, true));
    let defaults = rules.defaults.iter().map(|(field, value)| (field, value, false));
    for (field, value, is_of_scope) in of_scope.chain(defaults) {
        let is_absent = match fields.get(field.name()) {
            None => true,
            // Null in JSON clears a field, which no row takes out of the scope; an empty cell is a cell without a value.
            Some(value) => value.is_null() && (is_of_scope || !matches!(shape, Shape::Objects)),
        };
        if is_absent {
            fields.take(field.name());
            fields.set_plain(false);
            fields.put_at(field as usize, Value::Text(value.into()));
        }
    }
}

/// The field that a JSON member such as `dueDate` or `External_ID` is meant to be. CSV headers may be spelled like this,
/// so senders expect it of members, too. Ignored as unknown, the value would be lost.
fn misspelled(name: &str) -> Option<&'static str> {
    AccountField::of_header(name).filter(|field| !field.is_beside_id()).map(AccountField::name)
}

// Apart from what is rare, so that the compiler keeps the loop's variables in registers.
#[inline(never)]
fn read_record<'a>(fields: &mut Fields<'a>, record: &'a Cells, columns: &[Column]) {
    if record.len() != columns.len() {
        let reason = format!("the row has {} cells, the header {}", record.len(), columns.len());
        return fields.report(Finding::in_row(FindingCode::ColumnCount, reason));
    }
    fields.set_plain(record.are_plain());
    if record.has_marks() {
        return read_marked(fields, record, columns);
    }
    for (cell, column) in record.iter().zip(columns) {
        if let Some(field) = column.field {
            fields.put_at(field as usize, value_of_cell(cell, field));
        }
    }
}

/// As [`read_record`], for a record with cells that are not texts.
#[cold]
fn read_marked<'a>(fields: &mut Fields<'a>, record: &'a Cells, columns: &[Column]) {
    for (at, (cell, column)) in record.iter().zip(columns).enumerate() {
        let Some(field) = column.field else { continue };
        if let Some(found) = record.mark(at).and_then(|mark| finding_of(mark, cell, field)) {
            let is_refused = found.code.severity() == Severity::Error;
            fields.report(found);
            // A reported error stands for the value.
            if is_refused {
                continue;
            }
        }
        fields.put_at(field as usize, value_of_cell(cell, field));
    }
}

/// What is found in a cell of a workbook that is not a text.
fn finding_of(mark: CellMark, cell: &str, field: AccountField) -> Option<Finding> {
    let is_id = AccountField::IDS.contains(&field);
    let (code, reason) = match mark {
        CellMark::Error => (FindingCode::ErrorValue, format!("the cell has the error {}", shown_value(cell))),
        CellMark::NoResult => {
            let reason = "the cell has a formula whose result the file lacks; open the workbook in a spreadsheet and save it";
            (FindingCode::ErrorValue, reason.to_owned())
        }
        CellMark::LongNumber if is_id => {
            let reason = "the cell is a number of more than 15 digits, which spreadsheets don't keep; enter the id as text";
            (FindingCode::MangledId, reason.to_owned())
        }
        CellMark::Date if is_id => {
            let reason = format!(
                "the cell is a date, {}, into which a spreadsheet may have turned the id; enter the id as text",
                shown_value(cell)
            );
            (FindingCode::MangledId, reason)
        }
        CellMark::Number if is_id => {
            let reason = "the cell is a number, which has no zeros in front; format the column as text if the ids have some";
            (FindingCode::NumericId, reason.to_owned())
        }
        CellMark::LongNumber | CellMark::Date | CellMark::Number => return None,
    };
    Some(Finding::in_field(field.name(), code, reason))
}

#[inline]
fn value_of_cell(cell: &str, field: AccountField) -> Value<'_> {
    let free_text = !field.is_amount()
        && !matches!(field, AccountField::Id | AccountField::Currency | AccountField::ContactPhone)
        && !field.is_day();
    match free_text {
        _ if is_blank(cell) => Value::Null,
        true => Value::Text(cell.into()),
        false => Value::Text(trimmed(cell).into()),
    }
}

/// A JSON value as the text of an equivalent CSV cell. Amounts are normalized: a cell has no exponents, and `25.000` is
/// ambiguous in a cell but not in JSON.
pub(super) fn text_of(field: AccountField, value: Value<'_>) -> String {
    match value {
        Value::Text(text) if field.is_amount() => match parse_plain(&text) {
            Ok(amount) => amount.normalize().to_string(),
            Err(_) => text.into_owned(),
        },
        Value::Text(text) => text.into_owned(),
        Value::Number(digits) => {
            let amount = parse_json_number(&digits).map(|amount| amount.normalize().to_string());
            amount.unwrap_or_else(|_| digits.into_owned())
        }
        Value::Other(serde_json::Value::Array(texts)) if field == AccountField::References => {
            let texts: Vec<&str> = texts.iter().filter_map(serde_json::Value::as_str).collect();
            texts.join(", ")
        }
        Value::Null | Value::Other(_) => String::new(),
    }
}
