//! What AWS does that the embedded services don't: writes that meet a transaction, items that are
//! throttled for a while, workers that finish after their work was given up.

use std::sync::Arc;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use axum::http::Method;
use jiff::Timestamp;
use local::{Data, sqs_event};
use saldo_domain::id::{AccountId, ImportId};
use saldo_domain::import::{Counts, ImportStatus};
use saldo_jobs::import::Redriven;
use saldo_store::ChunkPart;
use saldo_store::app::{App, Limits};
use serde_json::{Value, json};
use testing::TestStack;
use testing::wire::{Call, CallResult, Fault, FaultPlan, Interceptor, intercepted, read_body, set_body};

use crate::dead_letters::Bench;

/// The SDK's own retries, without their pauses.
fn quick(sdk: &SdkConfig) -> SdkConfig {
    let retries = RetryConfig::standard()
        .with_initial_backoff(Duration::from_millis(1))
        .with_max_backoff(Duration::from_millis(2));
    sdk.to_builder().retry_config(retries).build()
}

/// The attempts of the SDK at one call.
const ATTEMPTS: i64 = 5;

#[tokio::test]
async fn key_is_made_and_revoked_despite_transaction_conflicts() {
    let stack = TestStack::start(&Data::Ephemeral).await;
    let writes = &["TransactWriteItems", "UpdateItem"];
    let faults = FaultPlan::fail_matching(writes, "KeysTable", Fault::Conflict);
    let sdk = quick(&stack.aws.sdk_of("KeysFunction"));
    let app = App::new(&stack.aws.settings, &intercepted(&sdk, &faults));
    // The first use of the caller's key is recorded.
    faults.fail_next(ATTEMPTS - 1);
    assert_eq!(stack.ask(&app, Method::GET, "/api/v1/keys", Value::Null).await.0, 200);
    assert_eq!(faults.failures_left(), 0);

    faults.fail_next(ATTEMPTS - 1);
    let body = json!({ "name": "ERP", "scopes": ["import"] });
    let (status, made) = stack.ask(&app, Method::POST, "/api/v1/keys", body.clone()).await;
    assert_eq!((status.as_u16(), faults.failures_left()), (201, 0), "{made}");

    faults.fail_next(ATTEMPTS - 1);
    let key = format!("/api/v1/keys/{}", made["id"].as_str().expect("an id"));
    let (status, answer) = stack.ask(&app, Method::DELETE, &key, Value::Null).await;
    assert_eq!((status.as_u16(), faults.failures_left()), (204, 0), "{answer}");

    // A conflict that lasts is a reason to come back later, and no error of the service.
    faults.fail_next(ATTEMPTS);
    let (status, answer) = stack.ask(&app, Method::POST, "/api/v1/keys", body).await;
    assert_eq!((status.as_u16(), faults.failures_left()), (503, 0), "{answer}");
    stack.stop().await;
}

/// Begins an import of four rows in two chunks. Returns the messages of the chunks.
async fn two_chunks(bench: &Bench) -> (ImportId, Vec<aws_sdk_sqs::types::Message>) {
    let id = bench.begin(4).await;
    let plan = bench.stack.messages(&bench.stack.aws.settings.queues.plan).await;
    saldo_jobs::import::handle(bench.app.clone(), sqs_event(&plan)).await;
    let chunks = bench.stack.messages(&bench.stack.aws.settings.queues.import).await;
    assert_eq!(chunks.len(), 2);
    (id, chunks)
}

#[tokio::test]
async fn throttled_row_is_tried_again_and_does_not_put_its_chunk_back() {
    let bench = Bench::start(2).await;
    let (id, chunks) = two_chunks(&bench).await;
    let busy = AccountId::of_external(&bench.stack.org, &"r-0".parse().expect("an external id"));
    let faults = FaultPlan::fail_matching(&["UpdateItem"], &busy.to_string(), Fault::Throttled);
    let sdk = quick(&bench.stack.aws.sdk_of("ImportWorkerFunction"));
    let app = App::new(&bench.stack.aws.settings, &intercepted(&sdk, &faults));
    let app = App { limits: bench.app.limits, ..app };
    faults.fail_next(2 * ATTEMPTS);
    let answer = saldo_jobs::import::handle(app, sqs_event(&chunks)).await;
    assert_eq!((answer.batch_item_failures, faults.failures_left()), (vec![], 0));
    let put_back = bench.stack.messages(&bench.stack.aws.settings.queues.import).await;
    assert_eq!(put_back, [], "the chunk is done, not put back");
    let import = bench.import(&id).await;
    assert_eq!((import.job.status, import.counts().imported), (ImportStatus::Completed, 4), "{import:#?}");
    bench.stack.stop().await;
}

