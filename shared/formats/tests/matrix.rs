//! Files in every combination of date formats, number formats, encodings, delimiters and positions of the header. With
//! their options they are read as what they were written from. Without options a row is the same, or is refused, or only
//! its texts differ, and then the encoding was assumed.
//!
//! A few hundred files of pseudo-random combinations; `SALDO_MATRIX=2000` sets their number.

use encoding_rs::{Encoding, UTF_8, UTF_16LE, WINDOWS_1250, WINDOWS_1252};
use saldo_domain::date::Date;
use saldo_domain::fields::Patch;
use saldo_domain::import::{
    AccountField, AccountUpsert, ColumnChoice, ColumnRef, DateFormat, Format, ImportOptions, Notation,
};
use saldo_domain::money::{Currency, Decimal};
use saldo_formats::read::{self, ReadError};

const FILES: u32 = 300;
const DATES: [&str; 9] = [
    "YYYY-MM-DD",
    "DD.MM.YYYY",
    "MM/DD/YYYY",
    "DD/MM/YYYY",
    "DD/MM/YY",
    "D.M.YYYY",
    "M/D/YYYY",
    "YYYYMMDD",
    "serial",
];
/// The decimal separator, and the separator of thousands as the option names it and as the file has it.
const NUMBERS: [(&str, &str, &str); 8] = [
    (".", "", ""),
    (",", "", ""),
    (",", ".", "."),
    (".", ",", ","),
    (".", "'", "'"),
    (",", " ", " "),
    (",", " ", "\u{a0}"),
    (".", "'", "\u{2019}"),
];
const DELIMITERS: [&str; 4] = [",", ";", "\t", "|"];
/// A byte order mark and an encoding, with names that it can write.
const ENCODINGS: [(&str, &Encoding, [&str; 3]); 6] = [
    ("", UTF_8, ["Müller & Söhne", "Łódź, ul. Żółwia 5", "李 \"Ana\"; x"]),
    ("\u{feff}", UTF_8, ["Ñandú", "Straße|5", "Žofie"]),
    ("\u{feff}", UTF_16LE, ["Ñandú", "Straße|5", "李"]),
    ("", WINDOWS_1252, ["Müller & Söhne", "Núñez, \"Ana\"", "Straße; 5"]),
    ("", WINDOWS_1250, ["Łódź Świętokrzyska", "Żółwia, 5", "Dvořák"]),
    ("", WINDOWS_1252, ["Meyer", "Smith, J.", "O'Brien"]),
];
/// Lines before the header.
const PREAMBLES: [&[&str]; 5] =
    [&[], &["Open items"], &["Konto{d}123", "", "Stand{d}30.06.2026{d}1.234,56"], &["sep={d}"], &["", ""]];
const HEADERS: [[&str; 5]; 2] = [
    ["external_id", "contact.name", "total_amount", "currency", "due_date"],
    ["Beleg", "Kunde", "Betrag (offen)", "Währung", "Fällig am"],
];

/// A row as it was meant.
#[derive(Debug, PartialEq)]
struct Row {
    external_id: String,
    name: String,
    amount: Decimal,
    currency: &'static str,
    due: Date,
}

/// Numerical Recipes' generator.
struct Random(u32);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.0 >> 8) as usize % bound
    }

    fn of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }
}

struct File {
    bytes: Vec<u8>,
    options: ImportOptions,
    rows: Vec<Row>,
    is_legacy: bool,
    about: String,
}

