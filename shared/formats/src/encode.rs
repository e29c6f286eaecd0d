//! Writes records as a file: CSV, NDJSON, JSON or a workbook.

use std::borrow::Cow;
use std::io;

use csv::{QuoteStyle, WriterBuilder};
use saldo_domain::date::in_milliseconds;
use saldo_domain::export::{Cell, Column, CsvForm, ExportSpec, Format, Profile, Reader, in_full};
use saldo_domain::money::DecimalSeparator;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::formula;
use crate::workbook::WorkbookWriter;

/// The byte order mark of UTF-8.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// Writes records, a few at a time. The bytes that it returns, joined in order, are the file.
pub struct Encoder<C> {
    format: Format,
    csv: CsvForm,
    workbook: Option<WorkbookWriter>,
    reader: Reader,
    columns: Vec<C>,
    members: Vec<Member>,
    /// Whether the beginning of the file was written.
    begun: bool,
    /// Whether the file has a record.
    any: bool,
}

impl<C: std::fmt::Debug> std::fmt::Debug for Encoder<C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Encoder")
            .field("format", &self.format)
            .field("columns", &self.columns)
            .finish_non_exhaustive()
    }
}

/// A member of the objects of a JSON file.
#[derive(Debug)]
enum Member {
    /// The column with this number.
    Column(&'static str, usize),
    /// A nested object of the columns with these numbers.
    Object(&'static str, Vec<(&'static str, usize)>),
}

impl<C> Encoder<C> {
    /// An encoder of a file with these columns, in this order.
    #[must_use]
    pub fn new<T>(spec: &ExportSpec, columns: Vec<C>) -> Self
    where
        C: Column<T>,
    {
        let ExportSpec { format, profile, csv, as_of, ref subject } = *spec;
        let members = members(columns.iter().map(|column| column.name()));
        let workbook = (format == Format::Xlsx).then(|| WorkbookWriter::new(subject.name()));
        let reader = Reader { as_of, profile };
        Self { format, csv, workbook, reader, columns, members, begun: false, any: false }
    }

    /// Writes the next records.
    ///
    /// # Errors
    /// None in practice: all values of a record can be written.
    pub fn encode<T>(&mut self, records: &[T]) -> io::Result<Vec<u8>>
    where
        C: Column<T>,
    {
        if let Some(workbook) = &mut self.workbook {
            return workbook.encode(&self.columns, records, self.reader);
        }
        let first = !std::mem::replace(&mut self.begun, true);
        match self.format {
            Format::Csv => self.csv(records, first).map_err(io::Error::from),
            Format::Json | Format::Ndjson | Format::Xlsx => {
                self.objects(records, first).map_err(io::Error::from)
            }
        }
    }

    /// Writes the end of the file.
    ///
    /// # Errors
    /// As [`Encoder::encode`].
    pub fn finish<T>(mut self) -> io::Result<Vec<u8>>
    where
        C: Column<T>,
    {
        if let Some(workbook) = self.workbook {
            return workbook.finish(&self.columns, self.reader);
        }
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
        let file = if first && self.csv.bom { MARK.to_vec() } else { Vec::new() };
        let mut csv = WriterBuilder::new();
        csv.delimiter(self.csv.delimiter.byte()).quote_style(QuoteStyle::Necessary);
        let mut csv = csv.from_writer(file);
        if first {
            csv.write_record(self.columns.iter().map(|column| column.name()))?;
        }
        for record in records {
            for column in &self.columns {
                let cell = column.cell(record, self.reader);
                csv.write_field(
                    cell_text(&cell, self.reader.profile, self.csv.decimal_separator).as_bytes(),
                )?;
            }
            csv.write_record(None::<&[u8]>)?;
        }
        csv.into_inner().map_err(|error| error.into_error().into())
    }

