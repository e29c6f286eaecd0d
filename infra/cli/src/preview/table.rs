//! A preview for people.

use serde_json::{Map, Value};

use crate::answer::{columns, members};
use crate::job::cell;

/// The rows that are shown, and the choices of one column.
const ROWS_SHOWN: usize = 20;
/// The fields of rows that are shown, in this order, if a row has them.
const FIELDS: [&str; 13] = [
    "external_id",
    "contact.name",
    "total_amount",
    "currency",
    "due_date",
    "discount_until",
    "discount_amount",
    "contact.phone",
    "contact.email",
    "owner_id",
    "client_external_id",
    "payment_reference",
    "references",
];

/// The whole preview.
pub(super) fn of(preview: &Value) -> String {
    let mut parts = vec![detected(preview)];
    let mut add =
        |title: &str, rows: Option<String>| parts.extend(rows.map(|rows| format!("{title}\n{rows}")));
    add("Columns:", mapping(preview));
    add("To be chosen:", ambiguities(preview));
    add("First rows, as they would be stored:", rows(preview));
    add("Refused:", refused(preview));
    add("Warnings:", warnings(preview));
    if let Some(detail) = preview["refusal"]["detail"].as_str() {
        parts.push(format!("An import with these options would fail: {detail}."));
    }
    parts.join("\n\n")
}

fn detected(preview: &Value) -> String {
    let detected = &preview["detected"];
    let character = |name: &str| match detected[name].as_str() {
        Some("\t") => "tab".to_owned(),
        Some(" ") => "space".to_owned(),
        other => other.unwrap_or_default().to_owned(),
    };
    let encoding = cell(&detected["encoding"]);
    let assumed = if detected["encoding_assumed"] == true { " (assumed)" } else { "" };
    let read = &preview["read"];
    let part = if read["complete"] == true { "" } else { ", of the beginning of the file" };
    let all = [
        ("format", cell(&preview["format"])),
        ("encoding", format!("{encoding}{assumed}")),
        ("delimiter", character("delimiter")),
        ("quote", character("quote")),
        ("sheet", sheet(preview)),
        ("header_line", cell(&detected["header_line"])),
        ("decimal_separator", character("decimal_separator")),
        ("thousands_separator", character("thousands_separator")),
        ("date_format", cell(&detected["date_format"])),
        ("rows", format!("{}{part}", cell(&read["rows"]))),
        ("refused", cell(&read["refused"])),
        ("superseded", cell(&read["superseded"])),
        ("missing", cell(&preview["missing"])),
    ];
    members(all.map(|(name, value)| (name.to_owned(), value)))
}

/// The sheet that was read of a workbook, and the others.
fn sheet(preview: &Value) -> String {
    let read = cell(&preview["detected"]["sheet"]);
    let names = list(preview, "sheets").iter().map(|sheet| cell(&sheet["name"]));
    let others: Vec<_> = names.filter(|name| *name != read).collect();
    if others.is_empty() { read } else { format!("{read} (others: {})", others.join(", ")) }
}

fn list<'a>(preview: &'a Value, name: &str) -> &'a [Value] {
    preview[name].as_array().map_or(&[], Vec::as_slice)
}

fn mapping(preview: &Value) -> Option<String> {
    let row = |column: &Value| {
        let field = match column["part"].as_str() {
            Some(part) => format!("{} ({part})", cell(&column["field"])),
            None => cell(&column["field"]),
        };
        vec![cell(&column["number"]), cell(&column["header"]), field, cell(&column["samples"])]
    };
    let all = list(preview, "columns");
    (!all.is_empty()).then(|| columns(&["NUMBER", "HEADER", "FIELD", "SAMPLES"], all.iter().map(row)))
}

