//! Files as other programs export them. What they are written in is found out, or has to be chosen and is not guessed; and
//! the proposed options import them with the right amounts and dates. `README.md` names the sources of the layouts.

mod programs;

use std::path::Path;

use jiff::Timestamp;
use saldo_domain::date::Date;
use saldo_domain::fields::Patch;
use saldo_domain::id::OrgId;
use saldo_domain::import::{AccountUpsert, Format, ImportOptions, Notation, RowDefaults};
use saldo_domain::money::{Currency, DecimalSeparator, ThousandsSeparator};
use saldo_formats::preview::{Beginning, Preview, Setting, preview};
use saldo_formats::read;

use programs::EXPORTS;

fn content(file: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/exports/files").join(file);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn previewed(content: &[u8], options: &ImportOptions) -> Preview {
    let org: OrgId = "org_aaaaaaaaaaaaaaaa".parse().expect("an id");
    let day = Date::constant(2026, 1, 1);
    let defaults = RowDefaults { currency: default_currency(), as_of: day, as_of_max: day, amounts: None };
    let setting = Setting { org: &org, defaults, now: Timestamp::UNIX_EPOCH };
    let beginning = Beginning { bytes: content, is_whole: true, gzip: false };
    preview(beginning, Format::Csv, options, setting).expect("a preview")
}

fn default_currency() -> Currency {
    "USD".parse().expect("a currency")
}

/// The decimal separator and the one of thousands that were found.
fn separators(preview: &Preview) -> String {
    let decimal = preview.detected.decimal_separator.map_or('_', DecimalSeparator::character);
    let thousands = preview.detected.thousands_separator.map_or('_', ThousandsSeparator::character);
    format!("{decimal}{thousands}")
}

/// What the caller has to choose.
fn open(preview: &Preview) -> Vec<&'static str> {
    let ambiguous = preview.ambiguities.iter().map(|ambiguity| ambiguity.option);
    ambiguous.chain(preview.missing.iter().map(|field| field.name())).collect()
}

/// The rows that an import with the options stores, and the number of refused ones.
fn imported(content: &[u8], options: &ImportOptions) -> (Vec<[String; 4]>, usize) {
    let notation = Notation::with(options.clone(), Format::Csv, false).expect("valid options");
    let (mut stored, mut refused) = (Vec::new(), 0);
    let read = read::read(&notation, content, |shape, row| {
        match row
            .check(shape, &notation.rules(), default_currency())
            .upsert
            .filter(AccountUpsert::is_complete)
        {
            Some(upsert) => stored.push(shown(&upsert)),
            None => refused += 1,
        }
        Ok(())
    });
    read.expect("readable");
    (stored, refused)
}

fn shown(upsert: &AccountUpsert) -> [String; 4] {
    let due = match upsert.due_date {
        Patch::Set(date) => date.to_string(),
        Patch::Keep | Patch::Clear => String::new(),
    };
    let id = upsert.external_id.as_ref().map(ToString::to_string).unwrap_or_default();
    let name = upsert.contact.name.as_ref().map(ToString::to_string).unwrap_or_default();
    [id, name, upsert.total_amount.unwrap_or_default().normalize().to_string(), due]
}

#[test]
fn exports_of_other_programs_are_understood() {
    let mut right = 0;
    for export in &EXPORTS {
        let (file, content) = (export.file, content(export.file));
        let first = previewed(&content, &ImportOptions::default());
        assert_eq!(open(&first), export.open, "{file}: {first:#?}");
        right += usize::from(first.ambiguities.is_empty());

        let answer: ImportOptions = serde_json::from_str(export.answer).expect("options");
        let preview = previewed(&content, &answer);
        assert_eq!(open(&preview), [""; 0], "{file}");
        let found = &preview.detected;
        let written = (found.encoding, found.delimiter, found.header_line);
        assert_eq!(
            written,
            (Some(export.encoding), Some(export.delimiter), Some(export.header_line)),
            "{file}"
        );
        let dates = found.date_format.map(|format| format.to_string()).unwrap_or_default();
        assert_eq!(
            (separators(&preview).as_str(), dates.as_str()),
            (export.separators, export.dates),
            "{file}"
        );

        let (rows, refused) = imported(&content, &preview.options);
        assert_eq!(rows, export.rows, "{file}: {:#?}", preview.options);
        assert_eq!(refused, export.refused, "{file}");
        assert_eq!(
            (preview.rows.read, preview.rows.refused),
            (rows.len() as u64 + refused as u64, refused as u64)
        );
        let shown = preview.rows.first.iter().filter(|row| row.account.is_some()).count();
        assert_eq!(shown, rows.len(), "{file}");
    }
    println!("{right} of {} are proven, the others have choices", EXPORTS.len());
    assert!(right >= 28, "{right}");
}

#[test]
fn all_files_are_in_the_table() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/exports/files");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8"))
        .collect();
    let mut listed: Vec<_> = EXPORTS.iter().map(|export| export.file.to_owned()).collect();
    files.sort();
    listed.sort();
    assert_eq!(files, listed);
}
