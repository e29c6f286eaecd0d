//! Work that is given up: its import ends, and what was stored counts as stored. Taken up
//! again, it is done as if nothing had happened.

use std::sync::Arc;
use std::time::Duration;

use aws_config::retry::RetryConfig;
use axum::body::Body;
use axum::http::{Method, Request};
use local::{Data, sqs_event};
use saldo_domain::id::{ImportId, OrgId};
use saldo_domain::import::{Import, ImportStatus};
use saldo_http::service;
use saldo_jobs::import::Redriven;
use saldo_store::app::{App, Limits};
use saldo_store::files::ImportFiles;
use saldo_store::queue::{ImportMessage, ImportTask, Queued};
use serde_json::{Value, json};
use testing::wire::{FaultPlan, intercepted};
use testing::{TestStack, services};
use tower::ServiceExt;

#[tokio::test]
async fn rows_stored_before_a_chunk_is_given_up_count_as_stored_and_the_others_as_failed() {
    let aws = services(&Data::Ephemeral).await;
    let calm = aws.app();
    let faults = Arc::new(FaultPlan::default());
    let limits = Limits { writes_in_flight: 1, ..Limits::default() };
    let doomed = App { limits, ..App::new(&aws.settings, &intercepted(aws.sdk_config(), &faults)) };
    let org = OrgId::random().expect("randomness");
    let key =
        local::demo::create_organization(&calm, org.clone(), "Test", "ARS").await.expect("an organization");
    let row = |amount: &str| json!({ "contact": { "name": "A" }, "total_amount": amount });
    let request = Request::post("/api/v1/import")
        .header("x-api-key", key.expose())
        .header("content-type", "application/json")
        .body(Body::from(
            json!({ "accounts": [row("1"), row("2"), row("bad"), row("3"), row("4")] }).to_string(),
        ))
        .expect("a request");
    let accepted = service(import::routes(&calm)).oneshot(request).await.expect("an answer");
    let location = accepted.headers()["location"].to_str().expect("text").to_owned();
    let id: ImportId = location.rsplit('/').next().and_then(|id| id.parse().ok()).expect("an id");
    let sqs = aws_sdk_sqs::Client::new(aws.sdk_config());
    let queue = sqs.receive_message().queue_url(&aws.settings.queues.plan);
    let messages = queue.send().await.expect("SQS").messages.unwrap_or_default();

    // The job, the payload, its rows counted and the job again, the organization, the look-up,
    // two rows; and death.
    faults.kill_after(8, false);
    assert!(
        faults.run(saldo_jobs::import::handle(doomed, sqs_event(&messages))).await.is_none(),
        "the worker dies"
    );
    for _delivery in 0..2 {
        let closing = aws.app_of("ImportDeadLettersFunction");
        let answer = saldo_jobs::import::handle_dead_letters(closing, sqs_event(&messages)).await;
        assert_eq!(answer.batch_item_failures, []);
        let import = calm.imports.find(&org, &id).await.expect("DynamoDB").expect("the job");
        assert_eq!(import.job.status, ImportStatus::CompletedWithErrors);
        assert_eq!((import.counts().imported, import.counts().failed, import.processed()), (2, 3, 5));
    }

    let request = Request::get(format!("{location}/errors")).header("x-api-key", key.expose());
    let answer =
        service(status::routes(&calm)).oneshot(request.body(Body::empty()).expect("a request")).await;
    let body =
        axum::body::to_bytes(answer.expect("an answer").into_body(), usize::MAX).await.expect("a body");
    let page: serde_json::Value = serde_json::from_slice(&body).expect("JSON");
    let codes = [0, 1, 2].map(|n| page["data"][n]["code"].as_str().unwrap_or_default().to_owned());
    assert_eq!(codes, ["invalid_amount", "processing_failed", "processing_failed"]);
    aws.stop().await;
}

/// An organization in a Saldo whose workers are called by hand.
pub(crate) struct Bench {
    pub(crate) stack: TestStack,
    pub(crate) app: App,
}