    fn objects<T>(&mut self, records: &[T], first: bool) -> serde_json::Result<Vec<u8>>
    where
        C: Column<T>,
    {
        let array = self.format == Format::Json;
        let mut json = if array && first { b"[".to_vec() } else { Vec::new() };
        for record in records {
            if array && std::mem::replace(&mut self.any, true) {
                json.push(b',');
            }
            let cells = self.columns.iter().map(|column| column.cell(record, self.reader)).collect();
            serde_json::to_writer(&mut json, &Object { members: &self.members, cells })?;
            if !array {
                json.push(b'\n');
            }
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
    /// An object without values is null.
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let cells = self.columns.iter().map(|(name, at)| (name, self.cells.get(*at)));
        match cells.clone().all(|(_, cell)| cell.is_none_or(|cell| *cell == Cell::Empty)) {
            true => to.serialize_none(),
            false => to.collect_map(cells),
        }
    }
}

/// A value as the text of a CSV cell.
fn cell_text<'a>(cell: &'a Cell<'_>, profile: Profile, decimal: DecimalSeparator) -> Cow<'a, str> {
    match cell {
        Cell::Empty => Cow::Borrowed(""),
        Cell::Free(text) => match profile {
            Profile::Spreadsheet => formula::guarded(text),
            Profile::Raw => formula::escaped(text),
        },
        Cell::Plain(text) => Cow::Borrowed(text),
        Cell::Amount(amount, _) => decimal.of_point(&amount.to_string()).into_owned().into(),
        Cell::FullAmount(amount, currency) => {
            decimal.of_point(&in_full(*amount, *currency)).into_owned().into()
        }
        Cell::Day(day) => day.to_string().into(),
        Cell::Moment(moment) => in_milliseconds(*moment).into(),
        Cell::Whole(number) => number.to_string().into(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use saldo_domain::account::{Account, AccountField, Contact};
    use saldo_domain::date::Date;
    use saldo_domain::export::Subject;
    use saldo_domain::fields::Patch;
    use saldo_domain::import::{self, AccountUpsert, ImportOptions, Notation, RawRow, RowRules};
    use saldo_domain::money::{Currency, Decimal};
    use serde_json::json;

    use super::*;
    use crate::read;

    /// A text and notes as an import stores them; `None` for texts that it refuses in some fields.
    fn clean(text: &str, notes: Option<&str>) -> Option<(String, Option<String>)> {
        let row = json!({ "contact": { "name": text }, "total_amount": 1, "owner_id": text, "notes": notes });
        let row = RawRow { index: 0, line: None, body: import::RowBody::Json(row.to_string().into()) };
        let upsert = row.check(&import::Shape::Objects, &RowRules::default(), "ARS".parse().ok()?).upsert?;
        let (name, notes) = (upsert.contact.name?.to_string(), upsert.notes.value().map(String::from));
        (upsert.owner_id.value()?.as_str() == name).then_some((name, notes))
    }

    fn account(text: &str, notes: Option<&str>, amount: Decimal) -> Option<Account> {
        let (text, notes) = clean(text, notes)?;
        let text = text.as_str();
        let id = "acc_aaaaaaaaaaaaaaaaaaaaaaaaaa".parse().ok()?;
        let mut account = Account::new(id, -amount, "XAU".parse().ok()?, jiff::Timestamp::UNIX_EPOCH);
        account.identifier = text.parse().ok();
        account.kind = text.chars().take(64).collect::<String>().trim().parse().ok()?;
        account.contact = Some(Contact { name: text.parse().ok()?, phone: None, email: text.parse().ok() });
        account.total_amount = Some(amount);
        account.source_system = text.parse().ok();
        account.owner_id = text.parse().ok();
        account.notes = notes.and_then(|notes| notes.parse().ok());
        Some(account)
    }

    fn spec(format: Format, profile: Profile, csv: CsvForm) -> ExportSpec {
        let subject = Subject::Accounts { filter: Box::default(), columns: Vec::new() };
        ExportSpec { format, profile, csv, as_of: Date::constant(2026, 1, 31), subject }
    }

    fn encoded(spec: &ExportSpec, accounts: &[Account]) -> Vec<u8> {
        let mut encoder = Encoder::new::<Account>(spec, AccountField::ALL.to_vec());
        // In two parts, of which one may be empty.
        let (first, second) = accounts.split_at(accounts.len() / 2);
        let pieces = [first, second].map(|piece| encoder.encode(piece).expect("a piece"));
        [pieces.concat(), encoder.finish::<Account>().expect("an end")].concat()
    }

    /// The rows that an import reads from a file.
    fn imported(format: import::Format, file: &[u8], decimal: DecimalSeparator) -> Vec<AccountUpsert> {
        let currency: Currency = "ARS".parse().expect("a currency");
        let mut upserts = Vec::new();
        let is_comma = decimal == DecimalSeparator::Comma;
        let options = ImportOptions { decimal_separator: is_comma.then_some(decimal), ..Default::default() };
        let notation = Notation { options: Box::new(options), ..Notation::of(format) };
        let shape = read::read(&notation, file, |shape, row: RawRow| {
            upserts.extend(row.check(shape, &notation.rules(), currency).upsert);
            Ok(())
        });
        shape.expect("a readable file");
        upserts
    }

    fn says_the_same(upsert: &AccountUpsert, account: &Account) -> bool {
        fn patch<T: Clone>(value: Option<&T>) -> Patch<T> {
            value.map_or(Patch::Clear, |value| Patch::Set(value.clone()))
        }
        let contact = account.contact.as_ref();
        upsert.id.as_ref() == Some(&account.id)
            && upsert.contact.name.as_ref() == contact.map(|contact| &contact.name)
            && upsert.contact.email == patch(contact.and_then(|contact| contact.email.as_ref()))
            && upsert.total_amount == account.total_amount
            && upsert.balance == Some(account.balance)
            && upsert.kind == Patch::Set(account.kind.clone())
            && upsert.source_system == patch(account.source_system.as_ref())
            && upsert.owner_id == patch(account.owner_id.as_ref())
            && upsert.notes == patch(account.notes.as_ref())
            && upsert.identifier == patch(account.identifier.as_ref())
    }

    proptest! {
        #[test]
        fn exports_import_back(
            locale in prop::option::of(prop::sample::select(vec!["de", "es-AR", "es-MX", "de-CH", "en-US"])),
            delimiter in prop::option::of(prop::sample::select(vec![";", "\t", "|"])),
            texts in prop::collection::vec(("\\PC{1,80}", prop::option::of("(?s).{0,30}")), 1..6),
            mantissa in 0i128..10i128.pow(28),
            scale in 0u32..=28,
        ) {
            let amount = Decimal::from_i128_with_scale(mantissa, scale).normalize();
            let accounts: Vec<Account> =
                texts.iter().filter_map(|(text, notes)| account(text, notes.as_deref(), amount)).collect();
            prop_assume!(!accounts.is_empty());
            let files = [(Format::Ndjson, import::Format::Ndjson), (Format::Xlsx, import::Format::Xlsx)];
            for (format, read_as) in files {
                let file = encoded(&spec(format, Profile::Raw, CsvForm::default()), &accounts);
                assert_same(&imported(read_as, &file, DecimalSeparator::Point), &accounts);
            }
            let locale = locale.and_then(|tag| tag.parse().ok());
            let csv = CsvForm::of(locale, delimiter.and_then(|text| text.parse().ok()), None, None);
            for profile in [Profile::Raw, Profile::Spreadsheet] {
                let file = encoded(&spec(Format::Csv, profile, csv), &accounts);
                assert_same(&imported(import::Format::Csv, &file, csv.decimal_separator), &accounts);
            }
            let [array, lines] =
                [Format::Json, Format::Ndjson].map(|format| encoded(&spec(format, Profile::Raw, csv), &accounts));
            let array: Vec<serde_json::Value> = serde_json::from_slice(&array).expect("JSON");
            let lines = String::from_utf8(lines).expect("text");
            let lines: Vec<serde_json::Value> =
                lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
            prop_assert_eq!(array, lines);
        }
    }

    #[track_caller]
    fn assert_same(upserts: &[AccountUpsert], accounts: &[Account]) {
        assert_eq!(upserts.len(), accounts.len());
        for (upsert, account) in upserts.iter().zip(accounts) {
            assert!(says_the_same(upsert, account), "{upsert:?}\n{account:?}");
        }
    }

    #[test]
    fn spreadsheet_profile_guards_free_text_only() {
        fn text_of(cell: &Cell<'_>, profile: Profile) -> String {
            cell_text(cell, profile, DecimalSeparator::Point).into_owned()
        }
        let amount = Cell::Amount(Decimal::new(-4_500_050, 2), "EUR".parse().expect("a currency"));
        for text in ["=1+1", "+1", "-1", "@SUM(A1)", "＝1", "=\"x\"&1"] {
            assert_eq!(text_of(&Cell::Free(text), Profile::Spreadsheet), format!("'{text}"), "{text:?}");
            assert_eq!(text_of(&Cell::Free(text), Profile::Raw), text);
        }
        assert_eq!(text_of(&Cell::Free("a;=1"), Profile::Spreadsheet), "a;'=1");
        assert_eq!(text_of(&Cell::Free("'=1"), Profile::Raw), "''=1");
        // An import would take the text out of the formula.
        assert_eq!(text_of(&Cell::Free("=\"x\""), Profile::Raw), "'=\"x\"");
        for text in ["'quoted", "1-1", " =1", "a=b", "Ana", "|cmd"] {
            assert_eq!(text_of(&Cell::Free(text), Profile::Spreadsheet), text);
        }
        assert_eq!(text_of(&Cell::Plain("+5491155551234".into()), Profile::Spreadsheet), "+5491155551234");
        assert_eq!(text_of(&amount, Profile::Spreadsheet), "-45000.50");
        assert_eq!(cell_text(&amount, Profile::Spreadsheet, DecimalSeparator::Comma), "-45000,50");
        assert_eq!(text_of(&Cell::Whole(-3), Profile::Spreadsheet), "-3");
    }
}
