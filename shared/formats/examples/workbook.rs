//! Writes many accounts as a workbook, or reads a workbook as an import does, and prints rows a second and the peak of memory:
//! `cargo run --release --package saldo-formats --example workbook -- write 200000 list.xlsx`, and `-- read list.xlsx`.
//!
//! `.ci/workbooks` compares with other programs what is written, also as NDJSON (`write 100 list.ndjson`), and what is read
//! (`cells list.xlsx`, which prints the texts of each row as JSON).

use std::error::Error;
use std::fs::File;
use std::io::Write;
use std::time::Instant;

use saldo_domain::account::{Account, AccountField, Contact};
use saldo_domain::date::Date;
use saldo_domain::export::{CsvForm, ExportSpec, Format, Profile, Subject};
use saldo_domain::import::{self, Notation, RawRow, RowBody};
use saldo_domain::money::Decimal;
use saldo_formats::Encoder;
use saldo_formats::read::read_workbook;

/// The accounts that are encoded at once, as in an export.
const RECORDS_PER_PIECE: u32 = 500;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let begun = Instant::now();
    let rows = match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["write", rows, file] => {
            let format = if file.ends_with(".ndjson") { Format::Ndjson } else { Format::Xlsx };
            write(rows.parse()?, format, File::create(file)?)?
        }
        ["read", file] => read(File::open(file)?, |_| {})?,
        ["cells", file] => return read(File::open(file)?, print).map(drop),
        _ => return Err("expected write ROWS FILE, read FILE, or cells FILE".into()),
    };
    let seconds = begun.elapsed().as_secs_f64();
    println!(
        "{rows} rows in {seconds:.1} s, {:.0} rows a second, peak of memory {}",
        rows as f64 / seconds,
        peak()
    );
    Ok(())
}

fn write(rows: u32, format: Format, mut file: File) -> Result<u64, Box<dyn Error>> {
    let subject = Subject::Accounts { filter: Box::default(), columns: Vec::new() };
    let (profile, csv) = (Profile::Raw, CsvForm::default());
    let spec = ExportSpec { format, profile, csv, as_of: Date::constant(2026, 1, 31), subject };
    let mut encoder = Encoder::new::<Account>(&spec, AccountField::ALL.to_vec());
    for first in (0..rows).step_by(RECORDS_PER_PIECE as usize) {
        let last = rows.min(first + RECORDS_PER_PIECE);
        let accounts = (first..last).map(account).collect::<Result<Vec<_>, _>>()?;
        file.write_all(&encoder.encode(&accounts)?)?;
    }
    file.write_all(&encoder.finish::<Account>()?)?;
    Ok(rows.into())
}

fn account(number: u32) -> Result<Account, Box<dyn Error>> {
    let amount = Decimal::new(100 + i64::from(number) * 37, 2);
    let mut account = Account::new(
        "acc_aaaaaaaaaaaaaaaaaaaaaaaaaa".parse()?,
        -amount,
        "EUR".parse()?,
        jiff::Timestamp::UNIX_EPOCH,
    );
    account.external_id = Some(format!("INV-2026-{number:07}").parse()?);
    let name = format!("Customer {} GmbH", number / 3).parse()?;
    account.contact =
        Some(Contact { name, phone: None, email: format!("c{number}@example.com").parse().ok() });
    account.total_amount = Some(amount);
    account.due_date = Some(Date::constant(2026, 1, 31));
    let notes = match number % 5 {
        0 => format!("Invoice {number}, second reminder"),
        1 => "=1+1".to_owned(),
        2 => "<a> & \"b\" _x000D_".to_owned(),
        3 => "two\nlines\tand a tab".to_owned(),
        _ => " blanks ".to_owned(),
    };
    account.notes = Some(notes.parse()?);
    Ok(account)
}

fn read(file: File, see: impl Fn(&RawRow)) -> Result<u64, Box<dyn Error>> {
    let mut rows = 0;
    read_workbook(&Notation::of(import::Format::Xlsx), file, |_, row| {
        rows += 1;
        see(&row);
        Ok(())
    })?;
    Ok(rows)
}

fn print(row: &RawRow) {
    if let RowBody::Cells(cells) = &row.body {
        println!("{}", serde_json::json!(cells.iter().collect::<Vec<_>>()));
    }
}

/// The most memory that the process has had, as Linux tells it.
fn peak() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    peak.map_or_else(|| "unknown".to_owned(), |peak| peak.trim().to_owned())
}