impl Bench {
    pub(crate) async fn start(rows_per_chunk: usize) -> Self {
        let stack = TestStack::start(&Data::Ephemeral).await;
        let limits = Limits { rows_per_chunk, chunks_at_once: 2, ..Limits::default() };
        Self { app: App { limits, ..stack.app.clone() }, stack }
    }

    /// The app of a function, with the bench's limits.
    pub(crate) fn app_of(&self, function: &str) -> App {
        App { limits: self.app.limits, ..self.stack.aws.app_of(function) }
    }

    pub(crate) async fn begin(&self, rows: usize) -> ImportId {
        let row =
            |n| json!({ "external_id": format!("r-{n}"), "contact": { "name": "A" }, "total_amount": n });
        let rows: Vec<_> = (0..rows).map(row).collect();
        let body = json!({ "accounts": rows });
        let (status, accepted) = self.stack.ask(&self.app, Method::POST, "/api/v1/import", body).await;
        assert_eq!(status, 202, "{accepted}");
        accepted["job_id"].as_str().and_then(|id| id.parse().ok()).expect("an id")
    }

    /// Has everything that is queued worked on, until nothing is. What fails is given up.
    pub(crate) async fn work(&self) {
        let queues = &self.stack.aws.settings.queues;
        let [planner, worker, closing] =
            ["ImportPlannerFunction", "ImportWorkerFunction", "ImportDeadLettersFunction"]
                .map(|function| self.app_of(function));
        loop {
            let plans = self.stack.messages(&queues.plan).await.into_iter().map(|plan| (&planner, plan));
            let chunks = self.stack.messages(&queues.import).await.into_iter().map(|chunk| (&worker, chunk));
            let work: Vec<_> = plans.chain(chunks).collect();
            if work.is_empty() {
                return;
            }
            for (app, message) in work {
                let event = || sqs_event(std::slice::from_ref(&message));
                if !saldo_jobs::import::handle(app.clone(), event()).await.batch_item_failures.is_empty() {
                    let answer = saldo_jobs::import::handle_dead_letters(closing.clone(), event()).await;
                    assert_eq!(answer.batch_item_failures, []);
                }
            }
        }
    }

    pub(crate) async fn import(&self, id: &ImportId) -> Import {
        self.app.imports.find(&self.stack.org, id).await.expect("DynamoDB").expect("the import")
    }

    pub(crate) async fn redrive(&self, id: &ImportId) -> Redriven {
        saldo_jobs::import::redrive(&self.app, &self.stack.org, id).await.expect("DynamoDB and SQS")
    }
}

#[tokio::test]
async fn what_was_given_up_is_taken_up_again_and_counted_once() {
    let bench = Bench::start(3).await;
    let id = bench.begin(10).await;
    // Two of four chunks can't be read.
    let plan = bench.stack.messages(&bench.stack.aws.settings.queues.plan).await;
    saldo_jobs::import::handle(bench.app.clone(), sqs_event(&plan)).await;
    let files = ImportFiles::of(&bench.stack.org, &id);
    for number in [1, 3] {
        bench.app.files.put(&files.chunk(number), "text/plain", "poison".into()).await.expect("S3");
    }
    bench.work().await;
    let import = bench.import(&id).await;
    assert_eq!(import.job.status, ImportStatus::CompletedWithErrors);
    assert_eq!((import.counts().imported, import.failed(), import.processed()), (6, 4, 10), "{import:#?}");

    // An operator has them done again, twice, to be sure: their rows are read from the payload.
    for _twice in 0..2 {
        assert_eq!(bench.redrive(&id).await, Redriven::Queued { chunks: 2, plan: false });
        assert_eq!(bench.import(&id).await.job.status, ImportStatus::Processing);
    }
    bench.work().await;
    let import = bench.import(&id).await;
    assert_eq!(import.job.status, ImportStatus::Completed, "{import:#?}");
    assert_eq!((import.counts().imported, import.failed(), import.processed()), (10, 0, 10), "{import:#?}");
    assert_eq!(bench.redrive(&id).await, Redriven::NothingToDo);
    bench.stack.stop().await;
}