fn rows(random: &mut Random, names: &[&str], writes_thousands: bool) -> Vec<Row> {
    let number = 1 + random.below(7);
    let row = |nth: usize| {
        // Without options, a point in KWD is a decimal one.
        let currencies: &[(&str, u32)] =
            if writes_thousands { &[("EUR", 2), ("JPY", 0)] } else { &[("EUR", 2), ("JPY", 0), ("KWD", 3)] };
        let (currency, places) = *random.of(currencies);
        let units =
            [7, 999, 25_000, 1_000, 123_456, 2_500_000, 1_234_567_890][random.below(7)] + random.below(2);
        let days = random.below(25_000);
        let since = Date::constant(1980, 1, 1);
        Row {
            external_id: format!("{:05}", 100 * nth + random.below(100)),
            name: (*random.of(names)).to_owned(),
            amount: Decimal::new(i64::try_from(units).expect("small"), places).normalize(),
            currency,
            due: since
                .checked_add(jiff::Span::new().days(i64::try_from(days).expect("few")))
                .expect("a date"),
        }
    };
    (0..number).map(row).collect()
}

fn written(amount: Decimal, currency: &str, (decimal, thousands): (&str, &str), style: usize) -> String {
    let places = currency.parse::<Currency>().expect("a currency").decimal_places().expect("places");
    let mut amount = amount;
    amount.rescale(places);
    let plain = amount.to_string();
    let (whole, fraction) = plain.split_once('.').map_or((plain.as_str(), None), |(w, f)| (w, Some(f)));
    let mut digits = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at) % 3 == 0 {
            digits.push_str(thousands);
        }
        digits.push(digit);
    }
    if let Some(fraction) = fraction {
        digits = format!("{digits}{decimal}{fraction}");
    }
    match style {
        0 => format!("{digits} {currency}"),
        1 => format!("{currency} {digits}"),
        _ => digits,
    }
}

