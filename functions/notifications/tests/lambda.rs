//! The binaries of notifications, invoked as Lambda invokes them: the worker and the handler of dead letters.

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use jiff::Timestamp;
use local::{Aws, Data};
use saldo_domain::id::{DeliveryId, ImportId, NotificationId, OrgId};
use saldo_domain::notification::{DeliveryStatus, Event};
use saldo_store::queue::NotificationMessage;
use serde_json::{Value, json};
use standardwebhooks::Webhook;
use testing::Receiver;
use testing::lambda::{Function, leaves_one_open, sqs_event};
use testing::{search, services};
use tower::ServiceExt;
use uuid::Uuid;

/// An endpoint and an event for it.
struct Fixture {
    aws: Aws,
    org: OrgId,
    endpoint: Value,
    event: Event,
    delivery: DeliveryId,
}

impl Fixture {
    async fn start(receiver: &Receiver) -> Self {
        let aws = services(&Data::Ephemeral).await;
        let org = OrgId::random().expect("randomness");
        let key = local::demo::create_organization(&aws.app(), org.clone(), "Test", "ARS").await;
        let key = key.expect("an organization").expose().to_owned();
        let body = json!({ "observe_key": "saldo:import.completed", "notify_uri": receiver.url });
        let request =
            Request::post("/rest/notifications").header("host", "localhost").header("x-api-key", key);
        let request = request.header("content-type", "application/json").body(Body::from(body.to_string()));
        let service = saldo_http::service(notifications::routes((&aws.app()).into()));
        let answer = service.oneshot(request.expect("a request")).await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::CREATED);
        let body = to_bytes(answer.into_body(), usize::MAX).await.expect("a body");
        let endpoint: Value = serde_json::from_slice(&body).expect("JSON");
        let id = endpoint["notification_id"].as_str().expect("an id");

        let id: NotificationId = id.parse().expect("an id");
        let now = Timestamp::from_millisecond(Timestamp::now().as_millisecond()).expect("a moment");
        let event = Event::import_completed(org.clone(), &ImportId::of_seed(Uuid::now_v7()), now);
        let delivery = DeliveryId::of_event(&id, &event.job_id, now);
        Self { aws, org, endpoint, event, delivery }
    }

    fn queue_event(&self) -> Value {
        message(&NotificationMessage::Event(self.event.clone()))
    }

    fn deliver(&self) -> Value {
        message(&NotificationMessage::Deliver { org: self.org.clone(), delivery: self.delivery.clone() })
    }

    async fn status(&self) -> DeliveryStatus {
        let delivery = self.aws.app().deliveries.get(&self.org, &self.delivery).await;
        delivery.expect("DynamoDB").expect("the delivery").status
    }
}

fn message(message: &NotificationMessage) -> Value {
    sqs_event(&serde_json::to_string(message).expect("JSON"))
}

/// The second message of the event is malformed, so only it is returned to the queue.
fn only_malformed_message_failed() -> Value {
    json!({ "batchItemFailures": [{ "itemIdentifier": "2e1424d4-f796-459a-8184-9c92662be6da" }] })
}

#[tokio::test]
async fn worker_delivers_signed_notification_once() {
    let receiver = Receiver::start(&[]).await;
    let fixture = Fixture::start(&receiver).await;
    let mut worker = Function::deployed(
        env!("CARGO_BIN_EXE_notifications-worker"),
        &fixture.aws,
        "NotificationsWorkerFunction",
    )
    .await;
    assert_eq!(worker.invoke(fixture.queue_event()).await, Ok(only_malformed_message_failed()));
    worker.say_response_time("notifications-worker");
    for _delivery in 0..2 {
        assert_eq!(worker.invoke(fixture.deliver()).await, Ok(only_malformed_message_failed()));
        assert_eq!(fixture.status().await, DeliveryStatus::Delivered);
    }
    let inbox = receiver.inbox();
    let [notification] = inbox.as_slice() else { panic!("{inbox:?}") };
    assert_eq!(notification.json()["job_id"], fixture.event.job_id);
    let webhook = Webhook::new(fixture.endpoint["secret"].as_str().expect("a secret")).expect("a secret");
    webhook.verify(&notification.body, &notification.headers).expect("a good signature");
    search(&fixture.aws).await;
    fixture.aws.stop().await;
}

#[tokio::test]
async fn dead_letter_fails_delivery() {
    let receiver = Receiver::start(&[]).await;
    let fixture = Fixture::start(&receiver).await;
    let mut dead_letters = Function::deployed(
        env!("CARGO_BIN_EXE_notifications-dead-letters"),
        &fixture.aws,
        "NotificationsDeadLettersFunction",
    )
    .await;
    assert!(leaves_one_open(&dead_letters.invoke(fixture.queue_event()).await));
    dead_letters.say_response_time("notifications-dead-letters");
    assert_eq!(fixture.status().await, DeliveryStatus::Pending);
    assert!(leaves_one_open(&dead_letters.invoke(fixture.deliver()).await));
    assert_eq!(fixture.status().await, DeliveryStatus::Failed);
    assert_eq!(receiver.inbox().len(), 0);
    search(&fixture.aws).await;
    fixture.aws.stop().await;
}