#[tokio::test]
async fn an_import_whose_plan_was_given_up_half_way_ends_and_goes_on_where_it_was() {
    let bench = Bench::start(1).await;
    let id = bench.begin(12).await;
    let plan = bench.stack.messages(&bench.stack.aws.settings.queues.plan).await;
    // Dies when it has queued some of its chunks, and never comes back.
    let faults = Arc::new(FaultPlan::default());
    let doomed = App::new(&bench.stack.aws.settings, &intercepted(bench.stack.sdk(), &faults));
    let doomed = App { limits: bench.app.limits, ..doomed };
    faults.kill_after(20, true);
    assert!(
        faults.run(saldo_jobs::import::handle(doomed, sqs_event(&plan))).await.is_none(),
        "the planner dies"
    );
    let answer =
        saldo_jobs::import::handle_dead_letters(bench.app_of("ImportDeadLettersFunction"), sqs_event(&plan))
            .await;
    assert_eq!(answer.batch_item_failures, []);
    assert_eq!(bench.import(&id).await.job.status, ImportStatus::Processing, "some chunks are queued");
    bench.work().await;
    let import = bench.import(&id).await;
    assert_eq!(import.job.status, ImportStatus::Failed, "{import:#?}");
    assert_eq!(import.processed() + import.unprocessed(), 12, "{import:#?}");
    assert!(import.unprocessed() > 0, "{import:#?}");
    let told = bench.stack.ask(&bench.app, Method::GET, &format!("/api/v1/import/{id}"), Value::Null).await.1;
    assert_eq!(told["reason"], "the payload could not be processed; send it again", "{told}");
    assert_eq!((&told["total_records"], &told["processed"]), (&json!(12), &json!(12)), "{told}");

    assert!(matches!(bench.redrive(&id).await, Redriven::Queued { plan: true, .. }));
    bench.work().await;
    let import = bench.import(&id).await;
    assert_eq!(import.job.status, ImportStatus::Completed, "{import:#?}");
    assert_eq!((import.counts().imported, import.processed()), (12, 12), "{import:#?}");
    bench.stack.stop().await;
}

#[tokio::test]
async fn number_without_a_chunk_does_not_fail_a_redriven_import() {
    // Its message comes before the redriven import is planned, or after.
    for planned in [false, true] {
        let bench = Bench::start(1).await;
        let queues = &bench.stack.aws.settings.queues;
        let id = bench.begin(3).await;
        // The planner has time for two of the three chunks. Then the plan fails, and the numbers 2
        // and 3 are queued.
        let limits = Limits { planning_time: Duration::ZERO, ..bench.app.limits };
        let plan = bench.stack.messages(&queues.plan).await;
        saldo_jobs::import::handle(App { limits, ..bench.app.clone() }, sqs_event(&plan)).await;
        let closing = bench.app_of("ImportDeadLettersFunction");
        let plan = bench.stack.messages(&queues.plan).await;
        assert_eq!(plan.len(), 1, "put back");
        saldo_jobs::import::handle_dead_letters(closing.clone(), sqs_event(&plan)).await;
        let chunks = bench.stack.messages(&queues.import).await;
        assert_eq!(chunks.len(), 4);
        saldo_jobs::import::handle(bench.app.clone(), sqs_event(&chunks)).await;
        assert_eq!(bench.import(&id).await.job.status, ImportStatus::Failed);

        assert!(matches!(bench.redrive(&id).await, Redriven::Queued { plan: true, .. }));
        if planned {
            let plan = bench.stack.messages(&queues.plan).await;
            saldo_jobs::import::handle(bench.app.clone(), sqs_event(&plan)).await;
            assert_eq!(bench.import(&id).await.job.chunks, Some(3));
        }
        // The worker that committed number 3 died, so its message comes back.
        let is_number_3 = |message: &&aws_sdk_sqs::types::Message| {
            let body = message.body().unwrap_or_default();
            let parsed: Queued<ImportMessage> = serde_json::from_str(body).expect("a message");
            parsed.message.task == ImportTask::Chunk(3)
        };
        let number_3 = sqs_event(std::slice::from_ref(chunks.iter().find(is_number_3).expect("number 3")));
        let answer = saldo_jobs::import::handle(bench.app.clone(), number_3.clone()).await;
        assert_eq!(answer.batch_item_failures.is_empty(), planned, "{answer:?}");
        let answer = saldo_jobs::import::handle_dead_letters(closing, number_3).await;
        assert_eq!(answer.batch_item_failures, []);
        let import = bench.import(&id).await;
        assert_eq!((import.job.status, &import.job.reason), (ImportStatus::Processing, &None), "{import:#?}");
        bench.work().await;
        let import = bench.import(&id).await;
        assert_eq!(
            (import.job.status, import.counts().imported),
            (ImportStatus::Completed, 3),
            "{import:#?}"
        );
        bench.stack.stop().await;
    }
}