#[tokio::test]
async fn chunk_whose_time_is_up_is_put_back_and_goes_on_with_the_rows_that_are_left() {
    let bench = Bench::start(2).await;
    let (id, chunks) = two_chunks(&bench).await;
    let busy = AccountId::of_external(&bench.stack.org, &"r-0".parse().expect("an external id"));
    let faults = FaultPlan::fail_matching(&["UpdateItem"], &busy.to_string(), Fault::Throttled);
    let sdk = quick(&bench.stack.aws.sdk_of("ImportPlannerFunction"));
    let app = App::new(&bench.stack.aws.settings, &intercepted(&sdk, &faults));
    let limits = Limits {
        chunk_time: Duration::from_millis(1),
        throttled_rest: Duration::ZERO,
        writes_in_flight: 1,
        ..bench.app.limits
    };
    faults.fail_next(i64::MAX);
    let answer = saldo_jobs::import::handle(App { limits, ..app }, sqs_event(&chunks)).await;
    assert_eq!(answer.batch_item_failures, []);
    let import = bench.import(&id).await;
    assert_eq!((import.job.status, import.counts().imported), (ImportStatus::Processing, 2), "{import:#?}");
    bench.work().await;
    let import = bench.import(&id).await;
    assert_eq!((import.job.status, import.counts().imported), (ImportStatus::Completed, 4), "{import:#?}");
    bench.stack.stop().await;
}

#[tokio::test]
async fn late_worker_replaces_given_up_chunk_after_the_end() {
    let bench = Bench::start(2).await;
    let (id, chunks) = two_chunks(&bench).await;
    let [first, second] = [0, 1].map(|n| sqs_event(&chunks[n..=n]));
    // The job, the bucket, the file, the organization, the look-up and two rows; it halts before
    // the commit.
    let faults = FaultPlan::hold_after(7);
    let slow = App::new(
        &bench.stack.aws.settings,
        &intercepted(&bench.stack.aws.sdk_of("ImportWorkerFunction"), &faults),
    );
    let slow =
        tokio::spawn(saldo_jobs::import::handle(App { limits: bench.app.limits, ..slow }, first.clone()));
    faults.reached().await;
    saldo_jobs::import::handle(bench.app.clone(), second).await;
    let closing = bench.app_of("ImportDeadLettersFunction");
    assert_eq!(saldo_jobs::import::handle_dead_letters(closing, first.clone()).await.batch_item_failures, []);
    let import = bench.import(&id).await;
    assert_eq!(import.job.status, ImportStatus::Completed, "the rows are there: {import:#?}");
    assert_eq!((import.progress.chunks_given_up, import.job.totals), (1, None), "{import:#?}");

    faults.release();
    assert_eq!(slow.await.expect("no panic").batch_item_failures, []);
    let import = bench.import(&id).await;
    assert_eq!((import.progress.chunks_done, import.progress.chunks_given_up), (2, 0), "{import:#?}");
    assert_eq!((import.counts().imported, import.processed()), (4, 4), "{import:#?}");
    assert_eq!(bench.redrive(&id).await, Redriven::NothingToDo);
    bench.stack.stop().await;
}

