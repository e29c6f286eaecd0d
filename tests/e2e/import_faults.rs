//! Imports under random faults: messages arrive twice, late and in any order; workers are killed at
//! any call; services throttle calls and parts of batches, reject writes because of transactions,
//! fail, time out and cut files short; chunks can't be read; owners cancel imports; and balances are set by hand
//! and adjustments acknowledged meanwhile. Every job ends, every row is counted once, the accounts are the same as if the
//! imports had run one after the other, and every change by hand counts.
//!
//! `SALDO_SEEDS` is the number of random histories.

mod by_hand;
mod check;
mod delivery;
mod nightly;
mod queues;
mod results;

use std::collections::BTreeSet;
use std::env;
use std::sync::Arc;
use std::time::Duration;

use aws_config::retry::RetryConfig;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use local::App;
use local::{Aws, Data};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use saldo_domain::id::{ImportId, OrgId};
use saldo_http::service;
use saldo_jobs::import::Redriven;
use saldo_store::Limits;
use saldo_store::files::uploaded_file;
use serde_json::{Value, json};
use testing::services;
use testing::wire::{Fault, FaultPlan, StubResponses, intercepted};
use tower::ServiceExt;

use self::by_hand::ByHand;
use self::queues::{InFlight, Visibility};
use crate::model::{random_rows, table};

/// The number of histories of a quick run.
const SEEDS: u64 = 20;
/// The number of imports in one history.
const IMPORTS: usize = 3;
/// The maximum number of calls of a worker before it dies.
const CALLS_MAX: i64 = 18;
/// The maximum number of deliveries in one history.
const DELIVERIES_MAX: usize = 5_000;
/// The failures of a message after which its deliveries have no more random faults: fewer than those
/// that move it to the dead-letter queue.
const RANDOM_FAILURES_MAX: u32 = 3;
/// The failures after which the template moves a message to the dead-letter queue.
const RECEIVES_MAX: u32 = 10;

