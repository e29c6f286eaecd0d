//! Behavior of AWS that the embedded services don't have: writes that conflict with a transaction,
//! items that are throttled for a while, and workers that finish after their chunk was marked as
//! failed.

use std::sync::Arc;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_sdk_dynamodb::types::AttributeValue;
use axum::http::Method;
use jiff::Timestamp;
use local::App;
use local::{Data, sqs_event};
use saldo_domain::id::{AccountId, ImportId};
use saldo_domain::import::{Counts, ImportStatus};
use saldo_jobs::import::Redriven;
use saldo_store::ChunkPart;
use saldo_store::Limits;
use serde_json::{Value, json};
use testing::TestStack;
use testing::wire::{Fault, FaultPlan, Meter, intercepted};

use crate::dead_letters::ImportFixture;

/// The SDK's retries, without their delays.
pub(crate) fn quick(sdk: &SdkConfig) -> SdkConfig {
    let retries = RetryConfig::standard()
        .with_initial_backoff(Duration::from_millis(1))
        .with_max_backoff(Duration::from_millis(2));
    sdk.to_builder().retry_config(retries).build()
}

/// How often the SDK attempts one call.
pub(crate) const ATTEMPTS: i64 = 5;

#[tokio::test]
async fn key_creation_and_revocation_survive_transaction_conflicts() {
    let stack = TestStack::start(&Data::Ephemeral).await;
    let writes = &["TransactWriteItems", "UpdateItem"];
    let faults = FaultPlan::fail_matching(writes, "KeysTable", Fault::Conflict);
    let sdk = quick(&stack.aws.sdk_of("KeysFunction"));
    let app = stack.aws.app_over(&intercepted(&sdk, &faults));
    // The first use of the caller's key is written to the table.
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

    // A lasting conflict asks the caller to retry later; it is not an internal error.
    faults.fail_next(ATTEMPTS);
    let (status, answer) = stack.ask(&app, Method::POST, "/api/v1/keys", body).await;
    assert_eq!((status.as_u16(), faults.failures_left()), (503, 0), "{answer}");
    stack.stop().await;
}

/// Starts an import of four rows in two chunks. Returns the messages of the chunks.
async fn two_chunks(fixture: &ImportFixture) -> (ImportId, Vec<aws_sdk_sqs::types::Message>) {
    let id = fixture.begin(4).await;
    fixture.plan().await;
    let chunks = fixture.chunks().await;
    assert_eq!(chunks.len(), 2);
    (id, chunks)
}

/// The app of a function whose calls can fail, with the fixture's limits.
fn over(fixture: &ImportFixture, function: &str, faults: &Arc<FaultPlan>) -> App {
    let sdk = intercepted(&quick(&fixture.stack.aws.sdk_of(function)), faults);
    App { limits: fixture.app.limits, ..fixture.stack.aws.app_over(&sdk) }
}

#[tokio::test]
async fn failed_statement_is_sent_again_if_it_may_pass_and_then_alone() {
    let fixture = ImportFixture::start(2).await;
    let busy = account_id(&fixture, 0).to_string();
    for (code, times, sent) in [
        ("ThrottlingError", 2, 2..=2),
        // Until the batch gives the statement up.
        ("ThrottlingError", i64::MAX, 2..=6),
        ("TransactionConflict", i64::MAX, 2..=6),
        ("InternalServerError", i64::MAX, 2..=6),
        // It would fail again.
        ("ValidationError", i64::MAX, 1..=1),
    ] {
        let (id, chunks) = two_chunks(&fixture).await;
        let faults = FaultPlan::fail_statements(&busy, code);
        faults.fail_next(times);
        let app = over(&fixture, "ImportWorkerFunction", &faults);
        let answer = saldo_jobs::import::handle((&app).into(), sqs_event(&chunks)).await;
        assert_eq!(answer.batch_item_failures, [], "{code}");
        assert!(sent.contains(&(times - faults.failures_left())), "{code}: {}", faults.failures_left());
        let put_back = fixture.chunks().await;
        assert_eq!(put_back, [], "the chunk is done, not requeued");
        let import = fixture.import(&id).await;
        assert_eq!(import.job.status, ImportStatus::Completed, "{code}: {import:#?}");
        assert_eq!(import.counts().imported + import.counts().updated, 4, "{code}: {import:#?}");
    }
    fixture.stack.stop().await;
}

