//! An export of 200,000 accounts by the real worker, beside one of 2,000: rows a second, peak
//! memory, and what DynamoDB charges for reading.
//!
//! `cargo bench --workspace --bench export`
//!
//! The embedded AWS services run in a process of their own, and so does the worker, under a
//! Lambda Runtime API: the memory shown is its alone. Read units are counted in a run of the
//! same code in this process, whose requests are metered.

use std::time::{Duration, Instant};

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use saldo_domain::export::{ExportJob, NewAccountExport};
use saldo_domain::fields::{Body, Fields};
use saldo_domain::id::{ExportId, OrgId};
use saldo_http::BODY_BYTES_MAX;
use serde_json::{Value, json};
use testing::bench::Bench;
use testing::lambda::{Function, sqs_event};
use testing::wire::Sum;
use testing::{Tenant, sha256};
use uuid::Uuid;

const FEW: usize = 2_000;
const MANY: usize = 200_000;
/// The rows of one import.
const ROWS_PER_IMPORT: usize = 20_000;
/// How much more memory the large export may take than the small one.
const GROWTH_MIB_MAX: f64 = 64.0;
/// How much more may be read than the accounts' bytes come to, half a read unit for 4 KB.
const READ_RATIO_MAX: f64 = 1.05;
const BYTES_PER_READ_UNIT: f64 = 8_192.0;

#[tokio::main]
async fn main() {
    let bench = Bench::start().await;
    let (few, many) = (Portfolio::load(&bench, FEW).await, Portfolio::load(&bench, MANY).await);
    let (small, large) = (few.export(&bench).await, many.export(&bench).await);
    let growth = large - small;
    println!(
        "peak memory of the worker: {small:.1} MiB for {FEW}, {large:.1} MiB for {MANY}: {growth:.1} MiB more"
    );
    many.read_units(&bench).await;
    assert!(growth < GROWTH_MIB_MAX, "memory grows with the accounts");
    bench.stop().await;
}

/// An organization with so many accounts.
struct Portfolio {
    org: OrgId,
    tenant: Tenant,
    accounts: usize,
}