#[tokio::test]
async fn rows_count_once_and_newest_wins_under_random_faults() {
    let seeds = env::var("SALDO_SEEDS").ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(SEEDS);
    let first = env::var("SALDO_FIRST_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(0);
    let aws = services(&Data::Ephemeral).await;
    let stack = FaultyStack::new(&aws);
    let mut tally = Tally::default();
    for seed in first..first + seeds {
        Box::pin(History::new(&stack, seed).await.run(&mut tally)).await;
    }
    aws.stop().await;
    let faults: u64 = stack.faults.injected().values().sum();
    println!(
        "{seeds} histories, {} imports, {} deliveries: {} workers killed ({} of them planners), {} faults of services ({:?}), {} dead letters, {} redriven, {} cancelled, {} rows unchanged, {} of them without a mark, {} messages requeued, {} visible sooner, {} balances set by hand, {} adjustments acknowledged",
        tally.imports,
        tally.deliveries,
        tally.deaths,
        tally.planners_killed,
        faults,
        stack.faults.injected(),
        tally.dead_letters,
        tally.redriven,
        tally.cancelled,
        tally.unchanged,
        tally.unmarked,
        tally.hops,
        tally.shortened,
        tally.adjusted,
        tally.acknowledged
    );
    if seeds >= SEEDS {
        let injected = stack.faults.injected();
        let kinds: BTreeSet<_> = injected.keys().map(|(_, fault)| fault).collect();
        assert_eq!(kinds.len(), Fault::KINDS, "kinds of faults were injected: {kinds:?}");
        // A quick run has about a hundred batches of statements, of which a few are throttled in part, or none.
        let batches: &[_] = match seeds {
            ..60 => &["SendMessageBatch"],
            60.. => &["BatchExecuteStatement", "SendMessageBatch"],
        };
        for operation in batches {
            let in_part = injected.get(&((*operation).to_owned(), Fault::PartlyThrottled));
            assert!(in_part.is_some(), "{operation} was never throttled in part: {injected:?}");
        }
        for (what, count) in [
            ("deaths", tally.deaths),
            ("deaths of planners", tally.planners_killed),
            ("faults", faults / 4),
            ("dead letters", tally.dead_letters * 4),
            ("redriven", tally.redriven * 4),
            ("cancelled", tally.cancelled * 4),
            ("rows unchanged", tally.unchanged),
            ("rows unchanged without a mark", tally.unmarked * 2),
            ("messages requeued", tally.hops),
            ("balances set by hand", tally.adjusted / 2),
            ("adjustments acknowledged", tally.acknowledged),
            ("messages visible sooner", tally.shortened),
        ] {
            assert!(count * 2 > seeds, "{count} {what}: too few for a meaningful test");
        }
    }
}

#[derive(Default)]
struct Tally {
    imports: u64,
    deliveries: u64,
    deaths: u64,
    planners_killed: u64,
    dead_letters: u64,
    redriven: u64,
    cancelled: u64,
    /// Rows that changed nothing, and those of them that left no mark.
    unchanged: u64,
    unmarked: u64,
    /// Messages that were requeued, and messages whose visibility timeout was shortened.
    hops: u64,
    shortened: u64,
    /// Changes by hand that were answered.
    adjusted: u64,
    acknowledged: u64,
}

/// The stack in which all histories run, one after the other.
struct FaultyStack {
    /// The app whose calls can fail.
    app: App,
    faults: Arc<FaultPlan>,
    visibility: Arc<Visibility>,
    /// The app of the function of accounts, whose calls can fail, too.
    by_hand: App,
    /// An app without faults.
    reliable: App,
    /// The app of the DLQ handler.
    dead_letter_handler: App,
    sqs: aws_sdk_sqs::Client,
    /// The URLs and the ARNs of the queues for plans and for chunks.
    queues: [(String, String); 2],
}

impl FaultyStack {
    fn new(aws: &Aws) -> Self {
        let faults = Arc::new(FaultPlan::default());
        let visibility = Arc::new(Visibility::default());
        let seen = Arc::clone(&visibility);
        let visible = StubResponses(move |operation: &str, body: &Value| seen.answer(operation, body));
        // The SDK's retries, without their delays.
        let retries = RetryConfig::standard()
            .with_initial_backoff(Duration::from_millis(1))
            .with_max_backoff(Duration::from_millis(2));
        let sources = aws.template().sources().expect("a good template");
        let arn = |function: &str| {
            let source = sources.iter().find(|source| source.function_name == function);
            source.expect("its queue").event_source_arn.clone()
        };
        // The planner's role, because it allows everything that the worker needs.
        let sdk = aws.sdk_of("ImportPlannerFunction").to_builder().retry_config(retries.clone()).build();
        let by_hand = aws.sdk_of("AccountsFunction").to_builder().retry_config(retries.clone()).build();
        Self {
            by_hand: aws.app_over(&intercepted(&by_hand, &faults)),
            app: aws.app_over(&intercepted(&intercepted(&sdk, &Arc::new(visible)), &faults)),
            faults,
            visibility,
            reliable: aws.app(),
            dead_letter_handler: aws.app_of("ImportDeadLettersFunction"),
            sqs: aws_sdk_sqs::Client::new(aws.sdk_config()),
            queues: [
                (aws.variables["SALDO_PLAN_QUEUE"].clone(), arn("ImportPlannerFunction")),
                (aws.variables["SALDO_IMPORT_QUEUE"].clone(), arn("ImportWorkerFunction")),
            ],
        }
    }
}

struct History<'a> {
    stack: &'a FaultyStack,
    seed: u64,
    random: StdRng,
    org: OrgId,
    key: String,
    /// The stack's app, with limits of this history.
    app: App,
    imports: Vec<(ImportId, Vec<Value>)>,
    /// The maximum number of rows of an import.
    rows_max: usize,
    /// The import that is cancelled, if one is. No other import writes its accounts.
    cancelled: Option<ImportId>,
    waiting: Vec<InFlight>,
    /// The seconds since the history began.
    now: u64,
    /// The chunks that were queued so far.
    met: BTreeSet<(ImportId, u32)>,
    /// Whether there are changes by hand. A row in another currency than the one in which a balance was set loses its amount, so
    /// then there is one currency.
    is_edited: bool,
    by_hand: ByHand,
}