#[tokio::test]
async fn statement_that_the_role_does_not_allow_fails_its_chunk() {
    let fixture = ImportFixture::start(2).await;
    for code in ["AccessDenied", "ResourceNotFound"] {
        let (id, chunks) = two_chunks(&fixture).await;
        let faults = FaultPlan::fail_statements(&account_id(&fixture, 0).to_string(), code);
        faults.fail_next(i64::MAX);
        let app = over(&fixture, "ImportWorkerFunction", &faults);
        let answer = saldo_jobs::import::handle((&app).into(), sqs_event(&chunks)).await;
        assert_eq!((answer.batch_item_failures.len(), i64::MAX - faults.failures_left()), (1, 1), "{code}");
        assert_eq!(fixture.import(&id).await.job.status, ImportStatus::Processing, "{code}");
        let answer = saldo_jobs::import::handle((&fixture.app).into(), sqs_event(&chunks)).await;
        assert_eq!(answer.batch_item_failures, [], "{code}");
        assert_eq!(fixture.import(&id).await.job.status, ImportStatus::Completed, "{code}");
    }
    fixture.stack.stop().await;
}

#[tokio::test]
async fn rows_of_a_throttled_request_are_written_alone_and_other_batches_are_not_sent_again() {
    let fixture = ImportFixture::start(50).await;
    let id = fixture.begin(51).await;
    fixture.plan().await;
    let chunks = fixture.chunks().await;
    let busy = account_id(&fixture, 0).to_string();
    let faults = FaultPlan::fail_matching(&["BatchExecuteStatement"], &busy, Fault::Throttled);
    faults.fail_next(ATTEMPTS);
    let meter = Arc::new(Meter::default());
    let sdk = intercepted(&quick(&fixture.stack.aws.sdk_of("ImportWorkerFunction")), &meter);
    let app = fixture.stack.aws.app_over(&intercepted(&sdk, &faults));
    let app = App { limits: fixture.app.limits, ..app };
    let answer = saldo_jobs::import::handle((&app).into(), sqs_event(&chunks)).await;
    assert_eq!((answer.batch_item_failures, faults.failures_left()), (vec![], 0));
    let import = fixture.import(&id).await;
    assert_eq!((import.job.status, import.counts().imported), (ImportStatus::Completed, 51), "{import:#?}");
    let spent = meter.spent();
    // The other batch of 25, and the single row of the second chunk.
    assert_eq!(spent["BatchExecuteStatement"].requests, 2, "{spent:?}");
    // 25 rows, two commits and the end.
    assert_eq!(spent["UpdateItem"].requests, 28, "{spent:?}");
    fixture.stack.stop().await;
}

#[tokio::test]
async fn chunk_out_of_time_is_requeued_with_remaining_rows() {
    let fixture = ImportFixture::start(2).await;
    let (id, chunks) = two_chunks(&fixture).await;
    let busy = account_id(&fixture, 0).to_string();
    let in_batches = FaultPlan::fail_statements(&busy, "ThrottlingError");
    let alone = FaultPlan::fail_matching(&["UpdateItem"], &busy, Fault::Throttled);
    let sdk = quick(&fixture.stack.aws.sdk_of("ImportPlannerFunction"));
    let app = fixture.stack.aws.app_over(&intercepted(&intercepted(&sdk, &in_batches), &alone));
    let limits =
        Limits { chunk_time: Duration::from_millis(1), throttled_rest: Duration::ZERO, ..fixture.app.limits };
    in_batches.fail_next(i64::MAX);
    alone.fail_next(i64::MAX);
    let answer = saldo_jobs::import::handle((&App { limits, ..app }).into(), sqs_event(&chunks)).await;
    assert_eq!(answer.batch_item_failures, []);
    let import = fixture.import(&id).await;
    assert_eq!((import.job.status, import.counts().imported), (ImportStatus::Processing, 2), "{import:#?}");
    assert!(names(&fixture, 0).await.is_none() && names(&fixture, 1).await.is_some());
    fixture.work().await;
    let import = fixture.import(&id).await;
    assert_eq!((import.job.status, import.counts().imported), (ImportStatus::Completed, 4), "{import:#?}");
    fixture.stack.stop().await;
}

#[tokio::test]
async fn no_group_of_rows_begins_after_the_deadline() {
    let fixture = ImportFixture::start(150).await;
    let id = fixture.begin(151).await;
    fixture.plan().await;
    let chunks = fixture.chunks().await;
    let limits = Limits { chunk_time: Duration::ZERO, throttled_rest: Duration::ZERO, ..fixture.app.limits };
    let app = App { limits, ..fixture.app.clone() };
    let answer = saldo_jobs::import::handle((&app).into(), sqs_event(&chunks)).await;
    assert_eq!(answer.batch_item_failures, []);
    assert_eq!(fixture.import(&id).await.counts().imported, 1, "of the second chunk");
    assert!(names(&fixture, 99).await.is_some() && names(&fixture, 100).await.is_none());
    fixture.work().await;
    let import = fixture.import(&id).await;
    assert_eq!((import.job.status, import.counts().imported), (ImportStatus::Completed, 151), "{import:#?}");
    fixture.stack.stop().await;
}

