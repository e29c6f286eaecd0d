//! Chunks and plans whose messages end in the dead-letter queue. Their import ends, and the rows that
//! were stored count as stored. A redrive completes the import, and counts every row once.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_sdk_sqs::types::Message;
use axum::body::Body;
use axum::http::{Method, Request};
use local::{App, Aws, Data, sqs_event};
use saldo_domain::id::{ImportId, OrgId};
use saldo_domain::import::{Import, ImportStatus};
use saldo_domain::key::KeySecret;
use saldo_http::service;
use saldo_jobs::import::Redriven;
use saldo_store::Limits;
use saldo_store::files::ImportFiles;
use saldo_store::queue::{ImportMessage, ImportTask, Queued};
use serde_json::{Value, json};
use testing::wire::{FaultPlan, intercepted};
use testing::{TestStack, services};
use tower::ServiceExt;

/// An import of 27 rows, one of them invalid, whose worker was killed after the first batch of 25.
struct KilledImport {
    aws: Aws,
    app: App,
    org: OrgId,
    key: KeySecret,
    location: String,
    id: ImportId,
    /// The message of the plan.
    messages: Vec<Message>,
}

impl KilledImport {
    /// What a path of the import answers.
    async fn read(&self, path: &str, accept: &str) -> String {
        let request =
            Request::get(format!("{}/{path}", self.location)).header("x-api-key", self.key.expose());
        let request = request.header("accept", accept).body(Body::empty()).expect("a request");
        let answer = service(status::routes((&self.app).into())).oneshot(request).await.expect("an answer");
        let body = axum::body::to_bytes(answer.into_body(), usize::MAX).await.expect("a body");
        String::from_utf8(body.into()).expect("UTF-8")
    }
}

async fn killed_import() -> KilledImport {
    let aws = services(&Data::Ephemeral).await;
    let app = aws.app();
    let faults = Arc::new(FaultPlan::default());
    let limits = Limits { batches_in_flight: 1, ..Limits::default() };
    let failing = App { limits, ..aws.app_over(&intercepted(aws.sdk_config(), &faults)) };
    let org = OrgId::random().expect("randomness");
    let key =
        local::demo::create_organization(&app, org.clone(), "Test", "ARS").await.expect("an organization");
    let row = |amount: &str| json!({ "contact": { "name": "A" }, "total_amount": amount });
    // Two good rows more than a batch has.
    let rows: Vec<Value> = (0..28).map(|n| row(if n == 2 { "bad" } else { "1" })).collect();
    let request = Request::post("/api/v1/import")
        .header("x-api-key", key.expose())
        .header("content-type", "application/json")
        .body(Body::from(json!({ "accounts": rows }).to_string()))
        .expect("a request");
    let accepted = service(import::routes((&app).into())).oneshot(request).await.expect("an answer");
    let location = accepted.headers()["location"].to_str().expect("text").to_owned();
    let id: ImportId = location.rsplit('/').next().and_then(|id| id.parse().ok()).expect("an id");
    let sqs = aws_sdk_sqs::Client::new(aws.sdk_config());
    let queue = sqs.receive_message().queue_url(&aws.variables["SALDO_PLAN_QUEUE"]);
    let messages = queue.send().await.expect("SQS").messages.unwrap_or_default();

    // The calls for the job, the payload, the open imports (two), the row count, the job again, the
    // organization, the look-up and the first batch; then the worker is killed.
    faults.kill_after(9, false);
    assert!(
        faults.run(saldo_jobs::import::handle((&failing).into(), sqs_event(&messages))).await.is_none(),
        "the worker dies"
    );
    KilledImport { aws, app, org, key, location, id, messages }
}

