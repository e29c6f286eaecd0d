//! One import and what it took.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use reqwest::Method;
use saldo_domain::import::ImportStatus;
use serde_json::{Value, json};
use testing::bench::{Bill, Deployment, Usage};
use testing::wire::Sum;
use testing::{Answer, Tenant};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::file::{Contents, ROWS_PER_REPEAT};

/// The processes that process chunks.
const WORKERS: usize = 2;
/// The messages that the planner and a worker get at once, as in the template.
const MESSAGES_PER_EVENT: i32 = 1;
/// How long an import may go on without another row processed; first it is read once.
const STALLED_MAX: Duration = Duration::from_mins(5);
const POLL_INTERVAL: Duration = Duration::from_millis(50);
/// The most requests to DynamoDB per row, those of the job included.
const REQUESTS_PER_ROW_MAX: f64 = 0.07;
/// The largest share of the writes for one partition key: accounts are spread over sixteen.
const PARTITION_SHARE_MAX: f64 = 1.0 / 12.0;

/// An import, and what it took.
pub(crate) struct Run {
    pub(crate) contents: Contents,
    rows: u64,
    bytes: usize,
    /// From the request to the end. The file was sent before.
    elapsed: Duration,
    planner: Usage,
    workers: Vec<Usage>,
    bill: Bill,
    report: Report,
}

/// The report of every row, and how long its request took.
struct Report {
    elapsed: Duration,
    bytes: usize,
}

impl Run {
    /// Imports a file of so many rows.
    pub(crate) async fn of(
        deployment: &Deployment,
        tenant: &Tenant,
        rows: u64,
        contents: Contents,
        csv: String,
    ) -> Self {
        let stop = CancellationToken::new();
        let plan = &deployment.variables["SALDO_PLAN_QUEUE"];
        let import = &deployment.variables["SALDO_IMPORT_QUEUE"];
        let mut pollers = Vec::new();
        for n in 0..=WORKERS {
            let queue = if n == 0 { plan } else { import };
            let worker = deployment.worker(env!("CARGO_BIN_EXE_import-worker"), queue, MESSAGES_PER_EVENT);
            pollers.push(tokio::spawn(worker.await.run(stop.clone())));
        }

        let _before = deployment.proxy.lap();
        let bytes = csv.len();
        let upload_id = upload(tenant, csv).await;
        let begun = Instant::now();
        let request = json!({ "upload_id": upload_id });
        let accepted = tenant.json(Method::POST, "/api/v1/import", request).await;
        ended(deployment, tenant, &accepted, &pollers).await;
        let elapsed = begun.elapsed();
        stop.cancel();
        let mut usages = Vec::new();
        for poller in pollers {
            usages.push(poller.await.expect("a poller"));
        }
        let bill = deployment.proxy.lap();
        let workers = usages.split_off(1);
        check(&tenant.get(accepted.header("location")).await.json(), rows, contents);
        let report = report(tenant, &accepted, rows).await;
        Self { contents, rows, bytes, elapsed, planner: usages[0], workers, bill, report }
    }

    /// Prints what it took, and ends the program if that was too much.
    pub(crate) fn print(&self) {
        let rows = self.rows as f64;
        println!("\n{} rows, {}, {:.1} MB of CSV", self.rows, self.contents.name(), self.bytes as f64 / 1e6);
        println!("  {:.0} rows a second ({:.1?})", rows / self.elapsed.as_secs_f64(), self.elapsed);
        println!(
            "  processor time per row: planner {:.1} us, chunk workers {:.1} us",
            self.planner.cpu_seconds / rows * 1e6,
            self.chunk_micros_per_row()
        );
        for (operation, spent) in &self.bill.spent {
            println!("  {operation:<21} {:>8} requests {:>10.1} units", spent.requests, spent.units);
        }
        let Sum { requests, write_units, .. } = Sum::of(&self.bill.spent);
        let (requests, units) = (requests as f64 / rows, write_units / rows);
        println!(
            "  per row: {requests:.4} DynamoDB requests, {units:.4} write units; {} writes refused",
            self.bill.writes_refused
        );
        let (partition, share) = self.bill.busiest_partition();
        println!("  largest share of writes: {:.2} % on {partition}", share * 100.0);
        println!(
            "  peak memory: planner {:.1} MiB, chunk worker {:.1} MiB",
            self.planner.peak_memory_mib,
            self.worker_memory_mib()
        );
        let Report { elapsed, bytes } = self.report;
        println!("  report of every row: {:.1} MB, made in {elapsed:.1?}", bytes as f64 / 1e6);
        let units_max = self.contents.write_units_per_row_max();
        assert!(units <= units_max, "more than {units_max} write units per row");
        assert!(requests <= REQUESTS_PER_ROW_MAX, "more than {REQUESTS_PER_ROW_MAX} requests per row");
        if self.contents == Contents::New {
            assert!(share < PARTITION_SHARE_MAX, "one partition takes {share:.3} of the writes");
        }
    }

