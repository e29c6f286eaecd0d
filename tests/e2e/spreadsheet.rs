//! Exports in LibreOffice, which runs no formula and reads every number as a number. The tests are
//! ignored by default because they need LibreOffice (Debian: `libreoffice-calc-nogui`). Run them with
//! `cargo test --workspace --test e2e spreadsheet -- --ignored`.

use std::path::Path;
use std::process::Command;

use calamine::{Data, DataType, Ods, Range, Reader, open_workbook};
use serde_json::{Value, json};
use testing::{Tenant, saldo};

/// Texts that begin like a formula, and others.
const TEXTS: [&str; 12] = [
    "=1+1",
    "=HYPERLINK(\"http://example.com\",\"x\")",
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-1+1",
    "@SUM(A1:A9)",
    "\t=1+1",
    "'=1+1",
    "plain",
    "comma, \"quote\"\nand line",
    "1,5 kg",
    "=",
];
/// Their amounts, in turn.
const AMOUNTS: [&str; 4] = ["45000.50", "0", "0.01", "12345678901234567890123456.78"];

/// The filter of LibreOffice for a CSV file in UTF-8, with this delimiter, in the language with this number (LCID).
fn filter(delimiter: u8, language: u32) -> String {
    format!("CSV:{delimiter},34,76,1,,{language}")
}

/// The language of programs: no separators but commas, decimal points.
const ENGLISH: u32 = 1033;

/// The cells and the formulas of a file, as LibreOffice reads it.
fn open(name: &str, content: &[u8], filter: Option<&str>, directory: &Path) -> (Range<Data>, Vec<String>) {
    std::fs::write(directory.join(name), content).expect("a file");
    let mut libreoffice = Command::new("libreoffice");
    libreoffice
        .arg("--headless")
        .arg(format!("-env:UserInstallation=file://{}/profile", directory.display()));
    if let Some(filter) = filter {
        libreoffice.arg(format!("--infilter={filter}"));
    }
    let converted = libreoffice
        .args(["--convert-to", "ods", "--outdir"])
        .arg(directory)
        .arg(directory.join(name))
        .output()
        .expect("LibreOffice is installed");
    assert!(converted.status.success(), "{converted:?}");
    let converted = directory.join(name).with_extension("ods");
    let mut book: Ods<_> = open_workbook(converted).expect("what LibreOffice wrote");
    let cells = book.worksheet_range_at(0).expect("a sheet").expect("its cells");
    let sheet = book.sheet_names()[0].clone();
    let formulas = book.worksheet_formula(&sheet).expect("its formulas");
    let formulas = formulas.used_cells().map(|(_, _, formula)| formula.clone()).collect();
    (cells, formulas)
}

/// Imports accounts with texts that are hard for spreadsheets.
async fn seed(tenant: &Tenant) {
    let row = |(n, text): (usize, &&str)| {
        // Names can't have line breaks or tabs.
        let name = text.replace(['\t', '\n'], " ");
        json!({
            "external_id": format!("{text} {n}").replace(['\t', '\n'], " "), "total_amount": AMOUNTS[n % AMOUNTS.len()],
            "contact": { "name": name, "phone": "+5491155551234", "email": name }, "due_date": "2026-01-15",
            "status": name, "type": name, "campaign_id": name, "owner_id": name, "source_system": name, "notes": text
        })
    };
    let rows: Vec<Value> = TEXTS.iter().enumerate().map(row).collect();
    assert_eq!(tenant.import_rows(json!(rows)).await["imported"], TEXTS.len());
}

/// The amounts in a column, sorted.
fn amounts(cells: &Range<Data>) -> Vec<f64> {
    let header = cells.rows().next().expect("a header");
    let column =
        header.iter().position(|name| *name == Data::String("total_amount".to_owned())).expect("amounts");
    let mut read: Vec<f64> = cells.rows().skip(1).filter_map(|row| row[column].get_float()).collect();
    read.sort_by(f64::total_cmp);
    read
}

/// The amounts of all accounts, sorted.
fn expected_amounts() -> Vec<f64> {
    let mut expected: Vec<f64> =
        (0..TEXTS.len()).filter_map(|n| AMOUNTS[n % AMOUNTS.len()].parse().ok()).collect();
    expected.sort_by(f64::total_cmp);
    expected
}

