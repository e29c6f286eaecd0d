//! The stack of the notification tests, whose worker has short delays and timeouts.

use std::ops::Deref;
use std::time::{Duration, Instant};

use aws_sdk_sqs::types::Message;
use axum::body::{Body, to_bytes};
use axum::http::{Method, Request};
use jiff::Timestamp;
use local::App;
use local::{Data, sqs_event};
use saldo_domain::id::{DeliveryId, ExportId, NotificationId};
use saldo_domain::notification::{Delivery, DeliveryStatus, Event, Outcome};
use saldo_http::service;
use saldo_store::Limits;
use saldo_store::queue::NotificationMessage;
use serde_json::{Value, json};
use tower::ServiceExt;
use uuid::Uuid;

pub(crate) const EXPORTS: &str = "saldo:export.completed";
/// The timeout for a receiver, and the delays of three more attempts, which SQS rounds up to seconds.
pub(crate) const LIMITS: (Duration, &[Duration]) = (Duration::from_secs(1), &[Duration::from_millis(500); 3]);
/// How long a delivery may take to end.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// A stack with short delays and timeouts.
pub(crate) struct NotificationStack(testing::TestStack);

impl Deref for NotificationStack {
    type Target = testing::TestStack;

    fn deref(&self) -> &testing::TestStack {
        &self.0
    }
}

impl NotificationStack {
    pub(crate) async fn start() -> Self {
        let mut stack = testing::TestStack::start(&Data::Ephemeral).await;
        stack.app = with_short_delays(stack.app);
        Self(stack)
    }

    pub(crate) async fn stop(self) {
        self.0.stop().await;
    }

    pub(crate) async fn ask(&self, method: Method, path: &str, body: Value) -> Value {
        let request = Request::builder().method(method).uri(path);
        let request = request.header("x-api-key", &self.key).header("content-type", "application/json");
        let request = request.header("idempotency-key", Uuid::now_v7().to_string());
        let request = request.body(Body::from(body.to_string())).expect("a request");
        let answer = service(local::routes(&self.app)).oneshot(request).await.expect("an answer");
        let status = answer.status();
        let body = to_bytes(answer.into_body(), usize::MAX).await.expect("a body");
        assert!(status.is_success(), "{status}: {}", String::from_utf8_lossy(&body));
        serde_json::from_slice(&body).unwrap_or_default()
    }

    /// An endpoint that observes exports, and its secret.
    pub(crate) async fn endpoint(&self, uri: &str) -> (NotificationId, String) {
        let request = json!({ "observe_key": EXPORTS, "notify_uri": uri, "state": "s" });
        let made = self.ask(Method::POST, "/rest/notifications", request).await;
        let id = made["notification_id"].as_str().and_then(|id| id.parse().ok()).expect("an id");
        (id, made["secret"].as_str().expect("a secret").to_owned())
    }

    /// Queues the event of an export's end. Returns it with the id of its delivery to an endpoint.
    pub(crate) async fn queue_event(&self, endpoint: &NotificationId) -> (Event, DeliveryId) {
        let export = ExportId::of_seed(Uuid::now_v7());
        let now = Timestamp::from_millisecond(Timestamp::now().as_millisecond()).expect("a moment");
        let event = Event::export_completed(self.org.clone(), &export, now);
        self.app.notification_queue.queue_event(event.clone()).await.expect("SQS");
        (event, DeliveryId::of_event(endpoint, &export.to_string(), now))
    }

    pub(crate) async fn messages(&self, queue: &str) -> Vec<Message> {
        let sqs = aws_sdk_sqs::Client::new(self.aws.sdk_config());
        let poll = sqs.receive_message().queue_url(queue).wait_time_seconds(1);
        let messages = poll.send().await.expect("SQS").messages.unwrap_or_default();
        for message in &messages {
            let receipt = message.receipt_handle().expect("a receipt");
            sqs.delete_message().queue_url(queue).receipt_handle(receipt).send().await.expect("SQS");
        }
        messages
    }

    pub(crate) async fn notifications(&self) -> Vec<Message> {
        self.messages(&self.aws.variables["SALDO_NOTIFICATION_QUEUE"]).await
    }

    pub(crate) async fn delivery(&self, id: &DeliveryId) -> Option<Delivery> {
        self.app.deliveries.get(&self.org, id).await.expect("DynamoDB")
    }

    /// Handles queued messages until the delivery has ended.
    pub(crate) async fn work(&self, app: &App, id: &DeliveryId) -> Delivery {
        let begun = Instant::now();
        loop {
            for message in self.notifications().await {
                handled(app, &message).await;
            }
            match self.delivery(id).await {
                Some(delivery) if delivery.status != DeliveryStatus::Pending => return delivery,
                delivery => assert!(begun.elapsed() < PATIENCE, "the delivery does not end: {delivery:?}"),
            }
        }
    }
}

pub(crate) fn with_short_delays(app: App) -> App {
    let (notification_timeout, notification_delays) = LIMITS;
    let limits = Limits { notification_timeout, notification_delays, ..Limits::default() };
    App { limits, ..app }
}

pub(crate) async fn handled(app: &App, message: &Message) {
    let answer =
        saldo_jobs::notifications::handle(app.into(), sqs_event(std::slice::from_ref(message))).await;
    assert_eq!(answer.batch_item_failures, []);
}

/// A message to the worker, as SQS delivers it.
pub(crate) fn message(body: &NotificationMessage) -> Message {
    let body = serde_json::to_string(body).expect("JSON");
    Message::builder().message_id(Uuid::now_v7().to_string()).body(body).build()
}

pub(crate) fn outcomes(delivery: &Delivery) -> Vec<Outcome> {
    delivery.attempts.iter().map(|attempt| attempt.outcome).collect()
}
