//! The capacity that complete files consume, as DynamoDB reports it.
//!
//! `SALDO_ROWS` is the number of rows: 100,000 take minutes. `SALDO_CLOSED` is the number of accounts that are closed.

use std::env;
use std::fmt::Write as _;
use std::time::Instant;

use serde_json::json;
use testing::wire::Sum;

use crate::cost::Metered;

/// A complete file of these rows. The first `changed` have another amount.
fn list(rows: std::ops::Range<usize>, changed: usize) -> String {
    let mut list = "external_id,contact.name,total_amount,currency,due_date,notes\n".to_owned();
    for number in rows {
        let amount = if number < changed { 90 } else { 100 };
        writeln!(
            list,
            "INV-{number:07},María García {number:07},{amount}.50,EUR,2026-01-15,60 days past due"
        )
        .expect("text");
    }
    list
}

/// The number that a variable of the environment states.
fn stated(variable: &str) -> Option<usize> {
    env::var(variable).ok()?.parse().ok()
}

fn rows() -> usize {
    stated("SALDO_ROWS").unwrap_or(2_000)
}

/// Imports a complete file as of a day of January.
async fn import(metered: &Metered, what: &str, list: String, day: u8) -> Sum {
    let options = json!({
        "format": "csv", "complete": true, "close_at_most": 100, "as_of": format!("2026-01-{day:02}"),
        "scope": { "source_system": "SAP" }
    });
    let spent = Box::pin(metered.import_file(list, options)).await;
    let Sum { requests, read_units, write_units } = spent;
    println!("{what}: {requests} requests, {write_units} write units, {read_units} read units");
    spent
}

#[tokio::test]
async fn next_complete_file_costs_at_most_0_06_write_units_per_row() {
    let (rows, metered) = (rows(), Box::pin(Metered::start(500)).await);
    import(&metered, "new", list(0..rows, 0), 1).await;
    let changed = import(&metered, "1 % changed", list(0..rows, rows / 100), 2).await;
    let per_row = changed.write_units / rows as f64;
    println!("{rows} rows of which 1 % changed: {per_row} write units a row");
    assert!((0.01..=0.06).contains(&per_row), "{per_row} write units a row");
    // The day is kept once: the next file finds it as well.
    let unchanged = import(&metered, "unchanged", list(0..rows, rows / 100), 3).await;
    let beside_rows = unchanged.write_units;
    assert!(beside_rows <= 30.0 + rows as f64 / 500.0, "{beside_rows} write units for nothing");
    metered.aws.stop().await;
}

#[tokio::test]
async fn closing_costs_one_write_unit_per_item() {
    let (rows, metered) = (rows(), Box::pin(Metered::start(500)).await);
    let closed = stated("SALDO_CLOSED").unwrap_or(rows / 10);
    import(&metered, "new", list(0..rows, 0), 1).await;
    let nothing = import(&metered, "nothing closed", list(0..rows, 0), 2).await;
    let begun = Instant::now();
    let spent = import(&metered, "some closed", list(closed..rows, 0), 3).await;
    println!("the file that closes them: {:.1?}", begun.elapsed());
    let (write_units, read_units) =
        (spent.write_units - nothing.write_units, spent.read_units - nothing.read_units);
    println!("{closed} of {rows} accounts closed: {write_units} write units, {read_units} read units more");
    let per_item = write_units / closed as f64;
    assert!((1.0..=1.05).contains(&per_item), "{per_item} write units an item");
    metered.aws.stop().await;
}
