//! Imports of 10,000, 100,000 and 1,000,000 rows from uploaded files, 200 bytes a row: rows per second, processor time
//! and peak memory of planner and chunk workers, requests to DynamoDB, the capacity that they consume, and the busiest
//! partition. Each import runs again with 10 % of the rows changed, and again unchanged. Up to 100,000 rows, a script
//! with boto3 writes the same rows into the same DynamoDB.
//!
//! `.ci/tools peer && cargo bench --workspace --bench million`, or with other numbers of rows after ` -- `.
//!
//! The planner and each worker is a process of its own, new for each import, that runs the real binary under a Lambda
//! Runtime API. The embedded AWS services are another process, and this one runs the API and the proxy that counts the
//! requests to DynamoDB: rows per second depend on all of them, processor time and memory on the workers alone. Linux
//! reports processor time in hundredths of a second.

mod file;
mod peer;
mod run;

use std::env;

use testing::bench::Deployment;

use file::{Contents, csv};
use run::Run;

/// The imports, by rows, if the command line names no others.
const SIZES: [u64; 3] = [10_000, 100_000, 1_000_000];
/// The largest file that the script writes: it takes minutes for more.
const PEER_ROWS_MAX: u64 = 100_000;
/// The most processor time of the chunk workers beside the script's.
const PEER_SHARE_MAX: f64 = 0.25;
/// How much more memory planner and worker together may take for the largest import than for the smallest.
const GROWTH_MIB_MAX: f64 = 64.0;

#[tokio::main]
async fn main() {
    let deployment = Deployment::start().await;
    let mut runs: Vec<Run> = Vec::new();
    for rows in sizes() {
        let tenant = deployment.tenant().await;
        for contents in [Contents::New, Contents::TenthChanged, Contents::Unchanged] {
            let csv = csv(rows, contents);
            let run = Run::of(&deployment, &tenant, rows, contents, csv.clone()).await;
            run.print();
            if rows <= PEER_ROWS_MAX {
                compare_with_peer(&deployment, &run, &csv).await;
            }
            if contents == Contents::New {
                runs.push(run);
            }
        }
    }
    for pair in runs.windows(2) {
        pair[1].compare(&pair[0]);
    }
    if let [first, .., last] = &runs[..] {
        let growth = last.memory_mib() - first.memory_mib();
        assert!(growth < GROWTH_MIB_MAX, "memory grows by {growth:.1} MiB with the rows");
    }
}

/// The command line's numbers of rows. `cargo bench` adds `--bench`.
fn sizes() -> Vec<u64> {
    let named = env::args().skip(1).filter(|argument| argument != "--bench");
    let named: Vec<u64> =
        named.map(|rows| rows.replace(['_', ','], "").parse().expect("a number of rows")).collect();
    if named.is_empty() { SIZES.to_vec() } else { named }
}

/// Prints the script's processor time beside that of the chunk workers.
async fn compare_with_peer(deployment: &Deployment, run: &Run, csv: &str) {
    let Some(usage) = peer::write(deployment, csv).await else {
        return println!("  no comparison with boto3: run .ci/tools peer");
    };
    let micros = usage.cpu_seconds / usage.rows as f64 * 1e6;
    let share = run.chunk_micros_per_row() / micros;
    println!("  boto3: {micros:.1} us per row; the chunk workers take {share:.2} of it");
    if run.contents == Contents::New {
        assert!(share <= PEER_SHARE_MAX, "new rows take more than {PEER_SHARE_MAX} of the script's time");
    }
}