fn quoted(cell: &str, delimiter: &str) -> String {
    if cell.contains(delimiter) || cell.contains('"') {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}

fn encoded(text: &str, mark: &str, encoding: &'static Encoding) -> Vec<u8> {
    if encoding == UTF_16LE {
        return format!("{mark}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    }
    let (bytes, _, has_unmappable) = encoding.encode(text);
    assert!(!has_unmappable, "{text} in {}", encoding.name());
    [mark.as_bytes(), &bytes].concat()
}

fn file(seed: u32) -> File {
    let mut random = Random(seed.wrapping_mul(2_654_435_761));
    random.below(2);
    let date = *random.of(&DATES);
    let (decimal, thousands, in_file) = *random.of(&NUMBERS);
    let delimiter = *random.of(&DELIMITERS);
    let (mark, encoding, names) = *random.of(&ENCODINGS);
    let preamble = *random.of(&PREAMBLES);
    let header = *random.of(&HEADERS);
    // U+2019 is not in every encoding, and a header may have letters that are not.
    let in_file = if encoding.encode(in_file).2 { thousands } else { in_file };
    let format: DateFormat = date.parse().expect("a format");
    let rows = rows(&mut random, &names, !in_file.is_empty());
    let (style, protects) = (random.below(4), random.below(3) == 0);
    let breaks = if random.below(2) == 0 { "\n" } else { "\r\n" };
    let mut lines: Vec<String> = preamble.iter().map(|line| line.replace("{d}", delimiter)).collect();
    lines.push(header.map(|cell| quoted(cell, delimiter)).join(delimiter));
    for row in &rows {
        let id = if protects { format!("=\"{}\"", row.external_id) } else { row.external_id.clone() };
        let amount = written(row.amount, row.currency, (decimal, in_file), style);
        let cells = [&id, &row.name, &amount, &row.currency.to_lowercase(), &format.write(row.due)];
        lines.push(cells.map(|cell| quoted(cell, delimiter)).join(delimiter));
    }
    lines.push(delimiter.repeat(4));
    let about = format!(
        "{seed}: {date} {decimal}{thousands} {delimiter:?} {} {preamble:?} {header:?}\n{lines:#?}",
        encoding.name()
    );
    let fields = ["external_id", "contact.name", "total_amount", "currency", "due_date"];
    let choices = header.iter().zip(fields).map(|(from, to)| ColumnChoice {
        from: ColumnRef::Header((*from).to_owned()),
        to: AccountField::named(to).expect("a field"),
    });
    let options = ImportOptions {
        columns: Some(choices.collect()),
        decimal_separator: Some(decimal.parse().expect("a separator")),
        thousands_separator: (!thousands.is_empty()).then(|| thousands.parse().expect("a separator")),
        date_format: Some(format),
        encoding: Some(encoding.name().parse().expect("a label")),
        ..ImportOptions::default()
    };
    let text = lines.join(breaks) + breaks;
    File {
        bytes: encoded(&text, mark, encoding),
        options,
        rows,
        is_legacy: !matches!(encoding.name(), "UTF-8" | "UTF-16LE"),
        about,
    }
}

/// The rows of a file, `None` for those that are refused, and the encoding that was assumed.
fn imported(
    file: &[u8],
    options: &ImportOptions,
) -> Result<(Vec<Option<AccountUpsert>>, Option<&'static str>), String> {
    let notation = Notation::with(options.clone(), Format::Csv, false).expect("valid options");
    let default: Currency = "ARS".parse().expect("a currency");
    let mut raw = Vec::new();
    let contents = read::read(&notation, file, |shape, row| {
        raw.push((shape.clone(), row));
        Ok(())
    });
    let contents = contents.map_err(|error: ReadError| error.to_string())?;
    let rules = notation.rules();
    let rules = if contents.assumed_encoding.is_some() { rules.with_assumed_encoding() } else { rules };
    let rows = raw.iter().map(|(shape, row)| row.check(shape, &rules, default).upsert);
    Ok((rows.collect(), contents.assumed_encoding))
}

fn name_of(upsert: &AccountUpsert) -> Option<&str> {
    upsert.contact.name.as_ref().map(saldo_domain::text::Text::as_str)
}

fn is_same(row: &Row, upsert: &AccountUpsert) -> bool {
    upsert.external_id.as_ref().is_some_and(|id| id.as_str() == row.external_id)
        && upsert.total_amount == Some(row.amount)
        && matches!(upsert.currency, Patch::Set(currency) if currency.code() == row.currency)
        && upsert.due_date == Patch::Set(row.due)
}

#[test]
fn files_are_read_as_they_were_meant_or_refused() {
    let files = std::env::var("SALDO_MATRIX").ok().and_then(|files| files.parse().ok()).unwrap_or(FILES);
    let (mut same, mut refused) = (0, 0);
    for seed in 0..files {
        let file = file(seed);
        let (rows, _) =
            imported(&file.bytes, &file.options).unwrap_or_else(|error| panic!("{error}\n{}", file.about));
        assert_eq!(rows.len(), file.rows.len(), "{}", file.about);
        for (row, upsert) in file.rows.iter().zip(&rows) {
            let upsert = upsert.as_ref().unwrap_or_else(|| panic!("refused: {row:?}\n{}", file.about));
            assert!(
                is_same(row, upsert) && name_of(upsert) == Some(row.name.as_str()),
                "{row:?} was {upsert:?}\n{}",
                file.about
            );
        }
        let Ok((rows, assumed)) = imported(&file.bytes, &ImportOptions::default()) else {
            refused += file.rows.len();
            continue;
        };
        assert_eq!(rows.len(), file.rows.len(), "{}", file.about);
        for (row, upsert) in file.rows.iter().zip(&rows) {
            // No account of these rows exists, so an incomplete row is refused when it is written.
            let Some(upsert) = upsert.as_ref().filter(|upsert| upsert.is_complete()) else {
                refused += 1;
                continue;
            };
            same += 1;
            assert!(is_same(row, upsert), "without options, {row:?} was {upsert:?}\n{}", file.about);
            let has_same_text = name_of(upsert) == Some(row.name.as_str());
            assert!(
                has_same_text || (file.is_legacy && assumed.is_some()),
                "{row:?} was {upsert:?}\n{}",
                file.about
            );
        }
    }
    println!("{files} files; without options {same} rows were read and {refused} refused");
    assert!(same > 0 && refused > 0);
}
