//! The output of a command: a record or a list of records, as a table or as JSON.

use std::fmt;

use anyhow::Result;
use clap::ValueEnum;
use serde::Serialize;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;

/// The output format.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// Columns, for people.
    #[default]
    Table,
    /// JSON, for programs.
    Json,
}

/// The output of a command.
#[derive(Debug)]
pub struct Answer {
    json: String,
    table: String,
    /// A note for people. It goes to stderr, since programs read stdout.
    pub note: Option<String>,
}

/// A record's members in the order of its fields; a map would not preserve it.
struct Members(Vec<(String, Value)>);

impl Answer {
    /// One record.
    ///
    /// # Errors
    /// When the record can't be written as JSON.
    pub fn one(record: &impl Serialize) -> Result<Self> {
        let json = serde_json::to_string_pretty(record)?;
        let table = one(&serde_json::from_str(&json)?);
        Ok(Self { json, table, note: None })
    }

    /// A list of records.
    ///
    /// # Errors
    /// When a record can't be written as JSON.
    pub fn list(records: &[impl Serialize]) -> Result<Self> {
        let json = serde_json::to_string_pretty(records)?;
        let table = many(&serde_json::from_str::<Vec<_>>(&json)?);
        Ok(Self { json, table, note: None })
    }

    /// Adds a note.
    #[must_use]
    pub fn with_note(self, note: impl Into<String>) -> Self {
        Self { note: Some(note.into()), ..self }
    }

    /// The output in this format.
    #[must_use]
    pub fn shown(&self, output: Output) -> &str {
        match output {
            Output::Table => &self.table,
            Output::Json => &self.json,
        }
    }
}

/// A record: a line for each member with a value.
fn one(Members(members): &Members) -> String {
    let known = members.iter().filter(|(_, value)| !value.is_null());
    aligned(&known.map(|(name, value)| vec![name.to_uppercase(), cell(value)]).collect::<Vec<_>>())
}

/// Records: a line for each, below the names of the members.
fn many(records: &[Members]) -> String {
    let Some(Members(first)) = records.first() else { return "none".to_owned() };
    let names = first.iter().map(|(name, _)| name.to_uppercase()).collect();
    let line = |Members(members): &Members| members.iter().map(|(_, value)| cell(value)).collect();
    aligned(&[names].into_iter().chain(records.iter().map(line)).collect::<Vec<_>>())
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(cell).collect::<Vec<_>>().join(","),
        other => other.to_string(),
    }
}

/// Aligns the cells of the lines in columns.
fn aligned(lines: &[Vec<String>]) -> String {
    let width = |column: usize| {
        let cells = lines.iter().filter_map(|line| line.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or_default()
    };
    let padded = |line: &Vec<String>| {
        let cells = line.iter().enumerate();
        let cells = cells.map(|(column, cell)| format!("{cell:<0$}", width(column)));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    lines.iter().map(padded).collect::<Vec<_>>().join("\n")
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct InOrder;

        impl<'de> Visitor<'de> for InOrder {
            type Value = Members;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a record")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        from.deserialize_map(InOrder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize)]
    struct Record {
        name: &'static str,
        id: Option<u8>,
        tags: Vec<&'static str>,
    }

    #[test]
    fn table_keeps_the_order_of_fields_and_aligns_columns() {
        let records = [
            Record { name: "Núñez", id: None, tags: vec!["a", "b"] },
            Record { name: "A", id: Some(7), tags: vec![] },
        ];
        let list = Answer::list(&records).expect("JSON");
        assert_eq!(list.shown(Output::Table), "NAME   ID  TAGS\nNúñez  -   a,b\nA      7");
        let one = Answer::one(&records[0]).expect("JSON");
        assert_eq!(one.shown(Output::Table), "NAME  Núñez\nTAGS  a,b");
        let none: [Record; 0] = [];
        assert_eq!(Answer::list(&none).expect("JSON").shown(Output::Table), "none");
    }
}