fn are_close(read: &[f64], expected: &[f64]) -> bool {
    let close = |(a, b): (&f64, &f64)| (a - b).abs() <= b.abs() * 1e-14;
    read.len() == expected.len() && read.iter().zip(expected).all(close)
}

/// Checks that numbers are numbers and texts are texts.
fn assert_typed(cells: &Range<Data>, what: &Value) {
    let header: Vec<String> =
        cells.rows().next().expect("a header").iter().map(ToString::to_string).collect();
    assert_eq!(cells.height(), TEXTS.len() + 1, "{what}");
    for row in cells.rows().skip(1) {
        for (name, cell) in header.iter().zip(row) {
            match name.as_str() {
                "total_amount" | "balance" | "days_past_due" => {
                    assert!(matches!(cell, Data::Float(_) | Data::Int(_)), "{what} {name}: {cell:?}");
                }
                "contact.name" | "status" | "notes" | "external_id" => {
                    assert!(matches!(cell, Data::String(_)), "{what} {name}: {cell:?}");
                }
                _ => {}
            }
        }
    }
}

#[tokio::test]
#[ignore = "needs LibreOffice"]
async fn spreadsheet_runs_no_formula_and_reads_numbers() {
    let tenant = saldo().await.tenant().await;
    seed(&tenant).await;
    let directory = tempfile::tempdir().expect("a directory");
    let raw = tenant.export("accounts", json!({ "format": "csv", "profile": "raw" })).await.bytes;
    let (_, formulas) = open("raw.csv", &raw, Some(&filter(b',', ENGLISH)), directory.path());
    assert!(
        !formulas.is_empty(),
        "LibreOffice must run formulas of the raw profile, or this test proves nothing"
    );

    // Each form with the language whose settings it is for.
    for (n, (request, delimiter, language)) in [
        (json!({}), b',', ENGLISH),
        (json!({ "locale": "de" }), b';', 1031),
        (json!({ "locale": "es-AR" }), b';', 11274),
        (json!({ "locale": "fr" }), b';', 1036),
        (json!({ "locale": "pt-BR" }), b';', 1046),
        (json!({ "locale": "en-GB" }), b',', 2057),
        (json!({ "locale": "es-MX" }), b',', 2058),
        (json!({ "locale": "de-CH" }), b';', 2055),
        (json!({ "delimiter": "\t" }), b'\t', ENGLISH),
        (json!({ "delimiter": "|", "decimal_separator": ",", "bom": true }), b'|', 1031),
    ]
    .into_iter()
    .enumerate()
    {
        let mut request = request;
        request["format"] = json!("csv");
        let file = tenant.export("accounts", request.clone()).await.bytes;
        let name = format!("{n}.csv");
        let (cells, formulas) = open(&name, &file, Some(&filter(delimiter, language)), directory.path());
        assert_eq!(formulas, Vec::<String>::new(), "{request}");
        assert_typed(&cells, &request);
        let read = amounts(&cells);
        assert!(are_close(&read, &expected_amounts()), "{request} {read:?}");
    }
}

#[tokio::test]
#[ignore = "needs LibreOffice"]
async fn workbook_opens_with_numbers_dates_and_texts() {
    let tenant = saldo().await.tenant().await;
    seed(&tenant).await;
    let directory = tempfile::tempdir().expect("a directory");
    let columns = json!([
        "external_id",
        "contact.name",
        "status",
        "total_amount",
        "due_date",
        "days_past_due",
        "notes"
    ]);
    let request = json!({ "format": "xlsx", "columns": columns, "filters": { "max_amount": 1_000_000 } });
    let file = tenant.export("accounts", request.clone()).await.bytes;
    let (cells, formulas) = open("export.xlsx", &file, None, directory.path());
    assert_eq!(formulas, Vec::<String>::new());
    let small: Vec<f64> = expected_amounts().into_iter().filter(|amount| *amount < 1e6).collect();
    assert_eq!(amounts(&cells), small);
    for row in cells.rows().skip(1) {
        assert!(row[..3].iter().all(|cell| matches!(cell, Data::String(_))), "{row:?}");
        assert!(matches!(&row[4], Data::DateTimeIso(day) if day.starts_with("2026-01-15")), "{row:?}");
        assert!(TEXTS.iter().any(|text| row[6].to_string() == text.replace("'=", "''=")), "{row:?}");
    }
}