#[tokio::test]
async fn exhausted_chunk_counts_stored_rows_as_stored_and_others_as_failed() {
    let killed = killed_import().await;
    let KilledImport { aws, app, org, id, messages, .. } = &killed;
    for _delivery in 0..2 {
        let dlq_app = aws.app_of("ImportDeadLettersFunction");
        let answer = saldo_jobs::import::handle_dead_letters((&dlq_app).into(), sqs_event(messages)).await;
        assert_eq!(answer.batch_item_failures, []);
        let import = app.imports.find(org, id).await.expect("DynamoDB").expect("the job");
        assert_eq!(import.job.status, ImportStatus::CompletedWithErrors);
        assert_eq!((import.counts().imported, import.counts().failed, import.processed()), (25, 3, 28));
    }

    let page: Value = serde_json::from_str(&killed.read("errors", "application/json").await).expect("JSON");
    let codes = [0, 1, 2].map(|n| page["data"][n]["code"].as_str().unwrap_or_default().to_owned());
    assert_eq!(codes, ["invalid_amount", "processing_failed", "processing_failed"]);
    // Every row has an outcome, and those that were not stored can be sent again.
    let report = killed.read("report", "text/csv").await;
    let failed = report.lines().filter(|line| line.ends_with(",,failed,,,")).count();
    assert_eq!((report.lines().count(), failed), (29, 3), "{report}");
    let refused = killed.read("errors", "application/x-ndjson").await;
    assert_eq!(refused.lines().filter(|line| line.contains(r#""name":"A""#)).count(), 3, "{refused}");
    killed.aws.stop().await;
}

#[tokio::test]
async fn exhausted_chunk_of_cancelled_import_counts_stored_rows_and_ends_it() {
    let killed = killed_import().await;
    let KilledImport { aws, app, org, key, location, id, messages } = &killed;
    let request = Request::post(format!("{location}/cancel")).header("x-api-key", key.expose());
    let request = request.body(Body::empty()).expect("a request");
    let answer = service(import::routes(app.into())).oneshot(request).await.expect("an answer");
    assert!(answer.status().is_success(), "{answer:?}");
    for _delivery in 0..2 {
        let dlq_app = aws.app_of("ImportDeadLettersFunction");
        let answer = saldo_jobs::import::handle_dead_letters((&dlq_app).into(), sqs_event(messages)).await;
        assert_eq!(answer.batch_item_failures, []);
        let import = app.imports.find(org, id).await.expect("DynamoDB").expect("the job");
        assert_eq!(import.job.status, ImportStatus::Cancelled, "{import:#?}");
        assert_eq!((import.counts().imported, import.counts().failed), (25, 0), "{import:#?}");
    }
    let report = killed.read("report", "text/csv").await;
    let skipped: Vec<_> = report.lines().filter(|line| line.ends_with(",,skipped,,,")).collect();
    assert_eq!(
        (report.lines().count(), skipped),
        (29, vec!["2,,skipped,,,", "26,,skipped,,,", "27,,skipped,,,"]),
        "{report}"
    );
    killed.aws.stop().await;
}

/// A stack with limits for imports, whose workers a test calls step by step.
pub(crate) struct ImportFixture {
    pub(crate) stack: TestStack,
    pub(crate) app: App,
    imports: AtomicUsize,
}

impl ImportFixture {
    pub(crate) async fn start(rows_per_chunk: usize) -> Self {
        let stack = TestStack::start(&Data::Ephemeral).await;
        let limits = Limits { rows_per_chunk, chunks_at_once: 2, ..Limits::default() };
        Self { app: App { limits, ..stack.app.clone() }, stack, imports: AtomicUsize::new(0) }
    }

    /// The app of a function, with the fixture's limits.
    pub(crate) fn app_of(&self, function: &str) -> App {
        App { limits: self.app.limits, ..self.stack.aws.app_of(function) }
    }

    /// Begins an import of accounts, which all differ from those of the import before.
    pub(crate) async fn begin(&self, rows: usize) -> ImportId {
        let name = format!("import {}", self.imports.fetch_add(1, Ordering::Relaxed));
        self.begin_named(rows, &name).await
    }

    /// The same with this name in every account.
    pub(crate) async fn begin_named(&self, rows: usize, name: &str) -> ImportId {
        let row =
            |n| json!({ "external_id": format!("r-{n}"), "contact": { "name": name }, "total_amount": n });
        let rows: Vec<_> = (0..rows).map(row).collect();
        let body = json!({ "accounts": rows });
        let (status, accepted) = self.stack.ask(&self.app, Method::POST, "/api/v1/import", body).await;
        assert_eq!(status, 202, "{accepted}");
        accepted["job_id"].as_str().and_then(|id| id.parse().ok()).expect("an id")
    }

    /// The messages for the planner, which are taken from its queue.
    pub(crate) async fn plans(&self) -> Vec<Message> {
        self.stack.messages(&self.stack.aws.variables["SALDO_PLAN_QUEUE"]).await
    }

    /// The messages of the chunks, which are taken from their queue.
    pub(crate) async fn chunks(&self) -> Vec<Message> {
        self.stack.messages(&self.stack.aws.variables["SALDO_IMPORT_QUEUE"]).await
    }

    /// Plans the imports whose messages are queued.
    pub(crate) async fn plan(&self) {
        let plans = self.plans().await;
        saldo_jobs::import::handle((&self.app).into(), sqs_event(&plans)).await;
    }

    /// Handles all queued messages until the queues are empty. Messages that fail go to the DLQ handler.
    pub(crate) async fn work(&self) {
        let [planner, worker, dlq_app] =
            ["ImportPlannerFunction", "ImportWorkerFunction", "ImportDeadLettersFunction"]
                .map(|function| self.app_of(function));
        loop {
            let plans = self.plans().await.into_iter().map(|plan| (&planner, plan));
            let chunks = self.chunks().await.into_iter().map(|chunk| (&worker, chunk));
            let work: Vec<_> = plans.chain(chunks).collect();
            if work.is_empty() {
                return;
            }
            for (app, message) in work {
                let event = || sqs_event(std::slice::from_ref(&message));
                if !saldo_jobs::import::handle(app.into(), event()).await.batch_item_failures.is_empty() {
                    let answer = saldo_jobs::import::handle_dead_letters((&dlq_app).into(), event()).await;
                    assert_eq!(answer.batch_item_failures, []);
                }
            }
        }
    }

    pub(crate) async fn import(&self, id: &ImportId) -> Import {
        self.app.imports.find(&self.stack.org, id).await.expect("DynamoDB").expect("the import")
    }

    pub(crate) async fn redrive(&self, id: &ImportId) -> Redriven {
        saldo_jobs::import::redrive(&(&self.app).into(), &self.stack.org, id).await.expect("DynamoDB and SQS")
    }
}

#[tokio::test]
async fn redriven_chunks_are_counted_once() {
    let fixture = ImportFixture::start(3).await;
    let id = fixture.begin(10).await;
    // Two of four chunks can't be read.
    fixture.plan().await;
    let files = ImportFiles::of(&fixture.stack.org, &id);
    for number in [1, 3] {
        fixture.app.files.put(&files.chunk(number), "text/plain", "poison".into()).await.expect("S3");
    }
    fixture.work().await;
    let import = fixture.import(&id).await;
    assert_eq!(import.job.status, ImportStatus::CompletedWithErrors);
    assert_eq!((import.counts().imported, import.failed(), import.processed()), (6, 4, 10), "{import:#?}");

    // An operator redrives them, twice: their rows are read from the payload.
    for _twice in 0..2 {
        assert_eq!(fixture.redrive(&id).await, Redriven::Queued { chunks: 2, plan: false });
        assert_eq!(fixture.import(&id).await.job.status, ImportStatus::Processing);
    }
    fixture.work().await;
    let import = fixture.import(&id).await;
    assert_eq!(import.job.status, ImportStatus::Completed, "{import:#?}");
    assert_eq!((import.counts().imported, import.failed(), import.processed()), (10, 0, 10), "{import:#?}");
    assert_eq!(fixture.redrive(&id).await, Redriven::NothingToDo);
    fixture.stack.stop().await;
}

#[tokio::test]
async fn import_with_exhausted_plan_fails_and_redrive_resumes_it() {
    let fixture = ImportFixture::start(1).await;
    let id = fixture.begin(12).await;
    let plan = fixture.plans().await;
    // The planner dies when it has queued some of its chunks, and its message goes to the DLQ.
    let faults = Arc::new(FaultPlan::default());
    let failing = fixture.stack.aws.app_over(&intercepted(fixture.stack.sdk(), &faults));
    let failing = App { limits: fixture.app.limits, ..failing };
    faults.kill_after(22, true);
    assert!(
        faults.run(saldo_jobs::import::handle((&failing).into(), sqs_event(&plan))).await.is_none(),
        "the planner dies"
    );
    let answer = saldo_jobs::import::handle_dead_letters(
        (&fixture.app_of("ImportDeadLettersFunction")).into(),
        sqs_event(&plan),
    )
    .await;
    assert_eq!(answer.batch_item_failures, []);
    assert_eq!(fixture.import(&id).await.job.status, ImportStatus::Processing, "some chunks are queued");
    fixture.work().await;
    let import = fixture.import(&id).await;
    assert_eq!(import.job.status, ImportStatus::Failed, "{import:#?}");
    assert_eq!(import.processed() + import.unprocessed(), 12, "{import:#?}");
    assert!(import.unprocessed() > 0, "{import:#?}");
    let job =
        fixture.stack.ask(&fixture.app, Method::GET, &format!("/api/v1/import/{id}"), Value::Null).await.1;
    assert_eq!(job["reason"], "the payload could not be processed; send it again", "{job}");
    assert_eq!((&job["total_records"], &job["processed"]), (&json!(12), &json!(12)), "{job}");

    assert!(matches!(fixture.redrive(&id).await, Redriven::Queued { plan: true, .. }));
    fixture.work().await;
    let import = fixture.import(&id).await;
    assert_eq!(import.job.status, ImportStatus::Completed, "{import:#?}");
    assert_eq!((import.counts().imported, import.processed()), (12, 12), "{import:#?}");
    fixture.stack.stop().await;
}

#[tokio::test]
async fn message_for_nonexistent_chunk_does_not_fail_redriven_import() {
    // Its message arrives before the redriven import is planned, or after.
    for planned in [false, true] {
        let fixture = ImportFixture::start(1).await;
        let id = fixture.begin(3).await;
        // The planner has time for two of the three chunks. Then the plan fails, and the numbers 2
        // and 3 are queued.
        let limits = Limits { planning_time: Duration::ZERO, ..fixture.app.limits };
        let plan = fixture.plans().await;
        saldo_jobs::import::handle((&App { limits, ..fixture.app.clone() }).into(), sqs_event(&plan)).await;
        let dlq_app = fixture.app_of("ImportDeadLettersFunction");
        let plan = fixture.plans().await;
        assert_eq!(plan.len(), 1, "the plan is requeued");
        saldo_jobs::import::handle_dead_letters((&dlq_app).into(), sqs_event(&plan)).await;
        let chunks = fixture.chunks().await;
        assert_eq!(chunks.len(), 4);
        saldo_jobs::import::handle((&fixture.app).into(), sqs_event(&chunks)).await;
        assert_eq!(fixture.import(&id).await.job.status, ImportStatus::Failed);

        assert!(matches!(fixture.redrive(&id).await, Redriven::Queued { plan: true, .. }));
        if planned {
            let plan = fixture.plans().await;
            saldo_jobs::import::handle((&fixture.app).into(), sqs_event(&plan)).await;
            assert_eq!(fixture.import(&id).await.job.chunks, Some(3));
        }
        // The worker that committed chunk 3 died, so its message becomes visible again.
        let is_number_3 = |message: &&Message| {
            let body = message.body().unwrap_or_default();
            let parsed: Queued<ImportMessage> = serde_json::from_str(body).expect("a message");
            parsed.message.task == ImportTask::Chunk(3)
        };
        let number_3 = sqs_event(std::slice::from_ref(chunks.iter().find(is_number_3).expect("number 3")));
        let answer = saldo_jobs::import::handle((&fixture.app).into(), number_3.clone()).await;
        assert_eq!(answer.batch_item_failures.is_empty(), planned, "{answer:?}");
        let answer = saldo_jobs::import::handle_dead_letters((&dlq_app).into(), number_3).await;
        assert_eq!(answer.batch_item_failures, []);
        let import = fixture.import(&id).await;
        assert_eq!((import.job.status, &import.job.reason), (ImportStatus::Processing, &None), "{import:#?}");
        fixture.work().await;
        let import = fixture.import(&id).await;
        assert_eq!(
            (import.job.status, import.counts().imported),
            (ImportStatus::Completed, 3),
            "{import:#?}"
        );
        fixture.stack.stop().await;
    }
}

#[tokio::test]
async fn throttled_chunk_is_requeued_without_failed_rows() {
    let fixture = ImportFixture::start(2).await;
    let id = fixture.begin(6).await;
    fixture.plan().await;
    let faults = Arc::new(FaultPlan::default());
    let retries = RetryConfig::standard().with_initial_backoff(Duration::from_millis(1));
    let sdk = fixture.stack.aws.sdk_of("ImportWorkerFunction").to_builder().retry_config(retries).build();
    let busy = fixture.stack.aws.app_over(&intercepted(&sdk, &faults));
    let limits = Limits { chunk_time: Duration::ZERO, throttled_rest: Duration::ZERO, ..fixture.app.limits };
    let busy = App {
        limits,
        imports: fixture.app.imports.clone(),
        import_queue: fixture.app_of("ImportWorkerFunction").import_queue,
        ..busy
    };
    // Far more often than a message may fail.
    for _ in 0..10 {
        let chunks = fixture.chunks().await;
        assert_eq!(chunks.len(), 3);
        faults.throttle_all();
        let answer = saldo_jobs::import::handle((&busy).into(), sqs_event(&chunks)).await;
        assert_eq!(answer.batch_item_failures, [], "requeued, not failed");
        faults.clear();
    }
    fixture.work().await;
    let import = fixture.import(&id).await;
    assert_eq!((import.job.status, import.counts().imported), (ImportStatus::Completed, 6), "{import:#?}");
    fixture.stack.stop().await;
}

#[tokio::test]
async fn import_with_rows_lost_between_deliveries_ends() {
    for rows_per_chunk in [500, 1] {
        let fixture = ImportFixture::start(rows_per_chunk).await;
        let id = fixture.begin(4).await;
        let plan = fixture.plans().await;
        let faults = Arc::new(FaultPlan::default());
        let failing = fixture.stack.aws.app_over(&intercepted(fixture.stack.sdk(), &faults));
        let failing = App { limits: fixture.app.limits, ..failing };
        faults.kill_after(8, true);
        assert!(
            faults.run(saldo_jobs::import::handle((&failing).into(), sqs_event(&plan))).await.is_none(),
            "the planner dies"
        );
        let payload = ImportFiles::of(&fixture.stack.org, &id).payload();
        fixture.app.files.delete(&payload).await.expect("S3");
        for _twice in 0..2 {
            let answer = saldo_jobs::import::handle((&fixture.app).into(), sqs_event(&plan)).await;
            assert_eq!(answer.batch_item_failures, []);
            fixture.work().await;
        }
        let import = fixture.import(&id).await;
        assert_eq!(import.job.status, ImportStatus::Failed, "{import:#?}");
        assert_eq!(import.processed() + import.unprocessed(), 4, "{import:#?}");
        assert!(import.job.reason.is_some_and(|reason| reason.contains("not there any more")));
        fixture.stack.stop().await;
    }
}
