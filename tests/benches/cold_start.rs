//! Cold starts: the time from the start of each function's process to its first response through the Runtime API,
//! compared with a minimal function that makes the same calls to DynamoDB.
//!
//! `cargo build --workspace --release --bins && cargo bench --workspace --bench cold_start`
//!
//! The names of functions after `--` choose them. `BINARIES` names a directory with other binaries, such as those of a
//! build with fat LTO.
//!
//! The minimal function is the crate `minimal-function`: `lambda_http` and one DynamoDB client, set up as the SDK's
//! documentation shows. Both are built in the same way and started in turn, so that other load on the machine slows
//! down both.
//!
//! The same calls are those that a function sends to DynamoDB for the request: the look-up of the key and then what its
//! handler reads. They are recorded before the measurement, and the minimal function repeats them, all but the first at
//! the same time. What a function does besides counts against it: the calls of its start (`docs/decisions/connect-at-start.md`),
//! clients of S3, SQS and KMS, logs, and the checks of the request. A worker gets an event without messages and makes no
//! call for it; it is compared with a minimal function that makes the worker's calls of its start. `docs` uses no
//! service; it is compared with a minimal function without a client that answers with the same document.

use std::path::PathBuf;
use std::{env, fs};

use local::{Aws, Data};
use saldo_domain::id::OrgId;
use serde_json::{Value, json};
use testing::bench::Recorder;
use testing::lambda::{Function, http_event};
use testing::services;

/// How often each function is started.
const RUNS: usize = 30;
const MINIMAL: &str = "minimal-function";

#[tokio::main]
async fn main() {
    let aws = services(&Data::Ephemeral).await;
    let org = OrgId::random().expect("randomness");
    let key = local::demo::create_organization(&aws.app(), org, "Bench", "ARS").await.expect("a key");
    let request = |method: &str, path: &str, body: &str| http_event(method, path, key.expose(), body);
    let get = |path: &str| request("GET", path, "");
    let environment = environment(&aws);

    // This is also the first use of the key, which costs a write.
    let upload = request("POST", "/api/v1/import/uploads", r#"{"format":"csv"}"#);
    let upload =
        Function::start(&binary("import"), &environment).await.invoke(upload).await.expect("an answer");
    let upload: Value = serde_json::from_str(upload["body"].as_str().unwrap_or_default()).expect("an upload");
    let upload = format!("/api/v1/import/uploads/{}", upload["upload_id"].as_str().expect("an id"));

    let no_messages = json!({ "Records": [] });
    let day = json!({ "id": "1", "detail-type": "Scheduled Event", "source": "aws.events", "account": "123456789012",
        "time": "2026-01-31T04:00:00Z", "region": "us-east-1", "resources": [], "detail": {} });
    let functions: [(&str, Value); 18] = [
        ("docs", get("/openapi.json")),
        ("accounts", get("/v1/accounts")),
        ("clients", get("/api/clients")),
        ("export", get("/api/v1/export")),
        ("import", get(&upload)),
        ("keys", get("/api/v1/keys")),
        ("status", get("/api/v1/import")),
        ("sync", get("/rest/accesses")),
        ("transactions", get("/api/public/v1/transactions?accountIdentifier=DE1")),
        ("export-worker", no_messages.clone()),
        ("export-dead-letters", no_messages.clone()),
        ("import-worker", no_messages.clone()),
        ("import-dead-letters", no_messages.clone()),
        ("notifications-worker", no_messages.clone()),
        ("notifications-dead-letters", no_messages.clone()),
        ("sync-worker", no_messages.clone()),
        ("sync-dead-letters", no_messages),
        ("sync-schedule", day),
    ];

    let recorder = Recorder::start(aws.endpoints().dynamodb.clone()).await;
    let chosen: Vec<String> = env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    println!("{:<28}{:>7}{:>12}{:>8}{:>8}{:>10}", "", "calls", "minimal ms", "ms", "times", "bytes");
    for (name, event) in
        functions.into_iter().filter(|(name, _)| chosen.is_empty() || chosen.iter().any(|c| c == name))
    {
        let calls = record(name, &event, &environment, &recorder).await;
        let mut minimal = environment.clone();
        minimal.push(("CALLS".to_owned(), Value::from(calls.clone()).to_string()));
        let (mut times, mut least) = (Vec::with_capacity(RUNS), Vec::with_capacity(RUNS));
        for _ in 0..RUNS {
            least.push(cold_start(MINIMAL, &get("/"), &minimal).await);
            times.push(cold_start(name, &event, &environment).await);
        }
        let (least, median) = (median(least), median(times));
        let bytes = fs::metadata(binary(name)).expect("the binary").len();
        println!("{name:<28}{:>7}{least:>12.1}{median:>8.1}{:>8.2}{bytes:>10}", calls.len(), median / least);
    }
    aws.stop().await;
}

/// The variables of all functions, and one that excepts the services from the proxy that [`Function`] sets: the minimal
/// function, whose client has the SDK's defaults, would use it.
fn environment(aws: &Aws) -> Vec<(String, String)> {
    let no_proxy = ("NO_PROXY".to_owned(), "127.0.0.1".to_owned());
    aws.environment().into_iter().chain([no_proxy]).collect()
}

/// The calls to DynamoDB that a function makes for an event, or, if none, while it starts.
async fn record(
    name: &str,
    event: &Value,
    environment: &[(String, String)],
    recorder: &Recorder,
) -> Vec<Value> {
    let mut variables = environment.to_vec();
    // Of two variables with one name the later one counts.
    variables.push(("AWS_ENDPOINT_URL_DYNAMODB".to_owned(), recorder.url.clone()));
    let mut function = Function::start(&binary(name), &variables).await;
    function.ready().await;
    let starting = recorder.lap();
    function.invoke(event.clone()).await.unwrap_or_else(|error| panic!("{name}: {error}"));
    let handling = recorder.lap();
    if handling.is_empty() { starting } else { handling }
}

/// The time from the start of a function's process to its response to this event, in milliseconds.
async fn cold_start(name: &str, event: &Value, environment: &[(String, String)]) -> f64 {
    let mut function = Function::start(&binary(name), environment).await;
    let answer = function.invoke(event.clone()).await.unwrap_or_else(|error| panic!("{name}: {error}"));
    let status = answer["statusCode"].as_u64();
    assert!(status.is_none_or(|status| status < 300), "{name}: {answer}");
    function.response_time().as_secs_f64() * 1_000.0
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_unstable_by(f64::total_cmp);
    times[times.len() / 2]
}

/// The path of a binary of the same build, or of the directory that the variable `BINARIES` names.
fn binary(name: &str) -> String {
    let own = || env::current_exe().ok()?.ancestors().nth(2).map(PathBuf::from);
    let directory = env::var_os("BINARIES").map(PathBuf::from).or_else(own);
    let path = directory.expect("a directory").join(name);
    assert!(path.exists(), "{} is not built", path.display());
    path.to_str().expect("a path in Unicode").to_owned()
}
