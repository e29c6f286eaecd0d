//! An import of 1,000,000 rows from an uploaded file, 200 MB of CSV, beside such of 10,000 and
//! 100,000: rows a second, user CPU time and peak memory of planner and workers, what DynamoDB
//! charges and for which partition most, and how all of it grows.
//!
//! `cargo bench --workspace --bench million`, or with other numbers of rows behind
//! ` -- `.
//!
//! The planner and each worker is a process of its own, new for each import, that runs the real
//! binary under a Lambda Runtime API. The embedded AWS services are another process, and the
//! API and the counting of what goes to DynamoDB are in this one: rows a second are theirs as
//! much as the workers', CPU time and memory the workers' alone. CPU time is told to a hundredth
//! of a second: of a small import it says little.

use std::collections::BTreeMap;
use std::env;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

use reqwest::Method;
use saldo_domain::import::ImportStatus;
use serde_json::{Value, json};
use testing::bench::{Bill, Deployment, Usage};
use testing::wire::Sum;
use testing::{Answer, Tenant};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// The imports, by rows, if the command line names no others.
const SIZES: [u64; 3] = [10_000, 100_000, 1_000_000];
/// The processes that process chunks.
const WORKERS: usize = 2;
/// The messages that the planner and a worker get at once, as in the template.
const PLANS_PER_EVENT: i32 = 1;
const CHUNKS_PER_EVENT: i32 = 4;
/// One row in so many repeats the external id of an earlier one.
const ROWS_PER_REPEAT: u64 = 100;
/// How long an import may go on without another row processed; first it is read once.
const STALLED_MAX: Duration = Duration::from_mins(5);
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// What an import may cost, bookkeeping included.
const WRITE_UNITS_PER_ROW_MAX: f64 = 1.05;
/// What may go to one partition key: accounts are spread over sixteen.
const PARTITION_SHARE_MAX: f64 = 1.0 / 12.0;
/// How much more memory planner and worker together may take for the largest import than for
/// the smallest.
const GROWTH_MIB_MAX: f64 = 64.0;

#[tokio::main]
async fn main() {
    let deployment = Deployment::start().await;
    let mut runs: Vec<Run> = Vec::new();
    for rows in sizes() {
        let run = Run::of(&deployment, rows).await;
        run.print();
        runs.push(run);
    }
    for pair in runs.windows(2) {
        pair[1].compare(&pair[0]);
    }
    if let [first, _, .., last] = &runs[..] {
        last.compare(first);
    }
    if let [first, .., last] = &runs[..] {
        let growth = last.memory_mib() - first.memory_mib();
        assert!(growth < GROWTH_MIB_MAX, "memory grows by {growth:.1} MiB with the rows");
    }
}

/// The command line's numbers of rows. `cargo bench` says `--bench`, too.
fn sizes() -> Vec<u64> {
    let named = env::args().skip(1).filter(|argument| argument != "--bench");
    let named: Vec<u64> =
        named.map(|rows| rows.replace(['_', ','], "").parse().expect("a number of rows")).collect();
    if named.is_empty() { SIZES.to_vec() } else { named }
}

/// An import, and what it took.
struct Run {
    rows: u64,
    bytes: usize,
    /// From the request to the end. The file was sent before.
    elapsed: Duration,
    planner: Usage,
    workers: Vec<Usage>,
    bill: Bill,
}

impl Run {
    /// Imports a file of so many rows.
    async fn of(deployment: &Deployment, rows: u64) -> Self {
        let tenant = deployment.tenant().await;
        let stop = CancellationToken::new();
        let (plan, import) =
            (&deployment.variables["SALDO_PLAN_QUEUE"], &deployment.variables["SALDO_IMPORT_QUEUE"]);
        let mut pollers = Vec::new();
        for n in 0..=WORKERS {
            let (queue, batch_size) =
                if n == 0 { (plan, PLANS_PER_EVENT) } else { (import, CHUNKS_PER_EVENT) };
            let worker = deployment.worker(env!("CARGO_BIN_EXE_import-worker"), queue, batch_size).await;
            pollers.push(tokio::spawn(worker.run(stop.clone())));
        }

        let _before = deployment.proxy.lap();
        let csv = csv(rows);
        let bytes = csv.len();
        let upload_id = upload(&tenant, csv).await;
        let begun = Instant::now();
        let request = json!({ "upload_id": upload_id });
        let accepted = tenant.json(Method::POST, "/api/v1/import", request).await;
        ended(deployment, &tenant, &accepted, &pollers).await;
        let elapsed = begun.elapsed();
        stop.cancel();
        let mut usages = Vec::new();
        for poller in pollers {
            usages.push(poller.await.expect("a poller"));
        }
        let bill = deployment.proxy.lap();
        let workers = usages.split_off(1);
        check(&tenant.get(accepted.header("location")).await.json(), rows);
        Self { rows, bytes, elapsed, planner: usages[0], workers, bill }
    }

