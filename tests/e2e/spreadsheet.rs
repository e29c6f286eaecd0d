//! An export in LibreOffice, which runs no formula and reads every number as a number. The test is
//! ignored by default because it needs LibreOffice (Debian: `libreoffice-calc-nogui`). Run it with
//! `cargo test --workspace --test e2e spreadsheet -- --ignored`.

use std::path::Path;
use std::process::Command;

use calamine::{Data, DataType, Ods, Range, Reader, open_workbook};
use serde_json::{Value, json};
use testing::saldo;

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
    "1,5",
    "=",
];

/// The cells and the formulas of a file, as LibreOffice reads it.
fn open(csv: &str, directory: &Path) -> (Range<Data>, Vec<String>) {
    std::fs::write(directory.join("export.csv"), csv).expect("a file");
    let converted = Command::new("libreoffice")
        .arg("--headless")
        .arg(format!("-env:UserInstallation=file://{}/profile", directory.display()))
        .args(["--infilter=CSV:44,34,76,1", "--convert-to", "ods", "--outdir"])
        .arg(directory)
        .arg(directory.join("export.csv"))
        .output()
        .expect("LibreOffice is installed");
    assert!(converted.status.success(), "{converted:?}");
    let mut book: Ods<_> = open_workbook(directory.join("export.ods")).expect("what LibreOffice wrote");
    let cells = book.worksheet_range_at(0).expect("a sheet").expect("its cells");
    let sheet = book.sheet_names()[0].clone();
    let formulas = book.worksheet_formula(&sheet).expect("its formulas");
    let formulas = formulas.used_cells().map(|(_, _, formula)| formula.clone()).collect();
    (cells, formulas)
}

#[tokio::test]
#[ignore = "needs LibreOffice"]
async fn spreadsheet_runs_no_formula_and_reads_numbers() {
    let tenant = saldo().await.tenant().await;
    let amounts = ["45000.50", "0", "0.01", "12345678901234567890123456.78"];
    let row = |(n, text): (usize, &&str)| {
        // Names can't have line breaks or tabs.
        let name = text.replace(['\t', '\n'], " ");
        json!({
            "external_id": format!("{text} {n}").replace(['\t', '\n'], " "), "total_amount": amounts[n % amounts.len()],
            "contact": { "name": name, "phone": "+5491155551234", "email": name }, "due_date": "2026-01-15",
            "status": name, "type": name, "campaign_id": name, "owner_id": name, "source_system": name, "notes": text
        })
    };
    let rows: Vec<Value> = TEXTS.iter().enumerate().map(row).collect();
    assert_eq!(tenant.import_rows(json!(rows)).await["imported"], TEXTS.len());

    let directory = tempfile::tempdir().expect("a directory");
    let file = async |profile: &str| {
        tenant.export("accounts", json!({ "format": "csv", "profile": profile })).await.text
    };
    let (_, formulas) = open(&file("raw").await, directory.path());
    assert!(
        !formulas.is_empty(),
        "LibreOffice must run formulas of the raw profile, or this test proves nothing"
    );

    let (cells, formulas) = open(&file("spreadsheet").await, directory.path());
    assert_eq!(formulas, Vec::<String>::new());
    let header: Vec<String> =
        cells.rows().next().expect("a header").iter().map(ToString::to_string).collect();
    assert_eq!(cells.height(), TEXTS.len() + 1);
    for row in cells.rows().skip(1) {
        for (name, cell) in header.iter().zip(row) {
            match name.as_str() {
                "total_amount" | "balance" | "days_past_due" => {
                    assert!(matches!(cell, Data::Float(_) | Data::Int(_)), "{name}: {cell:?}");
                }
                "contact.name" | "status" | "notes" | "external_id" => {
                    assert!(matches!(cell, Data::String(_)), "{name}: {cell:?}");
                }
                _ => {}
            }
        }
    }
    let amount = header.iter().position(|name| name == "total_amount").expect("amounts");
    let mut read: Vec<f64> = cells.rows().skip(1).filter_map(|row| row[amount].get_float()).collect();
    read.sort_by(f64::total_cmp);
    let mut expected: Vec<f64> =
        (0..TEXTS.len()).filter_map(|n| amounts[n % amounts.len()].parse().ok()).collect();
    expected.sort_by(f64::total_cmp);
    let close = |(a, b): (&f64, &f64)| (a - b).abs() <= b.abs() * 1e-14;
    assert!(read.len() == expected.len() && read.iter().zip(&expected).all(close), "{read:?}");
}
