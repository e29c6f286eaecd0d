//! Workers that requeue their messages, under Lambda's loop detection. The template allows them to
//! loop, so they run as long as their schedules, and at most as often as their hops allow.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_lambda_events::sqs::SqsEvent;
use local::App;
use local::{Aws, Data, Functions, Template, sqs_event};
use reqwest::Method;
use saldo_domain::id::OrgId;
use saldo_domain::notification::{DeliveryStatus, RETRY_DELAYS};
use saldo_store::Limits;
use saldo_store::queue::{ImportMessage, ImportTask, Message, NotificationMessage, Queued, SyncMessage};
use serde::Serialize;
use serde_json::{Value, json};
use testing::wire::{Call, CallResult, Interceptor, StubResponses, intercepted};
use testing::{Receiver, Tenant, TestStack, services};

use crate::sync_client::{begin, connect, customer, until};

/// How long a job may take, with hops of a few milliseconds each.
const PATIENCE: Duration = Duration::from_mins(2);

/// A stack of this test's own, with functions and pollers.
struct Stack {
    aws: Aws,
    functions: Functions,
    tenant: Tenant,
    org: OrgId,
}

impl Stack {
    /// Runs the template's functions with these limits, with `interceptor` before their calls. Unless
    /// they may loop, they run as if the template had no `RecursiveLoop: Allow`.
    async fn start(may_loop: bool, limits: Limits, interceptor: impl Interceptor) -> Self {
        Self::over(services(&Data::Ephemeral).await, may_loop, limits, interceptor).await
    }

    async fn over(aws: Aws, may_loop: bool, limits: Limits, interceptor: impl Interceptor) -> Self {
        let template = Template::named(aws.endpoints().names.clone()).expect("a good template");
        let template = if may_loop { template } else { template.without_loops() };
        let retries = RetryConfig::standard().with_initial_backoff(Duration::from_millis(1));
        let sdk = intercepted(aws.sdk_config(), &Arc::new(interceptor));
        let sdk = sdk.to_builder().retry_config(retries).build();
        let listener = local::listen(0).await.expect("a free port");
        let app_on = |sdk: &_| App { limits, ..aws.app_over(sdk) };
        let functions = Functions::start(&template, &sdk, app_on, listener).expect("the functions");
        let org = OrgId::random().expect("randomness");
        let key = local::demo::create_organization(&aws.app(), org.clone(), "Test", "ARS").await;
        let key = key.expect("an organization").expose().to_owned();
        let tenant = Tenant::new(functions.url.clone(), key, Some(org.clone()));
        Self { aws, functions, tenant, org }
    }

    async fn stop(self) {
        self.functions.stop().await;
        self.aws.stop().await;
    }
}

#[tokio::test]
async fn decoupled_login_polls_beyond_loop_detection_limit() {
    for may_loop in [true, false] {
        let limits = Limits { poll_interval: Duration::ZERO, ..Limits::default() };
        let stack = Stack::start(may_loop, limits, StubResponses(|_: &str, _: &Value| None)).await;
        let access = connect(&stack.tenant, "sandbox-app").await;
        // This customer confirms after 40 polls.
        let request = json!({ "credentials": { "psu_id": customer("decoupled-slow") } });
        let sync = begin(&stack.tenant, &access, request).await;
        if may_loop {
            assert_eq!(until(&stack.tenant, &sync, "COMPLETED").await["accounts"], 4);
        } else {
            assert_eq!(until(&stack.tenant, &sync, "FAILED").await["error"]["code"], 30000);
        }
        stack.stop().await;
    }
}

/// Makes the delay of a delivery's message pass at once: the message is sent without its delay, and
/// the delivery's next attempt is due earlier by as much.
#[derive(Debug)]
struct TimeLapse {
    app: App,
    /// The URL of the queue of notifications.
    queue: String,
    seconds: Arc<AtomicU64>,
    hops: Arc<AtomicU64>,
}

impl TimeLapse {
    async fn pass(&self, entry: &mut Value) {
        let body = entry["MessageBody"].as_str().expect("a body");
        let queued: Queued<NotificationMessage> = serde_json::from_str(body).expect("a message");
        self.hops.fetch_max(queued.hops.into(), Ordering::SeqCst);
        let delay = entry["DelaySeconds"].take().as_u64().unwrap_or_default();
        let NotificationMessage::Deliver { org, delivery } = queued.message else { return };
        let found = self.app.deliveries.get(&org, &delivery).await.expect("DynamoDB");
        let mut delivery = found.expect("the delivery");
        let due = delivery.next_attempt_at.expect("a next attempt");
        delivery.next_attempt_at = Some(due - Duration::from_secs(delay));
        assert!(self.app.deliveries.save(&mut delivery).await.expect("DynamoDB"));
        self.seconds.fetch_add(delay, Ordering::SeqCst);
    }
}

