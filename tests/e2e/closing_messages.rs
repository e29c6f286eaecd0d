//! The message that begins the closing of a complete file: the function sends it that finds all chunks done.

use std::sync::Arc;
use std::time::Duration;

use local::{App, sqs_event};
use reqwest::Method;
use saldo_domain::id::ImportId;
use saldo_domain::import::ImportStatus;
use serde_json::json;
use testing::wire::{FaultPlan, intercepted};

use crate::dead_letters::ImportFixture;

/// The most calls of a worker to AWS for a chunk.
const CALLS_MAX: i64 = 30;

/// Begins the import of a complete file of two accounts.
async fn begin(fixture: &ImportFixture) -> ImportId {
    send(fixture, &[0, 1]).await
}

/// Begins the import of a complete file of the accounts with these numbers.
async fn send(fixture: &ImportFixture, numbers: &[u8]) -> ImportId {
    let row =
        |n: &u8| json!({ "external_id": format!("r-{n}"), "contact": { "name": "A" }, "total_amount": 1 });
    let path = "/api/v1/import?complete=true&scope=%7B%22source_system%22:%22SAP%22%7D";
    let rows: Vec<_> = numbers.iter().map(row).collect();
    let body = json!({ "accounts": rows });
    let (status, accepted) = fixture.stack.ask(&fixture.app, Method::POST, path, body).await;
    assert_eq!(status, 202, "{accepted}");
    accepted["job_id"].as_str().and_then(|id| id.parse().ok()).expect("an id")
}

/// Checks that the closing has ended as it does if nothing goes wrong.
async fn check(fixture: &ImportFixture, id: &ImportId) {
    let import = fixture.import(id).await;
    assert_eq!((import.job.status, import.counts().imported), (ImportStatus::Completed, 2), "{import:?}");
    let closing = import.job.closing.expect("a closing");
    assert_eq!((closing.not_closed, closing.list.map(|list| list.items.items)), (None, Some(0)));
}

#[tokio::test]
async fn closing_begins_with_the_last_chunk() {
    let fixture = ImportFixture::start(1).await;
    let id = begin(&fixture).await;
    fixture.work().await;
    check(&fixture, &id).await;
    fixture.stack.stop().await;
}

#[tokio::test]
async fn closing_begins_when_the_dead_letter_handler_finds_the_last_chunk_done() {
    let fixture = ImportFixture::start(1).await;
    let id = begin(&fixture).await;
    fixture.plan().await;
    let chunks = fixture.chunks().await;
    let [first, last] = &chunks[..] else { panic!("two chunks: {chunks:?}") };
    let event = |message| sqs_event(std::slice::from_ref(message));
    saldo_jobs::import::handle((&fixture.app_of("ImportWorkerFunction")).into(), event(first)).await;

    // The worker is killed after it has committed the last chunk, before it looks whether all are done.
    let faults = Arc::new(FaultPlan::default());
    let sdk = intercepted(fixture.stack.aws.sdk_config(), &faults);
    let failing = App { limits: fixture.app.limits, ..fixture.stack.aws.app_over(&sdk) };
    let mut calls = 0;
    while fixture.import(&id).await.processed() < 2 {
        calls += 1;
        assert!(calls < CALLS_MAX, "the chunk is never committed");
        faults.kill_after(calls, false);
        let ended = faults.run(saldo_jobs::import::handle((&failing).into(), event(last))).await;
        assert!(ended.is_none(), "the worker dies");
    }
    assert!(fixture.import(&id).await.job.closing.is_none(), "the closing has not begun");
    let handler = fixture.app_of("ImportDeadLettersFunction");
    let answer = saldo_jobs::import::handle_dead_letters((&handler).into(), event(last)).await;
    assert_eq!(answer.batch_item_failures, []);
    fixture.work().await;
    check(&fixture, &id).await;
    fixture.stack.stop().await;
}

#[tokio::test]
async fn every_run_closes_a_page_even_if_its_time_is_up() {
    let mut fixture = ImportFixture::start(1).await;
    begin(&fixture).await;
    fixture.work().await;
    fixture.app.limits.planning_time = Duration::ZERO;
    let id = send(&fixture, &[0]).await;
    fixture.work().await;
    let import = fixture.import(&id).await;
    let closing =
        import.job.closing.as_ref().map(|closing| (closing.not_closed.clone(), closing.closed.items));
    assert_eq!((import.job.status, closing), (ImportStatus::Completed, Some((None, 1))), "{import:?}");
    fixture.stack.stop().await;
}