/// Begins an import of these rows, each with `name` in the contact and in the notes.
async fn import_rows(fixture: &ImportFixture, rows: &[usize], name: &str) -> ImportId {
    let row = |n: &usize| json!({ "external_id": format!("r-{n}"), "contact": { "name": name }, "total_amount": 1, "notes": name });
    let body = json!({ "accounts": rows.iter().map(row).collect::<Vec<_>>() });
    let (_, accepted) = fixture.stack.ask(&fixture.app, Method::POST, "/api/v1/import", body).await;
    accepted["job_id"].as_str().and_then(|id| id.parse().ok()).expect("an id")
}

/// The name and the notes of the account of a row; `None` if it does not exist.
async fn names(fixture: &ImportFixture, row: usize) -> Option<(String, String)> {
    let (status, account) =
        fixture.stack.ask(&fixture.app, Method::GET, &path(fixture, row), Value::Null).await;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    (status == 200).then(|| (text(&account["contact"]["name"]), text(&account["notes"])))
}

fn account_id(fixture: &ImportFixture, row: usize) -> AccountId {
    AccountId::of_external(&fixture.stack.org, &format!("r-{row}").parse().expect("an external id"))
}

fn path(fixture: &ImportFixture, row: usize) -> String {
    format!("/v1/accounts/{}", account_id(fixture, row))
}

#[tokio::test]
async fn batch_overwrites_nothing_that_others_wrote_after_its_look_up() {
    let fixture = ImportFixture::start(5).await;
    let pair = |name: &str, notes: &str| Some((name.to_owned(), notes.to_owned()));
    import_rows(&fixture, &[0, 1, 2, 3], "first").await;
    fixture.work().await;
    let late = import_rows(&fixture, &[0, 1, 2, 3, 4, 5], "late").await;
    fixture.plan().await;
    let chunks = fixture.chunks().await;

    // The worker has looked the accounts up, and is held before it sends its batch.
    let faults = FaultPlan::hold_at("BatchExecuteStatement");
    let held = over(&fixture, "ImportWorkerFunction", &faults);
    let worker = tokio::spawn(saldo_jobs::import::handle((&held).into(), sqs_event(&chunks)));
    faults.reached().await;
    let by_hand = json!({ "notes": "by hand" });
    assert_eq!(fixture.stack.ask(&fixture.app, Method::PUT, &path(&fixture, 0), by_hand).await.0, 200);
    let gone = fixture.stack.ask(&fixture.app, Method::DELETE, &path(&fixture, 1), Value::Null).await;
    assert_eq!(gone.0, 204);
    // One of its accounts is there already, and the other one is not.
    let newer = import_rows(&fixture, &[2, 4], "newer").await;
    fixture.work().await;
    let import = fixture.import(&newer).await;
    assert_eq!((import.counts().imported, import.counts().updated), (1, 1), "{import:#?}");
    faults.release();
    assert_eq!(worker.await.expect("no panic").batch_item_failures, []);

    assert_eq!(names(&fixture, 0).await, pair("late", "by hand"));
    assert_eq!(names(&fixture, 1).await, None);
    assert_eq!(names(&fixture, 2).await, pair("newer", "newer"));
    assert_eq!(names(&fixture, 3).await, pair("late", "late"));
    assert_eq!(names(&fixture, 4).await, pair("newer", "newer"));
    let import = fixture.import(&late).await;
    let counts = import.counts();
    assert_eq!(import.job.status, ImportStatus::Completed, "{import:#?}");
    assert_eq!((counts.imported, counts.updated, counts.unchanged), (1, 5, 0), "{import:#?}");

    // An account that is created again over its tombstone does not expire with it.
    import_rows(&fixture, &[1], "again").await;
    fixture.work().await;
    assert_eq!(names(&fixture, 1).await, pair("again", "again"));
    let dynamodb = aws_sdk_dynamodb::Client::new(fixture.stack.sdk());
    let scan = dynamodb.scan().table_name(&fixture.stack.aws.variables["SALDO_ACCOUNTS_TABLE"]);
    let items = scan.consistent_read(true).send().await.expect("DynamoDB").items.unwrap_or_default();
    let id = AttributeValue::S(account_id(&fixture, 1).to_string());
    let item = items.iter().find(|item| item["id"] == id).expect("the account");
    assert!(item.contains_key("deletion"), "{item:?}");
    assert!(!item.contains_key("deleted_at") && !item.contains_key("expires_at"), "{item:?}");
    fixture.stack.stop().await;
}