    /// Prints how much more it took than a smaller one.
    pub(crate) fn compare(&self, smaller: &Self) {
        let per_row =
            |of: fn(&Self) -> f64| (of(self) / self.rows as f64) / (of(smaller) / smaller.rows as f64);
        println!(
            "\n{} rows beside {}, per row: {:.2} times the time, {:.2} times the planner's processor time, {:.2} times the chunks'; \
             more memory: planner {:+.1} MiB, chunk worker {:+.1} MiB",
            self.rows,
            smaller.rows,
            per_row(|run| run.elapsed.as_secs_f64()),
            per_row(|run| run.planner.cpu_seconds),
            per_row(Self::chunks_cpu_seconds),
            self.planner.peak_memory_mib - smaller.planner.peak_memory_mib,
            self.worker_memory_mib() - smaller.worker_memory_mib()
        );
    }

    /// The processor time of the chunk workers for one row, in microseconds.
    pub(crate) fn chunk_micros_per_row(&self) -> f64 {
        self.chunks_cpu_seconds() / self.rows as f64 * 1e6
    }

    fn chunks_cpu_seconds(&self) -> f64 {
        self.workers.iter().map(|worker| worker.cpu_seconds).sum()
    }

    fn worker_memory_mib(&self) -> f64 {
        self.workers.iter().map(|worker| worker.peak_memory_mib).fold(0.0, f64::max)
    }

    /// The peak memory of the planner and of one worker.
    pub(crate) fn memory_mib(&self) -> f64 {
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

/// Requests the report of an import, and checks that it has every row. The tenant's own client would take the number of row
/// 12,345 for the sandbox bank's PIN.
async fn report(tenant: &Tenant, accepted: &Answer, rows: u64) -> Report {
    let path = format!("{}{}/report", tenant.url, accepted.header("location"));
    let begun = Instant::now();
    let answer = reqwest::Client::new().get(path).header("x-api-key", &tenant.key).send().await;
    let answer = answer.expect("an answer");
    let (status, mut text) = (answer.status(), answer.text().await.expect("text"));
    let elapsed = begun.elapsed();
    assert!(status.is_success(), "{status}: {text}");
    if let Some(url) =
        serde_json::from_str::<Value>(&text).ok().as_ref().and_then(|link| link["url"].as_str())
    {
        text = reqwest::get(url).await.expect("an answer").text().await.expect("text");
    }
    assert_eq!(text.lines().count() as u64, rows + 1);
    Report { elapsed, bytes: text.len() }
}

/// Checks that the import created or updated each account once.
fn check(job: &Value, rows: u64, contents: Contents) {
    let repeats = rows / ROWS_PER_REPEAT;
    let accounts = rows - repeats;
    let (imported, updated, unchanged) = match contents {
        Contents::New => (accounts, 0, 0),
        Contents::TenthChanged => (0, accounts, accounts - rows / 10),
        Contents::Unchanged => (0, accounts, accounts),
    };
    assert_eq!(job["control_totals"]["read"]["rows"], rows, "{job}");
    let names = ["total_records", "processed", "superseded", "imported", "updated", "unchanged"];
    let counts = names.map(|name| &job[name]);
    let wanted = [rows, rows, repeats, imported, updated, unchanged].map(|count| json!(count));
    assert_eq!(job["status"], "completed", "{job}");
    assert_eq!(counts, wanted.each_ref(), "{job}");
}