#[tokio::test]
async fn a_chunk_without_room_is_put_back_and_nothing_of_it_fails() {
    let bench = Bench::start(2).await;
    let id = bench.begin(6).await;
    let plan = bench.stack.messages(&bench.stack.aws.settings.queues.plan).await;
    saldo_jobs::import::handle(bench.app.clone(), sqs_event(&plan)).await;
    let faults = Arc::new(FaultPlan::default());
    let retries = RetryConfig::standard().with_initial_backoff(Duration::from_millis(1));
    let sdk = bench.stack.aws.sdk_of("ImportWorkerFunction").to_builder().retry_config(retries).build();
    let busy = App::new(&bench.stack.aws.settings, &intercepted(&sdk, &faults));
    let limits = Limits { chunk_time: Duration::ZERO, throttled_rest: Duration::ZERO, ..bench.app.limits };
    let busy = App {
        limits,
        imports: bench.app.imports.clone(),
        import_queue: bench.app_of("ImportWorkerFunction").import_queue,
        ..busy
    };
    // As often as it takes, far more often than a message may fail.
    for _ in 0..10 {
        let chunks = bench.stack.messages(&bench.stack.aws.settings.queues.import).await;
        assert_eq!(chunks.len(), 3);
        faults.throttle_all();
        let answer = saldo_jobs::import::handle(busy.clone(), sqs_event(&chunks)).await;
        assert_eq!(answer.batch_item_failures, [], "put back, not failed");
        faults.clear();
    }
    bench.work().await;
    let import = bench.import(&id).await;
    assert_eq!((import.job.status, import.counts().imported), (ImportStatus::Completed, 6), "{import:#?}");
    bench.stack.stop().await;
}

#[tokio::test]
async fn an_import_whose_rows_are_lost_between_two_deliveries_ends() {
    for rows_per_chunk in [500, 1] {
        let bench = Bench::start(rows_per_chunk).await;
        let id = bench.begin(4).await;
        let plan = bench.stack.messages(&bench.stack.aws.settings.queues.plan).await;
        let faults = Arc::new(FaultPlan::default());
        let doomed = App::new(&bench.stack.aws.settings, &intercepted(bench.stack.sdk(), &faults));
        let doomed = App { limits: bench.app.limits, ..doomed };
        faults.kill_after(6, true);
        assert!(
            faults.run(saldo_jobs::import::handle(doomed, sqs_event(&plan))).await.is_none(),
            "the planner dies"
        );
        let payload = ImportFiles::of(&bench.stack.org, &id).payload();
        bench.app.files.delete(&payload).await.expect("S3");
        for _twice in 0..2 {
            let answer = saldo_jobs::import::handle(bench.app.clone(), sqs_event(&plan)).await;
            assert_eq!(answer.batch_item_failures, []);
            bench.work().await;
        }
        let import = bench.import(&id).await;
        assert_eq!(import.job.status, ImportStatus::Failed, "{import:#?}");
        assert_eq!(import.processed() + import.unprocessed(), 4, "{import:#?}");
        assert!(import.job.reason.is_some_and(|reason| reason.contains("not there any more")));
        bench.stack.stop().await;
    }
}