impl<'a> History<'a> {
    async fn new(stack: &'a FaultyStack, seed: u64) -> Self {
        let mut random = StdRng::seed_from_u64(seed);
        // Some histories have more chunks than a bucket of results holds.
        let (rows_max, rows_per_chunk) =
            if random.random_bool(0.1) { (90, 1) } else { (9, random.random_range(1..6)) };
        let limits = Limits {
            rows_per_chunk,
            chunks_at_once: random.random_range(1..4),
            batches_in_flight: random.random_range(1..4),
            // Some planners have time for only one batch.
            planning_time: if random.random_bool(0.3) { Duration::ZERO } else { Duration::from_mins(1) },
            // Some workers requeue a throttled chunk at once, others retry its rows.
            chunk_time: Duration::from_millis(if random.random_bool(0.3) { 100 } else { 0 }),
            throttled_rest: Duration::ZERO,
            ..Limits::default()
        };
        let app = App { limits, ..stack.app.clone() };
        let org = OrgId::random().expect("randomness");
        let key = local::demo::create_organization(&stack.reliable, org.clone(), "Test", "ARS").await;
        let key = key.expect("an organization").expose().to_owned();
        let (imports, waiting, met) = (Vec::new(), Vec::new(), BTreeSet::new());
        let (is_edited, by_hand) = (random.random_bool(0.6), ByHand::default());
        Self {
            stack,
            seed,
            random,
            org,
            key,
            app,
            imports,
            rows_max,
            cancelled: None,
            waiting,
            now: 0,
            met,
            is_edited,
            by_hand,
        }
    }

    async fn run(mut self, tally: &mut Tally) {
        for number in 0..IMPORTS {
            self.begin(number, tally).await;
            // Sometimes the previous imports have started, sometimes they have ended. One that is to be cancelled runs on.
            if self.random.random_bool(0.4) && self.cancelled.is_none() {
                self.deliver_all(tally).await;
            }
            for _ in 0..self.random.random_range(0..6) {
                self.deliver_one(tally).await;
            }
            self.maybe_cancel(number, tally).await;
        }
        self.deliver_all(tally).await;
        self.check().await;
        if self.random.random_bool(0.7) && self.redrive(tally).await {
            self.deliver_all(tally).await;
            self.check().await;
        }
        for (id, _) in &self.imports {
            let import =
                self.stack.reliable.imports.find(&self.org, id).await.expect("DynamoDB").expect("a job");
            tally.unchanged += import.counts().unchanged;
            tally.unmarked += if import.job.marks_unchanged { 0 } else { import.counts().unchanged };
        }
    }

    async fn deliver_all(&mut self, tally: &mut Tally) {
        for _ in 0..DELIVERIES_MAX {
            if !self.deliver_one(tally).await {
                return;
            }
        }
        let waiting: Vec<_> =
            self.waiting.iter().map(|waiting| (&waiting.queued, waiting.failures)).collect();
        panic!("seed {}: the messages do not end: {waiting:?}", self.seed);
    }

    /// Redrives every import twice. Returns whether there was something to redrive.
    async fn redrive(&mut self, tally: &mut Tally) -> bool {
        let mut redriven = false;
        for (id, _) in &self.imports {
            for _twice in 0..2 {
                let done = saldo_jobs::import::redrive(&(&self.stack.reliable).into(), &self.org, id)
                    .await
                    .expect("services without faults");
                assert_ne!(done, Redriven::Overtaken, "seed {}", self.seed);
                if matches!(done, Redriven::Queued { .. }) {
                    redriven = true;
                    tally.redriven += 1;
                }
            }
        }
        redriven
    }