impl Interceptor for TimeLapse {
    async fn intercept(&self, mut call: Call) -> CallResult {
        let mut body = call.json();
        if call.target() == "AmazonSQS.SendMessageBatch" && body["QueueUrl"] == self.queue.as_str() {
            for entry in body["Entries"].as_array_mut().into_iter().flatten() {
                self.pass(entry).await;
            }
            call.set_body(body.to_string().into_bytes());
        }
        call.send().await
    }
}

#[tokio::test]
async fn webhook_is_retried_over_whole_schedule() {
    for may_loop in [true, false] {
        let (seconds, hops) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
        let aws = services(&Data::Ephemeral).await;
        let queue = aws.variables["SALDO_NOTIFICATION_QUEUE"].clone();
        let lapse =
            TimeLapse { app: aws.app(), queue, seconds: Arc::clone(&seconds), hops: Arc::clone(&hops) };
        let stack = Stack::over(aws, may_loop, Limits::default(), lapse).await;
        let receiver = Receiver::start(&[500; 20]).await;
        let request = json!({ "observe_key": "saldo:import.completed", "notify_uri": receiver.url });
        let made = stack.tenant.json(Method::POST, "/rest/notifications", request).await.json();
        let rows = json!([{ "contact": { "name": "A" }, "total_amount": 1 }]);
        stack.tenant.import_rows(rows).await;

        let endpoint = made["notification_id"].as_str().expect("an id").parse().expect("an id");
        let (app, begun) = (stack.aws.app(), std::time::Instant::now());
        let delivery = loop {
            let (mut listed, _) =
                app.deliveries.list_to(&stack.org, &endpoint, None, 2).await.expect("DynamoDB");
            match listed.pop().filter(|delivery| delivery.status != DeliveryStatus::Pending) {
                Some(ended) => break ended,
                None => assert!(begun.elapsed() < PATIENCE, "{hops:?} hops, {seconds:?} s"),
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        };
        let ended = (delivery.attempts.len(), json!(delivery.reason));
        let schedule = RETRY_DELAYS.iter().map(Duration::as_secs).sum::<u64>();
        let (seconds, hops) = (seconds.load(Ordering::SeqCst), hops.load(Ordering::SeqCst));
        println!("{hops} hops in {seconds} of {schedule} s: {ended:?}");
        if may_loop {
            assert_eq!(ended, (RETRY_DELAYS.len() + 1, json!("attempts_exhausted")));
            // The real time that passed counts, too.
            let passed = seconds + begun.elapsed().as_secs() + 1;
            assert!(passed >= schedule && (112..=120).contains(&hops), "{hops} hops, {seconds} s");
        } else {
            assert_eq!(ended.1, json!("not_processed"));
            assert!(ended.0 < RETRY_DELAYS.len() && hops <= 16, "{hops} hops, {ended:?}");
        }
        assert_eq!(receiver.inbox().len(), ended.0);
        stack.stop().await;
    }
}

/// DynamoDB's response when it throttles a call.
fn throttled() -> (u16, Value) {
    (400, json!({ "__type": "com.amazonaws.dynamodb.v20120810#ThrottlingException" }))
}

#[tokio::test]
async fn throttled_chunk_is_requeued_beyond_loop_detection_limit() {
    for may_loop in [true, false] {
        // A worker without time for its chunk requeues it at the first throttled call.
        let limits = Limits {
            rows_per_chunk: 1,
            chunk_time: Duration::ZERO,
            throttled_rest: Duration::ZERO,
            ..Limits::default()
        };
        // Two chunks are requeued 30 times each: the SDK attempts each look-up five times.
        let left = AtomicU64::new(2 * 30 * 5);
        let full = StubResponses(move |operation: &str, _: &Value| {
            let take = |left: u64| left.checked_sub(1);
            let is_full = operation == "DynamoDB_20120810.BatchGetItem"
                && left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, take).is_ok();
            is_full.then(throttled)
        });
        let stack = Stack::start(may_loop, limits, full).await;
        let row = |id: &str| json!({ "external_id": id, "contact": { "name": "A" }, "total_amount": 1 });
        let job = stack.tenant.import_rows(json!([row("a"), row("b")])).await;
        let expected = if may_loop { ("completed", 2) } else { ("completed_with_errors", 0) };
        assert_eq!((&job["status"], &job["imported"]), (&json!(expected.0), &json!(expected.1)), "{job}");
        stack.stop().await;
    }
}