    /// Prints what it took, and ends the program if that was too much.
    fn print(&self) {
        let rows = self.rows as f64;
        println!("\n{} rows, {:.1} MB of CSV", self.rows, self.bytes as f64 / 1e6);
        println!("  {:.0} rows a second ({:.1?})", rows / self.elapsed.as_secs_f64(), self.elapsed);
        println!(
            "  user CPU seconds per million rows: planner {:.2}, chunks {:.2}",
            self.planner.user_cpu_seconds / rows * 1e6,
            self.chunks_cpu_seconds() / rows * 1e6
        );
        for (operation, spent) in &self.bill.spent {
            println!("  {operation:<20} {:>8} requests {:>10.1} units", spent.requests, spent.units);
        }
        let Sum { requests, write_units, .. } = Sum::of(&self.bill.spent);
        let units_per_row = write_units / rows;
        println!(
            "  per row: {:.3} DynamoDB requests, {units_per_row:.4} write units; {} writes refused",
            requests as f64 / rows,
            self.bill.writes_refused
        );
        let (partition, share) = self.bill.busiest_partition();
        println!("  largest share of writes: {:.2} % on {partition}", share * 100.0);
        println!(
            "  peak memory: planner {:.1} MiB, chunk worker {:.1} MiB",
            self.planner.peak_memory_mib,
            self.worker_memory_mib()
        );
        assert!(
            units_per_row <= WRITE_UNITS_PER_ROW_MAX,
            "an import costs more than {WRITE_UNITS_PER_ROW_MAX} write units a row"
        );
        assert!(share < PARTITION_SHARE_MAX, "one partition takes {share:.3} of the writes");
    }

    /// Prints how much more it took than a smaller one.
    fn compare(&self, smaller: &Self) {
        let per_row =
            |of: fn(&Self) -> f64| (of(self) / self.rows as f64) / (of(smaller) / smaller.rows as f64);
        println!(
            "\n{} rows beside {}, per row: {:.2} times the time, {:.2} times the planner's CPU time, {:.2} times the chunks'; \
             more memory: planner {:+.1} MiB, chunk worker {:+.1} MiB",
            self.rows,
            smaller.rows,
            per_row(|run| run.elapsed.as_secs_f64()),
            per_row(|run| run.planner.user_cpu_seconds),
            per_row(Self::chunks_cpu_seconds),
            self.planner.peak_memory_mib - smaller.planner.peak_memory_mib,
            self.worker_memory_mib() - smaller.worker_memory_mib()
        );
    }

    fn chunks_cpu_seconds(&self) -> f64 {
        self.workers.iter().map(|worker| worker.user_cpu_seconds).sum()
    }

    fn worker_memory_mib(&self) -> f64 {
        self.workers.iter().map(|worker| worker.peak_memory_mib).fold(0.0, f64::max)
    }

    fn memory_mib(&self) -> f64 {
        self.planner.peak_memory_mib + self.worker_memory_mib()
    }
}

/// Sends a file as any client would. Returns its id.
async fn upload(tenant: &Tenant, csv: String) -> Value {
    let announced = json!({ "format": "csv", "filename": "accounts.csv", "bytes": csv.len() });
    let created = tenant.json(Method::POST, "/api/v1/import/uploads", announced).await;
    assert_eq!(created.status, 201, "{created:?}");
    let mut created = created.json();
    let headers: BTreeMap<String, String> =
        serde_json::from_value(created["headers"].take()).expect("headers");
    let mut put = reqwest::Client::new().put(created["url"].as_str().expect("a link"));
    for (name, value) in headers {
        put = put.header(name, value);
    }
    let answer = put.body(csv).send().await.expect("an answer");
    assert!(answer.status().is_success(), "{:?}", answer.text().await);
    created["upload_id"].take()
}

/// Waits until an import has ended, without requests that count.
async fn ended(deployment: &Deployment, tenant: &Tenant, accepted: &Answer, pollers: &[JoinHandle<Usage>]) {
    assert_eq!(accepted.status, 202, "{accepted:?}");
    let org = tenant.org().expect("an organization");
    let id = accepted.json()["job_id"].as_str().and_then(|id| id.parse().ok()).expect("an id");
    let (mut processed, mut last) = (0, Instant::now());
    loop {
        let import = deployment.app.imports.find(org, &id).await.expect("DynamoDB").expect("the job");
        if import.job.status != ImportStatus::Processing {
            return;
        }
        if import.processed() > processed {
            (processed, last) = (import.processed(), Instant::now());
        }
        assert!(last.elapsed() < STALLED_MAX, "the import does not go on: {import:?}");
        assert!(!pollers.iter().any(JoinHandle::is_finished), "a poller gave up");
        tokio::time::sleep(POLL_INTERVAL).await;
    }
}

/// Checks that an import did what was asked of it.
fn check(job: &Value, rows: u64) {
    let repeats = rows / ROWS_PER_REPEAT;
    let counts = ["total_records", "processed", "superseded", "imported"].map(|name| &job[name]);
    assert_eq!(job["status"], "completed", "{job}");
    assert_eq!(counts, [rows, rows, repeats, rows - repeats].map(|count| json!(count)).each_ref(), "{job}");
}

/// A file such as an ERP writes, 200 bytes a row.
fn csv(rows: u64) -> String {
    let mut csv = "external_id,contact.name,contact.phone,contact.email,total_amount,currency,due_date,\
                   source_system,notes\n"
        .to_owned();
    for n in 0..rows {
        let row = format_args!(
            "INV-2026-{:07},María García de la Fuente,+54911{n:08},maria.garcia.{n:07}@example.com,{n}.{:02},\
             ARS,2026-01-15,SAP,\"60 days, to be paid at the branch in Córdoba; reminded twice by telephone\"\n",
            number(n),
            n % 100
        );
        csv.write_fmt(row).expect("memory");
    }
    csv
}

/// The number in a row's external id: its own, or that of one half as far into the file.
fn number(row: u64) -> u64 {
    match row % ROWS_PER_REPEAT == ROWS_PER_REPEAT - 1 {
        true => number(row / 2),
        false => row,
    }
}
