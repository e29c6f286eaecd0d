//! Converts rows of any format to fields.

use super::{Cells, Column, RowBody, Shape};
use crate::account::AccountField;
use crate::fields::{Fields, Finding, FindingCode, Names, Value};
use crate::money::{parse_json_number, parse_plain};
use crate::text::{is_blank, trimmed};

/// The names of the fields, each at the position of its field.
const NAMES: &Names = &Names::new(AccountField::NAMES);

/// The fields of a row.
pub(super) fn fields_of<'a>(body: &'a RowBody, shape: &Shape) -> Fields<'a> {
    let mut fields = Fields::new(NAMES);
    match (body, shape) {
        (RowBody::Json(row), _) => {
            fields.read_row(row);
            fields.refuse_misspelled(misspelled);
        }
        (RowBody::Cells(record), Shape::Columns { columns, decimal_separator, .. }) => {
            fields.read_amounts_with(*decimal_separator);
            read_record(&mut fields, record, columns);
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

/// The field that a JSON member such as `dueDate` or `External_ID` is meant to be. CSV headers may be spelled like this,
/// so senders expect it of members, too. Ignored as unknown, the value would be lost.
fn misspelled(name: &str) -> Option<&'static str> {
    AccountField::of_header(name).filter(|field| !field.is_beside_id()).map(AccountField::name)
}

fn read_record<'a>(fields: &mut Fields<'a>, record: &'a Cells, columns: &[Column]) {
    if record.len() != columns.len() {
        let reason = format!("the row has {} cells, the header {}", record.len(), columns.len());
        return fields.report(Finding::in_row(FindingCode::ColumnCount, reason));
    }
    for (cell, column) in record.iter().zip(columns) {
        if let Some(field) = column.field {
            fields.put_at(field as usize, value_of_cell(cell, field));
        }
    }
}

fn value_of_cell(cell: &str, field: AccountField) -> Value<'_> {
    let free_text = !matches!(
        field,
        AccountField::Id
            | AccountField::TotalAmount
            | AccountField::Balance
            | AccountField::Currency
            | AccountField::DueDate
            | AccountField::ContactPhone
    );
    match free_text {
        _ if is_blank(cell) => Value::Null,
        true => Value::Text(cell.into()),
        false => Value::Text(trimmed(cell).into()),
    }
}

/// A JSON value as the text of an equivalent CSV cell. Amounts are normalized: a cell has no exponents, and `25.000` is
/// ambiguous in a cell but not in JSON.
pub(super) fn text_of(field: AccountField, value: Value<'_>) -> String {
    let is_amount = matches!(field, AccountField::TotalAmount | AccountField::Balance);
    match value {
        Value::Text(text) if is_amount => match parse_plain(&text) {
            Ok(amount) => amount.normalize().to_string(),
            Err(_) => text.into_owned(),
        },
        Value::Text(text) => text.into_owned(),
        Value::Number(digits) => {
            parse_json_number(&digits).map_or(digits, |amount| amount.normalize().to_string())
        }
        Value::Null | Value::Other(_) => String::new(),
    }
}
