//! Reading, validation and planning of a whole body in each format, and the files of its chunks: bytes per second. The results of
//! rows, their sums and the files of their reports: rows per second.
//!
//! `cargo bench --package saldo-formats --bench rows`

use std::fmt::Write as _;
use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use saldo_domain::account::Revision;
use saldo_domain::id::{AccountId, OrgId};
use saldo_domain::import::{
    Chunk, ChunkReport, Chunker, DuplicateScan, Format, Notation, ROWS_PER_CHUNK, RowOutcome, RowResult,
    RowRules, Shape, StatedAmount, Sums,
};
use saldo_domain::money::{Currency, Decimal};
use saldo_formats::{chunk_file, read, report_file};

/// The bytes of a body: about as many as a request may have.
const BODY_BYTES_MAX: usize = 4_000_000;

/// A body with as many rows as fit.
fn body(open: &str, row: impl Fn(usize) -> String, separator: &str, close: &str) -> String {
    let mut body = open.to_owned();
    for n in 0.. {
        let row = row(n);
        if body.len() + row.len() + separator.len() + close.len() > BODY_BYTES_MAX {
            break;
        }
        if n > 0 {
            body += separator;
        }
        body += &row;
    }
    body + close
}

/// A row of about 200 bytes.
fn json_row(n: usize) -> String {
    let mut row = String::new();
    let _infallible = write!(
        row,
        r#"{{"contact":{{"name":"María García {n}","phone":"+54911{:08}","email":"maria.{n}@example.com"}},"total_amount":{n}.{:02},"external_id":"INV-2026-{n:06}","due_date":"2026-01-15","currency":"ARS"}}"#,
        n % 100_000_000,
        n % 100
    );
    row
}

const CSV_HEADER: &str = "external_id,contact.name,contact.phone,contact.email,total_amount,currency,due_date,source_system,owner_id,campaign_id,payment_reference,notes\n";

/// A row of about 200 bytes.
fn csv_row(n: usize) -> String {
    format!(
        "INV-2026-{n:06},María García {n},+54911{:08},maria.{n}@example.com,{n}.{:02},ARS,2026-01-15,SAP,agent-{},2026-Q1-reminders,RF-2026-{n:06},60 days past due; called twice and asked for a plan\n",
        n % 100_000_000,
        n % 100,
        n % 40
    )
}

/// The chunks of a body.
fn plan(notation: &Notation, body: &[u8]) -> Vec<Chunk> {
    let org: OrgId = "org_aaaaaaaaaaaaaaaa".parse().expect("an id");
    let mut scan = DuplicateScan::new(org);
    let read = read::read(notation, body, |shape, row| {
        scan.add(shape, &row);
        Ok(())
    });
    read.expect("readable");
    let (mut chunker, mut chunks) = (Chunker::new(scan.finish(), ROWS_PER_CHUNK), Vec::new());
    let contents = read::read(notation, body, |shape, row| {
        chunks.extend(chunker.push(shape, row));
        Ok(())
    });
    chunks.extend(chunker.finish(&contents.expect("readable").shape));
    chunks
}

fn rows(criterion: &mut Criterion) {
    let bodies = [
        ("json", Format::Json, body(r#"{"accounts":["#, json_row, ",", "]}")),
        ("ndjson", Format::Ndjson, body("", json_row, "\n", "\n")),
        ("csv", Format::Csv, body(CSV_HEADER, csv_row, "", "")),
    ];
    let currency: Currency = "ARS".parse().expect("a currency");
    for (name, format, body) in &bodies {
        let notation = Notation::of(*format);
        let mut group = criterion.benchmark_group(*name);
        group.throughput(Throughput::Bytes(body.len() as u64)).sample_size(20);
        group.bench_function("count", |bencher| {
            bencher.iter(|| read::count(&notation, black_box(body.as_bytes())).expect("readable"));
        });
        group.bench_function("parse and validate", |bencher| {
            bencher.iter(|| {
                let mut good = 0;
                read::read(&notation, black_box(body.as_bytes()), |shape, row| {
                    good += usize::from(row.check(shape, &RowRules::default(), currency).upsert.is_some());
                    Ok(())
                })
                .expect("readable");
                assert!(good > 10_000);
            });
        });
        group.bench_function("plan", |bencher| bencher.iter(|| plan(&notation, black_box(body.as_bytes()))));
        let chunks = plan(&notation, body.as_bytes());
        group.bench_function("write chunk files", |bencher| {
            bencher.iter(|| {
                chunks.iter().map(|chunk| chunk_file::encode(chunk).expect("a file").len()).sum::<usize>()
            });
        });
        let files: Vec<_> = chunks.iter().map(|chunk| chunk_file::encode(chunk).expect("a file")).collect();
        group.bench_function("read chunk files", |bencher| {
            bencher.iter(|| {
                let read = files.iter().map(|file| chunk_file::decode(file).expect("a chunk"));
                read.map(|chunk| chunk.rows.len()).sum::<usize>()
            });
        });
        group.finish();
    }
}

/// What an import adds to each row for its control totals and its report.
fn results(criterion: &mut Criterion) {
    const ROWS: u64 = 100_000;
    let org: OrgId = "org_aaaaaaaaaaaaaaaa".parse().expect("an id");
    let currency: Currency = "ARS".parse().expect("a currency");
    let result = |index| {
        let external_id = format!("INV-{index}").parse().expect("an external id");
        let account = Some(AccountId::of_external(&org, &external_id));
        let (line, revision) = (Some(index + 2), Some(Revision::next()));
        RowResult { index, line, outcome: RowOutcome::Imported, account, revision, superseded_by: None }
    };
    let rows: Vec<_> = (0..ROWS).map(result).collect();
    let none = ChunkReport { shape: Shape::Objects, rows: Vec::new() };
    let encode = |rows| report_file::encode(rows, &none).expect("a file");
    let files: Vec<_> = rows.chunks(ROWS_PER_CHUNK).map(encode).collect();
    let mut group = criterion.benchmark_group("results");
    group.throughput(Throughput::Elements(ROWS)).sample_size(20);
    group.bench_function("add amounts", |bencher| {
        bencher.iter(|| {
            let mut sums = Sums::default();
            for row in &rows {
                let amount = Decimal::new(i64::try_from(row.index).unwrap_or_default(), 2);
                sums.add(row.outcome, Some(StatedAmount { amount, currency }));
            }
            black_box(sums)
        });
    });
    group.bench_function("write report files", |bencher| {
        bencher.iter(|| rows.chunks(ROWS_PER_CHUNK).map(|rows| encode(rows).len()).sum::<usize>());
    });
    group.bench_function("read report files", |bencher| {
        bencher.iter(|| {
            files.iter().map(|file| report_file::results(file).expect("results").len()).sum::<usize>()
        });
    });
    println!("{} bytes of report files for {ROWS} rows", files.iter().map(Vec::len).sum::<usize>());
    group.finish();
}

criterion_group!(benches, rows, results);
criterion_main!(benches);
