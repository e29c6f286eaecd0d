//! Notifications: the binary that answers requests, their worker, and the one for their dead
//! letters.

use jiff::Timestamp;
use local::{Aws, Data};
use saldo_domain::id::{DeliveryId, ImportId, NotificationId, OrgId};
use saldo_domain::notification::{DeliveryStatus, Event};
use saldo_store::queue::NotificationMessage;
use serde_json::{Value, json};
use standardwebhooks::Webhook;
use testing::Receiver;
use testing::lambda::{Function, http_event, leaves_one_open, sqs_event};
use testing::{search, services};
use uuid::Uuid;

/// An endpoint that the real binary has made, and an event for it.
struct Lab {
    aws: Aws,
    org: OrgId,
    endpoint: Value,
    event: Event,
    delivery: DeliveryId,
}

impl Lab {
    async fn start(receiver: &Receiver) -> Self {
        let aws = services(&Data::Ephemeral).await;
        let org = OrgId::random().expect("randomness");
        let key = local::demo::create_organization(&aws.app(), org.clone(), "Test", "ARS").await;
        let key = key.expect("an organization").expose().to_owned();
        let mut function = Function::start(env!("CARGO_BIN_EXE_sync"), &aws.environment()).await;
        let body = json!({ "observe_key": "saldo:import.completed", "notify_uri": receiver.url }).to_string();
        let answer = function.invoke(http_event("POST", "/rest/notifications", &key, &body)).await;
        function.say_age("sync");
        let answer = answer.expect("an answer");
        assert_eq!(answer["statusCode"], 201, "{answer}");
        let endpoint: Value = serde_json::from_str(answer["body"].as_str().expect("a body")).expect("JSON");
        let id = endpoint["notification_id"].as_str().expect("an id");
        let read = function.invoke(http_event("GET", &format!("/rest/notifications/{id}"), &key, "")).await;
        assert_eq!(read.expect("an answer")["statusCode"], 200);

        let id: NotificationId = id.parse().expect("an id");
        let now = Timestamp::from_millisecond(Timestamp::now().as_millisecond()).expect("a moment");
        let event = Event::import_completed(org.clone(), &ImportId::of_seed(Uuid::now_v7()), now);
        let delivery = DeliveryId::of_event(&id, &event.job_id, now);
        Self { aws, org, endpoint, event, delivery }
    }

    fn tell(&self) -> Value {
        message(&NotificationMessage::Tell(self.event.clone()))
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

/// The second message of the event is nonsense; it alone is to come back.
fn only_the_nonsense_failed() -> Value {
    json!({ "batchItemFailures": [{ "itemIdentifier": "2e1424d4-f796-459a-8184-9c92662be6da" }] })
}

#[tokio::test]
async fn an_endpoint_made_through_api_gateway_is_told_by_the_worker_that_sqs_calls() {
    let receiver = Receiver::start(&[]).await;
    let lab = Lab::start(&receiver).await;
    let binary = env!("CARGO_BIN_EXE_notifications-worker");
    let mut worker = Function::start(binary, &lab.aws.environment()).await;
    assert_eq!(worker.invoke(lab.tell()).await, Ok(only_the_nonsense_failed()));
    worker.say_age("notifications-worker");
    for _delivery in 0..2 {
        assert_eq!(worker.invoke(lab.deliver()).await, Ok(only_the_nonsense_failed()));
        assert_eq!(lab.status().await, DeliveryStatus::Delivered);
    }
    let inbox = receiver.inbox();
    let [notification] = inbox.as_slice() else { panic!("{inbox:?}") };
    assert_eq!(notification.json()["job_id"], lab.event.job_id);
    let webhook = Webhook::new(lab.endpoint["secret"].as_str().expect("a secret")).expect("a secret");
    webhook.verify(&notification.body, &notification.headers).expect("a good signature");
    search(&lab.aws).await;
    lab.aws.stop().await;
}

#[tokio::test]
async fn dead_letters_end_their_delivery() {
    let receiver = Receiver::start(&[]).await;
    let lab = Lab::start(&receiver).await;
    let binary = env!("CARGO_BIN_EXE_notifications-dead-letters");
    let mut dead_letters = Function::start(binary, &lab.aws.environment()).await;
    assert!(leaves_one_open(&dead_letters.invoke(lab.tell()).await));
    dead_letters.say_age("notifications-dead-letters");
    assert_eq!(lab.status().await, DeliveryStatus::Pending);
    assert!(leaves_one_open(&dead_letters.invoke(lab.deliver()).await));
    assert_eq!(lab.status().await, DeliveryStatus::Failed);
    assert_eq!(receiver.inbox().len(), 0);
    search(&lab.aws).await;
    lab.aws.stop().await;
}