fn ambiguities(preview: &Value) -> Option<String> {
    let mut rows = Vec::new();
    for ambiguity in list(preview, "ambiguities") {
        let place = format!("column {}", cell(&ambiguity["columns"]));
        let choices = list(ambiguity, "choices");
        if choices.is_empty() {
            rows.push(vec![place.clone(), cell(&ambiguity["reason"]), String::new(), String::new()]);
        }
        for choice in choices {
            let read_as = choice["read_as"].as_str().unwrap_or("refused");
            let reading = format!("{} is {read_as}", cell(&choice["text"]));
            rows.push(vec![
                place.clone(),
                cell(&ambiguity["reason"]),
                arguments(&choice["options"]),
                reading,
            ]);
        }
    }
    (!rows.is_empty()).then(|| columns(&["PLACE", "REASON", "CHOICE", "READ AS"], rows))
}

/// Options as they are written on the command line.
fn arguments(options: &Value) -> String {
    let argument = |(name, value): (&String, &Value)| {
        let value = cell(value);
        let value = if value.chars().all(char::is_alphanumeric) { value } else { format!("'{value}'") };
        format!("--{} {value}", name.replace('_', "-"))
    };
    options.as_object().into_iter().flatten().map(argument).collect::<Vec<_>>().join(" ")
}

fn rows(preview: &Value) -> Option<String> {
    let stored: Vec<(&Value, Map<String, Value>)> = list(preview, "rows")
        .iter()
        .take(ROWS_SHOWN)
        .filter_map(|row| Some((row, flat(row["account"].as_object()?))))
        .collect();
    let fields: Vec<&str> = FIELDS
        .into_iter()
        .filter(|field| {
            stored.iter().any(|(_, account)| account.get(*field).is_some_and(|value| !value.is_null()))
        })
        .collect();
    let names: Vec<String> =
        std::iter::once("PLACE".to_owned()).chain(fields.iter().map(|field| field.to_uppercase())).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let row = |(row, account): &(&Value, Map<String, Value>)| {
        let values = fields.iter().map(|field| account.get(*field).map(cell).unwrap_or_default());
        std::iter::once(place(row)).chain(values).collect::<Vec<_>>()
    };
    (!stored.is_empty()).then(|| columns(&names, stored.iter().map(row)))
}

/// The members of an account, those of its contact under their paths.
fn flat(account: &Map<String, Value>) -> Map<String, Value> {
    let mut flat = Map::new();
    for (name, value) in account {
        match value {
            Value::Object(members) => {
                flat.extend(
                    members.iter().map(|(member, value)| (format!("{name}.{member}"), value.clone())),
                );
            }
            value => {
                flat.insert(name.clone(), value.clone());
            }
        }
    }
    flat
}

fn place(row: &Value) -> String {
    let row_number = || row["index"].as_u64().map(|index| format!("row {}", index + 1));
    let line = row["line"].as_u64().map(|line| format!("line {line}"));
    let place = line.or_else(row_number).unwrap_or_default();
    if row["superseded"] == true { format!("{place} (superseded)") } else { place }
}

fn refused(preview: &Value) -> Option<String> {
    findings(preview, "errors")
}

fn warnings(preview: &Value) -> Option<String> {
    let of_file = list(preview, "warnings").iter();
    let of_file =
        of_file.map(|finding| vec!["file".to_owned(), cell(&finding["field"]), cell(&finding["reason"])]);
    let mut all: Vec<_> = of_file.collect();
    all.extend(of_rows(preview, "warnings"));
    (!all.is_empty()).then(|| columns(&["PLACE", "FIELD", "REASON"], all))
}

fn findings(preview: &Value, kind: &str) -> Option<String> {
    let all = of_rows(preview, kind);
    (!all.is_empty()).then(|| columns(&["PLACE", "FIELD", "REASON"], all))
}

/// The findings of rows, each with its place.
fn of_rows(preview: &Value, kind: &str) -> Vec<Vec<String>> {
    let rows = list(preview, "rows").iter().chain(list(preview, "refused_rows"));
    let found = rows.flat_map(|row| list(row, kind).iter().map(move |finding| (row, finding)));
    let found =
        found.map(|(row, finding)| vec![place(row), cell(&finding["field"]), cell(&finding["reason"])]);
    found.collect()
}