#[tokio::test]
async fn worker_of_the_last_chunk_may_die_at_any_request() {
    let bench = Bench::start(2).await;
    for after_effect in [false, true] {
        // The job, the bucket, the file, the organization, the look-up, two rows, the commit, the
        // job, the buckets, the end and its event.
        for requests in 0..=11 {
            let (id, chunks) = two_chunks(&bench).await;
            let [first, last] = [0, 1].map(|n| sqs_event(&chunks[n..=n]));
            saldo_jobs::import::handle(bench.app.clone(), first).await;
            let faults = Arc::new(FaultPlan::default());
            let doomed = App::new(&bench.stack.aws.settings, &intercepted(bench.stack.sdk(), &faults));
            let doomed = App { limits: bench.app.limits, ..doomed };
            faults.kill_after(requests, after_effect);
            assert!(
                faults.run(saldo_jobs::import::handle(doomed, last.clone())).await.is_none(),
                "it dies at {requests}"
            );
            for _twice in 0..2 {
                let answer = saldo_jobs::import::handle(bench.app.clone(), last.clone()).await;
                assert_eq!(answer.batch_item_failures, []);
                let import = bench.import(&id).await;
                assert_eq!(import.job.status, ImportStatus::Completed, "{requests}: {import:#?}");
                assert_eq!(import.processed(), 4, "{requests}: {import:#?}");
                assert_eq!(import.job.totals, Some(import.progress), "{requests}: {import:#?}");
            }
        }
    }
    bench.stack.stop().await;
}

#[tokio::test]
async fn handler_that_read_the_job_before_a_redrive_can_not_close_it() {
    let bench = Bench::start(2).await;
    let (id, _) = two_chunks(&bench).await;
    let before = bench.import(&id).await.job;
    let counts = Counts { failed: 2, ..Counts::default() };
    let give_up = async || {
        for number in [0, 1] {
            let part = ChunkPart { counts, ..ChunkPart::given_up(number) };
            bench.app.imports.commit(&before, &part, Timestamp::now()).await.expect("DynamoDB");
        }
        bench.import(&id).await
    };
    let import = give_up().await;
    assert_eq!((import.job.status, import.failed()), (ImportStatus::CompletedWithErrors, 4), "{import:#?}");
    assert_eq!(bench.redrive(&id).await, Redriven::Queued { chunks: 2, plan: false });
    let import = give_up().await;
    assert_eq!((import.job.status, import.processed()), (ImportStatus::Processing, 0), "{import:#?}");
    bench.work().await;
    let import = bench.import(&id).await;
    assert_eq!((import.job.status, import.counts().imported), (ImportStatus::Completed, 4), "{import:#?}");
    assert_eq!(import.job.totals, Some(import.progress), "{import:#?}");
    bench.stack.stop().await;
}

/// Takes away the old values that an update returns.
#[derive(Debug)]
struct NoOldValues;

impl Interceptor for NoOldValues {
    async fn intercept(&self, call: Call) -> CallResult {
        let asked = call.json()["ReturnValues"] == "UPDATED_OLD";
        let mut response = call.send().await?;
        if asked {
            let body = read_body(&mut response).await?;
            let mut answer: Value = serde_json::from_slice(&body).unwrap_or_default();
            answer.as_object_mut().expect("an object").remove("Attributes");
            set_body(&mut response, answer.to_string().into_bytes());
        }
        Ok(response)
    }
}

#[tokio::test]
async fn rows_are_counted_without_the_old_values_of_their_updates() {
    let bench = Bench::start(2).await;
    let app = App::new(&bench.stack.aws.settings, &intercepted(bench.stack.sdk(), &Arc::new(NoOldValues)));
    let mut counts = Vec::new();
    for name in ["A", "B"] {
        let row = json!({ "external_id": "r-0", "contact": { "name": name }, "total_amount": 1 });
        let (_, accepted) =
            bench.stack.ask(&app, Method::POST, "/api/v1/import", json!({ "accounts": [row] })).await;
        let id = accepted["job_id"].as_str().and_then(|id| id.parse().ok()).expect("an id");
        let plan = bench.stack.messages(&bench.stack.aws.settings.queues.plan).await;
        saldo_jobs::import::handle(app.clone(), sqs_event(&plan)).await;
        let import = bench.import(&id).await;
        counts.push((import.counts().imported, import.counts().updated));
    }
    assert_eq!(counts, [(1, 0), (0, 1)]);
    bench.stack.stop().await;
}