/// A message that has made as many hops as its kind allows.
fn exhausted<M: Message>(message: M) -> SqsEvent {
    event(&Queued { message, hops: M::HOPS_MAX })
}

fn event(body: &impl Serialize) -> SqsEvent {
    let body = serde_json::to_string(body).expect("JSON");
    sqs_event(&[aws_sdk_sqs::types::Message::builder().message_id("m").body(body).build()])
}

#[tokio::test]
async fn exhausted_hops_fail_the_job() {
    let stack = TestStack::start(&Data::Ephemeral).await;
    let failed = |answer: aws_lambda_events::sqs::SqsBatchResponse| answer.batch_item_failures.len();

    // An import whose plan is throttled.
    let row = json!({ "contact": { "name": "A" }, "total_amount": 1 });
    let body = json!({ "accounts": [row, row] });
    let limits = Limits { rows_per_chunk: 1, ..stack.app.limits };
    let (_, begun) =
        stack.ask(&App { limits, ..stack.app.clone() }, Method::POST, "/api/v1/import", body).await;
    let import = begun["job_id"].as_str().expect("an id");
    let plan = ImportMessage {
        org: stack.org.clone(),
        import: import.parse().expect("an id"),
        task: ImportTask::Plan,
    };
    let retries = RetryConfig::standard().with_initial_backoff(Duration::from_millis(1));
    let sdk = stack.aws.sdk_of("ImportPlannerFunction").to_builder().retry_config(retries).build();
    let no_room = |operation: &str, _: &Value| operation.starts_with("DynamoDB").then(throttled);
    let full = stack.aws.app_over(&intercepted(&sdk, &Arc::new(StubResponses(no_room))));
    assert_eq!(failed(saldo_jobs::import::handle((&full).into(), exhausted(plan.clone())).await), 1);
    assert_eq!(
        failed(saldo_jobs::import::handle((&full).into(), event(&plan)).await),
        0,
        "a message with hops left is requeued"
    );
    let dlq_app = stack.aws.app_of("ImportDeadLettersFunction");
    assert_eq!(failed(saldo_jobs::import::handle_dead_letters((&dlq_app).into(), exhausted(plan)).await), 0);
    let (_, job) = stack.ask(&stack.app, Method::GET, &format!("/api/v1/import/{import}"), Value::Null).await;
    let reason = "the import waited too often for room in the database or for time to plan it; send it again";
    assert_eq!((&job["status"], &job["reason"]), (&json!("failed"), &json!(reason)), "{job}");

    // A synchronization whose customer never confirms.
    let (_, access) = stack
        .ask(&stack.app, Method::POST, "/rest/accesses", json!({ "access_method_id": "sandbox-app" }))
        .await;
    let access = access["id"].as_str().expect("an id");
    let path = format!("/rest/accesses/{access}/syncs");
    let request = json!({ "credentials": { "psu_id": customer("decoupled-slow") } });
    let (_, sync) = stack.ask(&stack.app, Method::POST, &path, request).await;
    let sync = sync["id"].as_str().expect("an id");
    let message = SyncMessage {
        org: stack.org.clone(),
        access: access.parse().expect("an id"),
        sync: sync.parse().expect("an id"),
    };
    let worker = stack.aws.app_of("SyncWorkerFunction");
    assert_eq!(failed(saldo_jobs::sync::handle((&worker).into(), exhausted(message.clone())).await), 1);
    let dlq_app = stack.aws.app_of("SyncDeadLettersFunction");
    assert_eq!(failed(saldo_jobs::sync::handle_dead_letters((&dlq_app).into(), exhausted(message)).await), 0);
    let (_, job) = stack.ask(&stack.app, Method::GET, &format!("{path}/{sync}"), Value::Null).await;
    assert_eq!((&job["status"], &job["error"]["code"]), (&json!("FAILED"), &json!(30000)), "{job}");
    let message = "The synchronization waited too often without coming to an end.";
    assert_eq!(job["error"]["message"], message, "{job}");
    stack.stop().await;
}
