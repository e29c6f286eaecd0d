//! A row as fields and what they say, whichever notation it came in.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use super::{Column, Field, Finding, FindingCode, RowBody, Shape};
use crate::money::parse_json_number;

/// Fields no account has that are named one by one in a row's warnings; a row of nothing
/// but such fields must not make its report many times its own size.
pub(super) const UNKNOWN_FIELDS_NAMED_MAX: usize = 20;
/// The characters of such a field's name that are shown.
const UNKNOWN_NAME_CHARS_MAX: usize = 64;

/// What a row says in one field.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Cell {
    Null,
    Text(String),
    /// A JSON number, in its own digits.
    Number(String),
    /// A JSON value of a type no field has.
    Other,
}

/// The fields of a row, and what was wrong with the way they were given.
#[derive(Default)]
pub(super) struct Cells {
    by_field: [Option<Cell>; Field::ALL.len()],
    unknown: Vec<String>,
    pub(super) findings: Vec<Finding>,
}

impl Cells {
    /// Takes a row apart.
    pub(super) fn of(body: &RowBody, shape: &Shape) -> Self {
        let mut cells = Self::default();
        match (body, shape) {
            (RowBody::Json(row), _) => cells.read_json(row),
            (RowBody::Cells(record), Shape::Columns { columns, .. }) => cells.read_record(record, columns),
            (RowBody::Cells(_), Shape::Objects) | (RowBody::Broken(_), _) => {
                cells.find(None, FindingCode::InvalidJson, "the line is not valid JSON");
            }
        }
        cells.name_unknown_fields();
        cells
    }

    /// What the row says in `field`; `None` if it does not mention it.
    pub(super) fn take(&mut self, field: Field) -> Option<Cell> {
        self.by_field[field as usize].take()
    }

    fn put(&mut self, field: Field, cell: Cell) {
        if self.by_field[field as usize].replace(cell).is_some() {
            self.find(Some(field.name()), FindingCode::DuplicateField, "the field is given twice");
        }
    }

    fn find(&mut self, field: Option<&'static str>, code: FindingCode, reason: &'static str) {
        self.findings.push(match field {
            Some(field) => Finding::in_field(field, code, reason),
            None => Finding::in_row(code, reason),
        });
    }

    fn read_json(&mut self, row: &RawValue) {
        if !row.get().starts_with('{') {
            return self.find(None, FindingCode::InvalidRow, "the row is not a JSON object");
        }
        let mut contact = None;
        self.read_object(row.get(), "", &mut contact);
        match contact.as_deref().map(RawValue::get) {
            None | Some("null") => {}
            Some(contact) if contact.starts_with('{') => self.read_object(contact, "contact.", &mut None),
            Some(_) => self.find(
                Some("contact"),
                FindingCode::InvalidType,
                "expected an object with name, phone and email",
            ),
        }
    }

    fn read_object(&mut self, json: &str, prefix: &'static str, contact: &mut Option<Box<RawValue>>) {
        let mut reader = serde_json::Deserializer::from_str(json);
        let object = ObjectVisitor { cells: self, prefix, contact };
        // The text was accepted as JSON before, but without a look into what it holds: a
        // value may be nested deeper than serde_json follows, or escape half a character.
        if serde::Deserializer::deserialize_map(&mut reader, object).is_err() {
            self.find(None, FindingCode::InvalidJson, "the row is nested too deeply or has a broken escape");
        }
    }

    fn read_record(&mut self, record: &[String], columns: &[Column]) {
        if record.len() != columns.len() {
            let reason = format!("the row has {} cells, the header {}", record.len(), columns.len());
            return self.findings.push(Finding::in_row(FindingCode::ColumnCount, reason));
        }
        for (cell, column) in record.iter().zip(columns) {
            if let Some(field) = column.field() {
                self.put(field, Cell::of_csv(cell, field));
            }
        }
    }

    fn name_unknown_fields(&mut self) {
        let unknown = std::mem::take(&mut self.unknown);
        self.findings.extend(unknown_fields(unknown.iter().map(String::as_str)));
    }
}

/// The warnings about fields, or columns, that no account has.
pub(super) fn unknown_fields<'a>(names: impl Iterator<Item = &'a str>) -> Vec<Finding> {
    let mut names = names.fuse();
    let first = names.by_ref().take(UNKNOWN_FIELDS_NAMED_MAX).map(|name| {
        let reason = "accounts have no such field; it was left out";
        Finding::in_field(shown_name(name), FindingCode::UnknownField, reason)
    });
    let mut findings: Vec<Finding> = first.collect();
    if let more @ 1.. = names.count() {
        let reason = format!("{more} more fields that accounts do not have were left out");
        findings.push(Finding::in_row(FindingCode::UnknownField, reason));
    }
    findings
}

/// As much of a sender's name for a field as is shown.
pub(super) fn shown_name(name: &str) -> String {
    name.chars().take(UNKNOWN_NAME_CHARS_MAX).collect()
}

impl Cell {
    /// The text of a CSV cell that says the same.
    pub(super) fn into_text(self) -> String {
        match self {
            Self::Text(text) => text,
            // A cell is read as a plain decimal, without exponents.
            Self::Number(digits) => parse_json_number(&digits).map_or(digits, |amount| amount.to_string()),
            Self::Null | Self::Other => String::new(),
        }
    }

    fn of_csv(cell: &str, field: Field) -> Self {
        let free_text = !matches!(
            field,
            Field::ExternalId | Field::TotalAmount | Field::Currency | Field::DueDate | Field::ContactPhone
        );
        match (cell.trim(), free_text) {
            ("", _) => Self::Null,
            (_, true) => Self::Text(cell.to_owned()),
            (trimmed, false) => Self::Text(trimmed.to_owned()),
        }
    }
}

impl From<Value> for Cell {
    fn from(value: Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::String(text) => Self::Text(text),
            Value::Number(number) => Self::Number(number.to_string()),
            Value::Bool(_) | Value::Array(_) | Value::Object(_) => Self::Other,
        }
    }
}

/// Reads the members of a row, or of its contact, without building a map of them.
struct ObjectVisitor<'a> {
    cells: &'a mut Cells,
    prefix: &'static str,
    contact: &'a mut Option<Box<RawValue>>,
}

impl<'de> Visitor<'de> for ObjectVisitor<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<(), M::Error> {
        while let Some(name) = map.next_key::<MemberName<'_>>()? {
            let path = format!("{}{}", self.prefix, name.0);
            // "contact.name" is a path, not a name: a member of that name is unknown.
            let field = Field::named(&path).filter(|_| !name.0.contains('.'));
            match field {
                Some(field) => self.cells.put(field, map.next_value::<Value>()?.into()),
                None if path == "contact" => {
                    if self.contact.replace(map.next_value()?).is_some() {
                        self.cells.find(
                            Some("contact"),
                            FindingCode::DuplicateField,
                            "the field is given twice",
                        );
                    }
                }
                None => {
                    map.next_value::<IgnoredAny>()?;
                    self.cells.unknown.push(path);
                }
            }
        }
        Ok(())
    }
}

#[derive(Deserialize)]
struct MemberName<'a>(#[serde(borrow)] Cow<'a, str>);
