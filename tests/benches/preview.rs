//! Previews through the local stack: how long the answer takes for files in the request and for uploaded ones.
//!
//! `cargo bench --workspace --bench preview`
//!
//! The embedded AWS services run in a process of their own.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;
use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, Method};
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook, XlsxError};
use serde_json::{Value, json};
use testing::bench::Bench;
use testing::{Answer, Tenant};

const PREVIEWS: &str = "/v1/imports/preview";
/// What is sent of a large file, as `saldo preview` does.
const PART_BYTES: usize = 1_000_001;
const CALLS: usize = 20;

#[tokio::main]
async fn main() {
    let bench = Bench::start().await;
    let tenant = &bench.tenant;
    println!("{:<48}{:>12}{:>8}{:>12}{:>12}", "", "file, MB", "rows", "median, ms", "longest, ms");
    let csv = csv(1_000_000);
    measure("CSV, its first 1,000,001 bytes in the request", csv.len(), async || {
        let headers = [(CONTENT_TYPE.as_str(), "application/octet-stream")];
        tenant.send(Method::POST, PREVIEWS, &headers, csv[..PART_BYTES].to_vec()).await
    })
    .await;
    measure_upload(tenant, "CSV, uploaded", "list.csv", csv.clone()).await;
    measure_upload(tenant, "CSV, uploaded, compressed", "list.csv.gz", gzip(&csv)).await;
    let small = workbook(60_000).expect("a workbook");
    measure("XLSX, in the request", small.len(), async || {
        let headers = [(CONTENT_TYPE.as_str(), "application/octet-stream")];
        tenant.send(Method::POST, PREVIEWS, &headers, small.clone()).await
    })
    .await;
    measure_upload(tenant, "XLSX, uploaded", "list.xlsx", workbook(360_000).expect("a workbook")).await;
    bench.stop().await;
}

/// Makes the calls one after the other and prints their line.
async fn measure(what: &str, bytes: usize, call: impl AsyncFn() -> Answer) {
    let (mut times, mut rows) = (Vec::new(), 0);
    for _ in 0..CALLS {
        let begun = Instant::now();
        let answer = call().await;
        times.push(begun.elapsed());
        assert_eq!(answer.status, 200, "{answer:?}");
        let shown = answer.json();
        assert_eq!((&shown["read"]["refused"], &shown["ambiguities"]), (&json!(0), &json!([])), "{shown}");
        rows = shown["read"]["rows"].as_u64().unwrap_or_default();
    }
    times.sort();
    let ms = |time: Duration| time.as_secs_f64() * 1_000.0;
    println!(
        "{what:<48}{:>12.1}{rows:>8}{:>12.0}{:>12.0}",
        bytes as f64 / 1e6,
        ms(times[CALLS / 2]),
        ms(times[CALLS - 1])
    );
}

async fn measure_upload(tenant: &Tenant, what: &str, name: &str, content: Vec<u8>) {
    let created =
        tenant.json(Method::POST, "/api/v1/import/uploads", json!({ "filename": name })).await.json();
    let mut put = Client::new().put(created["url"].as_str().expect("a link")).body(content.clone());
    for (name, value) in created["headers"].as_object().into_iter().flatten() {
        put = put.header(name, value.as_str().expect("a header"));
    }
    assert!(put.send().await.expect("a response").status().is_success());
    let request = json!({ "upload_id": created["upload_id"] });
    measure(what, content.len(), async || tenant.json(Method::POST, PREVIEWS, Value::clone(&request)).await)
        .await;
}

/// A name that no other row has, and that is not compressed to nothing.
fn customer(row: u32) -> String {
    let noise = row.wrapping_mul(2_654_435_761);
    format!("Kunde {noise:08x}{:08x} GmbH", noise.rotate_left(11) ^ row)
}

fn csv(rows: u32) -> Vec<u8> {
    let mut text = "Belegnummer;Kunde;Fälligkeit;Offener Betrag;Währung\n".to_owned();
    for row in 0..rows {
        let (customer, day, month) = (customer(row), row % 28 + 1, row % 12 + 1);
        writeln!(
            text,
            "R-{row:07};{customer};{day:02}.{month:02}.2026;{}.{:03},50;EUR",
            row % 90 + 1,
            row % 1_000
        )
        .expect("in memory");
    }
    text.into_bytes()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    std::io::Write::write_all(&mut encoder, bytes).and_then(|()| encoder.finish()).expect("in memory")
}

fn workbook(rows: u32) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    for (column, header) in (0..).zip(["Belegnummer", "Kunde", "Fälligkeit", "Offener Betrag", "Währung"]) {
        sheet.write(0, column, header)?;
    }
    let day = Format::new().set_num_format("dd.mm.yyyy");
    let amount = Format::new().set_num_format("#,##0.00");
    for row in 0..rows {
        let line = row + 1;
        sheet.write(line, 0, format!("R-{row:07}"))?.write(line, 1, customer(row))?.write(line, 4, "EUR")?;
        let due = ExcelDateTime::from_ymd(2026, u8::try_from(row % 12 + 1).unwrap_or(1), 15)?;
        sheet.write_with_format(line, 2, &due, &day)?;
        sheet.write_with_format(line, 3, f64::from(row % 100_000) / 100.0, &amount)?;
    }
    workbook.save_to_buffer()
}
