//! An import of 20,000 rows through the local stack, from request to receipt: rows a
//! second, what DynamoDB charges, and peak memory.
//!
//! `cargo bench --workspace --profile ci --bench import`
//!
//! The embedded AWS services run in a process of their own, so that the memory shown for
//! the functions is theirs alone.

use std::env;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Instant;

use local::{Aws, Data, Endpoints, Functions};
use saldo::app::App;
use saldo::http::BODY_BYTES_MAX;
use saldo::id::OrgId;
use saldo::settings::Settings;
use serde_json::json;
use testing::Tenant;
use testing::wire::{Meter, tapped};

const ROWS: usize = 20_000;
/// What an import may cost, bookkeeping included.
const WRITE_UNITS_PER_ROW_MAX: f64 = 1.05;
/// Tells this program to be the services.
const SERVICES: &str = "--aws-services";

#[tokio::main]
async fn main() {
    if env::args().any(|argument| argument == SERVICES) {
        return serve().await;
    }
    let mut services = Services::start();
    let endpoints = Endpoints {
        dynamodb: services.variable("AWS_ENDPOINT_URL_DYNAMODB"),
        s3: services.variable("AWS_ENDPOINT_URL_S3"),
        sqs: services.variable("AWS_ENDPOINT_URL_SQS"),
    };
    let settings = Settings::read(|name| Some(services.variable(name))).expect("the settings");
    let meter = Arc::new(Meter::default());
    let app = App::new(&settings, &tapped(&endpoints.sdk_config(), &meter));
    let calm = App::new(&settings, &endpoints.sdk_config());

    let org = OrgId::random().expect("randomness");
    let key = local::demo::create_organization(&calm, org, "Bench", "ARS").await.expect("an organization");
    let listener = local::listen(0).await.expect("a port");
    let functions = Functions::start(&endpoints.sdk_config(), &app, listener).expect("the functions");
    let tenant = Tenant::new(functions.url.clone(), key.expose().to_owned(), None);
    for what in ["20,000 new accounts", "the same again"] {
        import(&tenant, &meter, what).await;
    }
    println!("peak memory: functions {}, embedded services {}", peak_memory("self"), services.peak_memory());
    functions.stop().await;
}

async fn import(tenant: &Tenant, meter: &Meter, what: &str) {
    let before = meter.spent();
    let body = body();
    println!("\n{what}: {ROWS} rows, {} bytes", body.len());
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

    let (mut requests, mut write_units) = (0, 0.0);
    for (operation, after) in meter.spent() {
        let before = before.get(&operation).copied().unwrap_or_default();
        let (more, units) = (after.requests - before.requests, after.units - before.units);
        println!("  {operation:<20} {more:>7} requests {units:>9.1} units");
        requests += more;
        if ["UpdateItem", "PutItem", "DeleteItem", "TransactWriteItems"].contains(&operation.as_str()) {
            write_units += units;
        }
    }
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

/// Is the embedded services: says where they are, and ends when nobody listens.
async fn serve() {
    let aws = Aws::start(&Data::Ephemeral).await.expect("the services");
    for (name, value) in aws.environment() {
        println!("{name}={value}");
    }
    println!();
    std::io::stdout().flush().expect("somebody listens");
    std::future::pending::<()>().await;
}

/// The embedded services in a process of their own.
struct Services {
    process: Child,
    variables: Vec<String>,
}

impl Services {
    fn start() -> Self {
        let program = env::current_exe().expect("this program");
        let mut process =
            Command::new(program).arg(SERVICES).stdout(Stdio::piped()).spawn().expect("a process");
        let lines = BufReader::new(process.stdout.take().expect("its output")).lines();
        let variables = lines.map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
        Self { process, variables }
    }

    fn variable(&self, name: &str) -> String {
        let value = |line: &String| line.strip_prefix(name)?.strip_prefix('=').map(str::to_owned);
        self.variables.iter().find_map(value).unwrap_or_default()
    }

    fn peak_memory(&mut self) -> String {
        peak_memory(&self.process.id().to_string())
    }
}

impl Drop for Services {
    fn drop(&mut self) {
        let _gone_already = self.process.kill();
        let _reaped = self.process.wait();
    }
}

/// The most memory a process ever had, as Linux tells it.
fn peak_memory(process: &str) -> String {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    peak.map_or("unknown".to_owned(), |peak| peak.trim().to_owned())
}
