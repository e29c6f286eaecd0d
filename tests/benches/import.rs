//! An import of 20,000 rows through the local stack, from the request to the end of the job: rows per
//! second, capacity of DynamoDB, and peak memory.
//!
//! `cargo bench --workspace --bench import`
//!
//! The embedded AWS services run in a process of their own, so that the memory shown for
//! the functions does not include them.

use std::time::Instant;

use saldo_http::BODY_BYTES_MAX;
use serde_json::json;
use testing::bench::Bench;
use testing::wire::Sum;

const ROWS: usize = 20_000;
/// The maximum cost of an import, with all updates of its job.
const WRITE_UNITS_PER_ROW_MAX: f64 = 1.01;

#[tokio::main]
async fn main() {
    let bench = Bench::start().await;
    for what in ["20,000 new accounts", "the same again"] {
        import(&bench, what).await;
    }
    let (functions, services) = bench.peak_memory();
    println!("peak memory: functions {functions}, embedded services {services}");
    bench.stop().await;
}

async fn import(Bench { tenant, meter, .. }: &Bench, what: &str) {
    let body = body();
    println!("\n{what}: {ROWS} rows, {} bytes", body.len());
    meter.lap();
    let begun = Instant::now();
    let accepted = tenant.import("application/json", body).await;
    println!("  accepted after {:.0?}", begun.elapsed());
    let job = tenant.ended(&accepted).await;
    let elapsed = begun.elapsed();
    assert_eq!((&job["status"], &job["processed"]), (&json!("completed"), &json!(ROWS)), "{job}");
    println!(
        "  {:.0} rows a second ({elapsed:.1?}); imported {}, updated {}",
        ROWS as f64 / elapsed.as_secs_f64(),
        job["imported"],
        job["updated"]
    );

    let spent = meter.lap();
    for (operation, spent) in &spent {
        println!("  {operation:<20} {:>7} requests {:>9.1} units", spent.requests, spent.units);
    }
    let Sum { requests, write_units, .. } = Sum::of(&spent);
    let per_row = write_units / ROWS as f64;
    println!("  per row: {:.3} DynamoDB requests, {per_row:.4} write units", requests as f64 / ROWS as f64);
    assert!(
        per_row <= WRITE_UNITS_PER_ROW_MAX,
        "an import costs more than {WRITE_UNITS_PER_ROW_MAX} write units a row"
    );
}

/// A body of rows such as an ERP sends.
fn body() -> String {
    let row = |n: usize| {
        format!(
            r#"{{"contact":{{"name":"María García","phone":"+54911{n:08}"}},"total_amount":{n}.{:02},"external_id":"INV-2026-{n}","source_system":"SAP","due_date":"2026-01-15","currency":"ARS","notes":"60 days"}}"#,
            n % 100
        )
    };
    let rows: Vec<String> = (0..ROWS).map(row).collect();
    let body = format!(r#"{{"accounts":[{}]}}"#, rows.join(","));
    assert!(body.len() <= BODY_BYTES_MAX, "{} bytes", body.len());
    body
}