impl Portfolio {
    async fn load(bench: &Bench, accounts: usize) -> Self {
        let org = OrgId::random().expect("randomness");
        let key = local::demo::create_organization(&bench.app, org.clone(), "Bench", "ARS").await;
        let tenant =
            Tenant::new(bench.tenant.url.clone(), key.expect("an organization").expose().to_owned(), None);
        for from in (0..accounts).step_by(ROWS_PER_IMPORT) {
            let rows: Vec<String> = (from..accounts.min(from + ROWS_PER_IMPORT)).map(row).collect();
            let body = format!(r#"{{"accounts":[{}]}}"#, rows.join(","));
            assert!(body.len() <= BODY_BYTES_MAX, "{} bytes", body.len());
            let job = tenant.ended(&tenant.import("application/json", body).await).await;
            assert_eq!(
                (&job["status"], &job["imported"]),
                (&json!("completed"), &json!(rows.len())),
                "{job}"
            );
        }
        Self { org, tenant, accounts }
    }

    /// A job of the organization's, and the event that has its worker write its file.
    async fn job(&self, bench: &Bench) -> (String, Value) {
        let fields = Fields::of_json(NewAccountExport::FIELDS, br#"{"format":"csv"}"#).expect("JSON");
        let today = Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
        let spec = NewAccountExport::read(fields, ()).expect("a request").on(&self.org, today).spec;
        let id = ExportId::of_seed(Uuid::now_v7());
        let job = ExportJob::accepted(id.clone(), self.org.clone(), spec, Timestamp::now());
        assert!(bench.app.exports.accept(&job).await.expect("DynamoDB"), "a new job");
        let event = json!({ "org": self.org, "export": id }).to_string();
        (format!("/api/v1/export/{id}"), sqs_event(&event))
    }

    /// Has a worker of its own write an export and checks its file. Returns the worker's peak
    /// memory in MiB.
    async fn export(&self, bench: &Bench) -> f64 {
        let mut worker = Function::start(env!("CARGO_BIN_EXE_export-worker"), &bench.environment()).await;
        let (path, event) = self.job(bench).await;
        let begun = Instant::now();
        worker.invoke_for(event, Duration::from_mins(10)).await.expect("an answer");
        let elapsed = begun.elapsed();
        let peak = worker.peak_memory_mib();

        let job = self.tenant.get(&path).await.json();
        assert_eq!((&job["status"], &job["rows"]), (&json!("completed"), &json!(self.accounts)), "{job}");
        let file = reqwest::get(job["url"].as_str().expect("a link")).await.expect("an answer");
        assert_eq!(file.status(), 200);
        let file = file.bytes().await.expect("the file");
        assert_eq!((&job["bytes"], &job["sha256"]), (&json!(file.len()), &json!(sha256(&file))), "{job}");
        assert_eq!(String::from_utf8_lossy(&file).lines().count(), self.accounts + 1);
        println!(
            "{} accounts, {:.1} MB of CSV: {elapsed:.2?}, {:.0} rows a second",
            self.accounts,
            file.len() as f64 / 1e6,
            self.accounts as f64 / elapsed.as_secs_f64()
        );
        peak
    }

    /// Counts what an export is charged for reading, beside what it reads.
    async fn read_units(&self, bench: &Bench) {
        let (_, event) = self.job(bench).await;
        bench.meter.lap();
        let event = serde_json::from_value(event).expect("an event");
        saldo_jobs::export::handle((&bench.app).into(), event).await;
        let spent = bench.meter.lap();
        let queries = spent.get("Query").copied().unwrap_or_default();
        let bytes = self.bytes(bench).await;
        let least = bytes / BYTES_PER_READ_UNIT;
        let ratio = queries.units / least;
        println!(
            "read: {} queries, {:.1} read units for {:.1} MB of items, {ratio:.4} times the least; {} requests to DynamoDB in all",
            queries.requests,
            queries.units,
            bytes / 1e6,
            Sum::of(&spent).requests
        );
        assert!(ratio <= READ_RATIO_MAX, "an export reads more than {READ_RATIO_MAX} times its accounts");
    }

    /// The bytes of the organization's accounts, as DynamoDB counts them.
    async fn bytes(&self, bench: &Bench) -> f64 {
        let client = aws_sdk_dynamodb::Client::new(&bench.sdk_config());
        let mut items = client
            .scan()
            .table_name(&bench.variables["SALDO_ACCOUNTS_TABLE"])
            .filter_expression("begins_with(#shard, :org)")
            .expression_attribute_names("#shard", "shard")
            .expression_attribute_values(":org", AttributeValue::S(format!("{}#", self.org)))
            .into_paginator()
            .items()
            .send();
        let (mut bytes, mut count) = (0, 0);
        while let Some(item) = items.next().await {
            bytes +=
                item.expect("DynamoDB").iter().map(|(name, value)| name.len() + size(value)).sum::<usize>();
            count += 1;
        }
        assert_eq!(count, self.accounts);
        bytes as f64
    }
}

/// The bytes of a value:
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html>.
fn size(value: &AttributeValue) -> usize {
    match value {
        AttributeValue::S(text) => text.len(),
        AttributeValue::B(bytes) => bytes.as_ref().len(),
        AttributeValue::N(number) => {
            let digits = number.bytes().filter(u8::is_ascii_digit).count();
            digits.div_ceil(2) + 1 + usize::from(number.starts_with('-'))
        }
        other => panic!("accounts have no such attribute: {other:?}"),
    }
}

/// A row such as an ERP sends.
fn row(n: usize) -> String {
    format!(
        r#"{{"contact":{{"name":"María García","phone":"+54911{n:08}"}},"total_amount":{n}.{:02},"external_id":"INV-{n}","source_system":"SAP","due_date":"2026-01-15","currency":"ARS","notes":"60 days"}}"#,
        n % 100
    )
}