#[tokio::test]
async fn late_worker_replaces_exhausted_chunk_after_import_ended() {
    let fixture = ImportFixture::start(2).await;
    let (id, chunks) = two_chunks(&fixture).await;
    let [first, second] = [0, 1].map(|n| sqs_event(&chunks[n..=n]));
    // The calls for the job, the bucket, the file, the organization, the look-up and the batch of rows; the
    // worker is held before the commit.
    let faults = FaultPlan::hold_after(6);
    let slow =
        fixture.stack.aws.app_over(&intercepted(&fixture.stack.aws.sdk_of("ImportWorkerFunction"), &faults));
    let slow = tokio::spawn(saldo_jobs::import::handle(
        (&App { limits: fixture.app.limits, ..slow }).into(),
        first.clone(),
    ));
    faults.reached().await;
    saldo_jobs::import::handle((&fixture.app).into(), second).await;
    let dlq_app = fixture.app_of("ImportDeadLettersFunction");
    assert_eq!(
        saldo_jobs::import::handle_dead_letters((&dlq_app).into(), first.clone()).await.batch_item_failures,
        []
    );
    let import = fixture.import(&id).await;
    assert_eq!(import.job.status, ImportStatus::Completed, "all rows are stored: {import:#?}");
    assert_eq!((import.progress.chunks_exhausted, &import.job.totals), (1, &None), "{import:#?}");

    faults.release();
    assert_eq!(slow.await.expect("no panic").batch_item_failures, []);
    let import = fixture.import(&id).await;
    assert_eq!((import.progress.chunks_done, import.progress.chunks_exhausted), (2, 0), "{import:#?}");
    assert_eq!((import.counts().imported, import.processed()), (4, 4), "{import:#?}");
    assert_eq!(fixture.redrive(&id).await, Redriven::NothingToDo);
    fixture.stack.stop().await;
}

#[tokio::test]
async fn last_chunk_survives_worker_death_at_any_request() {
    let fixture = ImportFixture::start(2).await;
    for after_effect in [false, true] {
        // The calls for the job, the bucket, the file, the organization, the look-up, the batch of rows, the
        // commit, the job, the buckets, the end, the entry of the open import and the event.
        for requests in 0..=11 {
            let (id, chunks) = two_chunks(&fixture).await;
            let [first, last] = [0, 1].map(|n| sqs_event(&chunks[n..=n]));
            saldo_jobs::import::handle((&fixture.app).into(), first).await;
            let faults = Arc::new(FaultPlan::default());
            let failing = fixture.stack.aws.app_over(&intercepted(fixture.stack.sdk(), &faults));
            let failing = App { limits: fixture.app.limits, ..failing };
            faults.kill_after(requests, after_effect);
            assert!(
                faults.run(saldo_jobs::import::handle((&failing).into(), last.clone())).await.is_none(),
                "the worker is killed at call {requests}"
            );
            for _twice in 0..2 {
                let answer = saldo_jobs::import::handle((&fixture.app).into(), last.clone()).await;
                assert_eq!(answer.batch_item_failures, []);
                let import = fixture.import(&id).await;
                assert_eq!(import.job.status, ImportStatus::Completed, "{requests}: {import:#?}");
                assert_eq!(import.processed(), 4, "{requests}: {import:#?}");
                assert_eq!(import.job.totals.as_ref(), Some(&import.progress), "{requests}: {import:#?}");
            }
        }
    }
    fixture.stack.stop().await;
}

#[tokio::test]
async fn dead_letter_handler_with_stale_job_does_not_end_redriven_import() {
    let fixture = ImportFixture::start(2).await;
    let (id, _) = two_chunks(&fixture).await;
    let before = fixture.import(&id).await.job;
    let counts = Counts { failed: 2, ..Counts::default() };
    let fail_both_chunks = async || {
        for number in [0, 1] {
            let part = ChunkPart { counts, ..ChunkPart::exhausted(number) };
            fixture.app.imports.commit(&before, &part, Timestamp::now()).await.expect("DynamoDB");
        }
        fixture.import(&id).await
    };
    let import = fail_both_chunks().await;
    assert_eq!((import.job.status, import.failed()), (ImportStatus::CompletedWithErrors, 4), "{import:#?}");
    assert_eq!(fixture.redrive(&id).await, Redriven::Queued { chunks: 2, plan: false });
    let import = fail_both_chunks().await;
    assert_eq!((import.job.status, import.processed()), (ImportStatus::Processing, 0), "{import:#?}");
    fixture.work().await;
    let import = fixture.import(&id).await;
    assert_eq!((import.job.status, import.counts().imported), (ImportStatus::Completed, 4), "{import:#?}");
    assert_eq!(import.job.totals.as_ref(), Some(&import.progress), "{import:#?}");
    fixture.stack.stop().await;
}
