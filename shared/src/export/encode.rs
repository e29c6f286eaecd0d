//! Records in a file's notation.

use csv::{QuoteStyle, WriterBuilder};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::{Cell, Column, Format, Profile};
use crate::date::Date;
use crate::failure::Failure;

/// Writes records, a few at a time, in a file's notation. What it returns, one after the
/// other, is the file.
#[derive(Debug)]
pub struct Encoder<C> {
    format: Format,
    profile: Profile,
    as_of: Date,
    columns: Vec<C>,
    members: Vec<Member>,
    begun: bool,
}

/// A member of the objects of a JSON file.
#[derive(Debug)]
enum Member {
    /// The column of this number.
    Column(&'static str, usize),
    /// An object of its own, with the columns of these numbers.
    Object(&'static str, Vec<(&'static str, usize)>),
}

impl<C> Encoder<C> {
    /// An encoder of a file that tells of each record what `columns` tell, in their order.
    #[must_use]
    pub fn new<T>(format: Format, profile: Profile, as_of: Date, columns: Vec<C>) -> Self
    where
        C: Column<T>,
    {
        let members = members(columns.iter().map(|column| column.name()));
        Self { format, profile, as_of, columns, members, begun: false }
    }

    /// The next records.
    ///
    /// # Errors
    /// [`Failure`] never happens: what records hold can be written.
    pub fn encode<T>(&mut self, records: &[T]) -> Result<Vec<u8>, Failure>
    where
        C: Column<T>,
    {
        let first = !std::mem::replace(&mut self.begun, true);
        match self.format {
            Format::Csv => self.csv(records, first).map_err(Failure::corrupt("an exported record")),
            Format::Json | Format::Ndjson => {
                self.objects(records, first).map_err(Failure::corrupt("an exported record"))
            }
        }
    }

    /// The end of the file.
    ///
    /// # Errors
    /// As [`Encoder::encode`].
    pub fn finish<T>(mut self) -> Result<Vec<u8>, Failure>
    where
        C: Column<T>,
    {
        let mut end = if self.begun { Vec::new() } else { self.encode(&[])? };
        if self.format == Format::Json {
            end.extend(b"]");
        }
        Ok(end)
    }

    fn csv<T>(&self, records: &[T], first: bool) -> Result<Vec<u8>, csv::Error>
    where
        C: Column<T>,
    {
        let mut csv = WriterBuilder::new().quote_style(QuoteStyle::Necessary).from_writer(Vec::new());
        if first {
            csv.write_record(self.columns.iter().map(|column| column.name()))?;
        }
        for record in records {
            for column in &self.columns {
                csv.write_field(column.cell(record, self.as_of).text(self.profile).as_bytes())?;
            }
            csv.write_record(None::<&[u8]>)?;
        }
        csv.into_inner().map_err(|error| error.into_error().into())
    }

    fn objects<T>(&self, records: &[T], first: bool) -> serde_json::Result<Vec<u8>>
    where
        C: Column<T>,
    {
        let (before_first, before, after): (&[u8], &[u8], &[u8]) = match self.format {
            Format::Json => (if first { b"[" } else { b"," }, b",", b""),
            Format::Csv | Format::Ndjson => (b"", b"", b"\n"),
        };
        // An array with nothing in it begins, too.
        let mut json = if records.is_empty() && !first { Vec::new() } else { before_first.to_vec() };
        for (at, record) in records.iter().enumerate() {
            json.extend(if at == 0 { b"" } else { before });
            let cells = self.columns.iter().map(|column| column.cell(record, self.as_of)).collect();
            serde_json::to_writer(&mut json, &Object { members: &self.members, cells })?;
            json.extend(after);
        }
        Ok(json)
    }
}

fn members(names: impl Iterator<Item = &'static str>) -> Vec<Member> {
    let mut members: Vec<Member> = Vec::new();
    for (at, name) in names.enumerate() {
        let Some((object, name)) = name.split_once('.') else {
            members.push(Member::Column(name, at));
            continue;
        };
        let same = members.iter_mut().find_map(|member| match member {
            Member::Object(other, columns) if *other == object => Some(columns),
            _ => None,
        });
        match same {
            Some(columns) => columns.push((name, at)),
            None => members.push(Member::Object(object, vec![(name, at)])),
        }
    }
    members
}

struct Object<'a> {
    members: &'a [Member],
    cells: Vec<Cell<'a>>,
}

struct Nested<'a> {
    columns: &'a [(&'static str, usize)],
    cells: &'a [Cell<'a>],
}

impl Serialize for Object<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut object = to.serialize_map(Some(self.members.len()))?;
        for member in self.members {
            match member {
                Member::Column(name, at) => object.serialize_entry(name, &self.cells.get(*at))?,
                Member::Object(name, columns) => {
                    object.serialize_entry(name, &Nested { columns, cells: &self.cells })?;
                }
            }
        }
        object.end()
    }
}

impl Serialize for Nested<'_> {
    /// An object that has nothing to tell is null.
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let cells = self.columns.iter().map(|(name, at)| (name, self.cells.get(*at)));
        match cells.clone().all(|(_, cell)| cell.is_none_or(|cell| *cell == Cell::Empty)) {
            true => to.serialize_none(),
            false => to.collect_map(cells),
        }
    }
}
