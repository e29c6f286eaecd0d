//! Cold starts: the time from the start of each function's process to its first response through the
//! Runtime API, compared with a minimal function that is built in the same way.
//!
//! The binaries are those of the benchmark's profile. Build them first:
//! `cargo build --workspace --release --bins`.

use std::env;
use std::path::PathBuf;
use std::time::Duration;

use local::Data;
use saldo_domain::id::OrgId;
use serde_json::{Value, json};
use testing::lambda::{Function, http_event};
use testing::services;

/// How often each function is started.
const RUNS: usize = 20;

#[tokio::main]
async fn main() {
    let aws = services(&Data::Ephemeral).await;
    let org = OrgId::random().expect("randomness");
    let key = local::demo::create_organization(&aws.app(), org, "Bench", "ARS").await.expect("a key");
    let get = |path: &str| http_event("GET", path, key.expose(), "");
    let upload = http_event("POST", "/api/v1/import/uploads", key.expose(), r#"{"format":"csv"}"#);
    let no_messages = json!({ "Records": [] });
    let day = json!({ "id": "1", "detail-type": "Scheduled Event", "source": "aws.events", "account": "123456789012",
        "time": "2026-01-31T04:00:00Z", "region": "us-east-1", "resources": [], "detail": {} });
    let functions: [(&str, Value); 19] = [
        ("minimal-function", get("/")),
        ("docs", get("/openapi.json")),
        ("accounts", get("/v1/accounts")),
        ("clients", get("/api/clients")),
        ("export", get("/api/v1/export")),
        ("import", upload),
        ("keys", get("/api/v1/keys")),
        ("status", get("/api/v1/import")),
        ("sync", get("/rest/catalog")),
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

    println!("{:<28}{:>10}{:>10}{:>10}{:>10}", "", "median ms", "least", "most", "times");
    let mut minimal = None;
    for (name, event) in functions {
        let binary = binary(name);
        let mut times = Vec::with_capacity(RUNS);
        for _ in 0..RUNS {
            let mut function = Function::start(&binary, &aws.environment()).await;
            let answer = function.invoke(event.clone()).await;
            times.push(function.age());
            let answer = answer.unwrap_or_else(|error| panic!("{name}: {error}"));
            let status = answer["statusCode"].as_u64();
            assert!(status.is_none_or(|status| status < 300), "{name}: {answer}");
        }
        times.sort_unstable();
        let [shortest, median, longest] = [0, RUNS / 2, RUNS - 1].map(|at| milliseconds(times[at]));
        let least = *minimal.get_or_insert(median);
        println!("{name:<28}{median:>10.1}{shortest:>10.1}{longest:>10.1}{:>10.2}", median / least);
    }
    aws.stop().await;
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

/// The path of a binary of the same build.
fn binary(name: &str) -> String {
    let mut path: PathBuf = env::current_exe().expect("this program");
    path.pop();
    path.pop();
    path.push(name);
    assert!(path.exists(), "{} is not built", path.display());
    path.to_str().expect("a path in Unicode").to_owned()
}