    /// Posts rows in a request or as a file.
    async fn begin(&mut self, number: usize, tally: &mut Tally) {
        let kind = self.random.random_range(0..4);
        // The last import can have accounts that no other import writes: then it can be cancelled.
        let own = number + 1 == IMPORTS && self.random.random_bool(0.8);
        let count = self.random.random_range(1..=self.rows_max);
        let mut rows = random_rows(&mut self.random, count, if own { "own-" } else { "id-" }, kind == 0);
        if self.is_edited {
            let currencies = rows.iter_mut().filter_map(|row| row.get_mut("currency"));
            currencies.filter(|currency| currency.is_string()).for_each(|currency| *currency = json!("ARS"));
        }
        // As a nightly file does, some imports repeat most of the one before.
        if let Some((_, before)) = self.imports.last().filter(|_| !own && kind > 0)
            && self.random.random_bool(0.8)
        {
            let repeated = before.iter().filter(|_| self.random.random_bool(0.9)).cloned();
            rows = repeated.chain(rows.into_iter().take(1)).collect();
        }
        let lines = || rows.iter().map(|row| row.to_string() + "\n").collect::<String>();
        let location = match kind {
            0 => self.post_file("csv", table(&rows), json!({ "decimal_separator": "," })).await,
            1 => self.post_file("ndjson", lines(), json!({})).await,
            _ => self.post("/api/v1/import", json!({ "accounts": rows })).await.0,
        };
        let id: ImportId = location.rsplit('/').next().expect("an id").parse().expect("an id");
        if own {
            self.cancelled = Some(id.clone());
        }
        self.imports.push((id, rows));
        tally.imports += 1;
    }

    async fn maybe_cancel(&mut self, number: usize, tally: &mut Tally) {
        if number + 1 < IMPORTS || self.cancelled.is_none() || self.random.random_bool(0.2) {
            self.cancelled = None;
            return;
        }
        let Some(id) = &self.cancelled else { return };
        let (_, status) = self.post(&format!("/api/v1/import/{id}/cancel"), json!({})).await;
        match status {
            200 | 202 => tally.cancelled += 1,
            // The import ended first.
            409 => self.cancelled = None,
            other => panic!("seed {}: {other}", self.seed),
        }
    }

    async fn post_file(&self, format: &str, content: String, options: Value) -> String {
        let request = Request::post("/api/v1/import/uploads");
        let answer = self.send(request, json!({ "format": format })).await;
        let body = to_bytes(answer.into_body(), usize::MAX).await.expect("a body");
        let created: Value = serde_json::from_slice(&body).expect("JSON");
        let upload = created["upload_id"].as_str().expect("an id");
        let name = uploaded_file(&self.org, &upload.parse().expect("an id"));
        self.stack.reliable.files.put(&name, "text/plain", content.into()).await.expect("S3");
        let mut request = options;
        request["upload_id"] = json!(upload);
        self.post("/api/v1/import", request).await.0
    }

    /// The `Location` and the status of the response.
    async fn post(&self, path: &str, body: Value) -> (String, u16) {
        let answer = self.send(Request::post(path), body).await;
        let location = answer.headers().get("location").and_then(|at| at.to_str().ok());
        (location.unwrap_or_default().to_owned(), answer.status().as_u16())
    }

    async fn send(&self, request: axum::http::request::Builder, body: Value) -> axum::response::Response {
        let request = request.header("x-api-key", &self.key).header("content-type", "application/json");
        let request = request.body(Body::from(body.to_string())).expect("a request");
        let accepting = App { limits: self.app.limits, ..self.stack.reliable.clone() };
        service(import::routes((&accepting).into())).oneshot(request).await.expect("an answer")
    }
}
