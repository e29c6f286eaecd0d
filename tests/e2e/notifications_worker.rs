//! The worker of notifications: receivers that fail, workers that die, events told twice, and
//! targets that are not to be called.

use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_sqs::types::Message;
use axum::body::{Body, to_bytes};
use axum::http::{Method, Request};
use jiff::Timestamp;
use local::{Aws, Data, sqs_event};
use saldo::app::{App, Limits};
use saldo::http::service;
use saldo::id::{DeliveryId, ExportId, NotificationId, OrgId};
use saldo::notification::{
    AttemptError, Delivery, DeliveryStatus, Endpoint, Event, GivenUp, Outcome, Targets,
};
use saldo::queue::NotificationMessage;
use serde_json::{Value, json};
use standardwebhooks::Webhook;
use testing::Receiver;
use testing::wire::{Faults, tapped};
use tower::ServiceExt;
use uuid::Uuid;

const EXPORTS: &str = "saldo:export.completed";
/// A second for the receiver; and three more attempts, which the queue's whole seconds round up.
const LIMITS: (Duration, &[Duration]) = (Duration::from_secs(1), &[Duration::from_millis(500); 3]);
const TEN_HOURS: &[Duration] = &[Duration::from_hours(10)];
/// How long a delivery may take to end.
const PATIENCE: Duration = Duration::from_secs(60);

/// Services, an organization in them, and an app that does not wait long.
pub(crate) struct Lab {
    pub(crate) aws: Aws,
    pub(crate) app: App,
    pub(crate) org: OrgId,
    key: String,
}

impl Lab {
    pub(crate) async fn start() -> Self {
        let aws = Aws::start(&Data::Ephemeral).await.expect("the services");
        let (app, org) = (hasty(aws.app()), OrgId::random().expect("randomness"));
        let key = local::demo::create_organization(&app, org.clone(), "Test", "ARS").await;
        let key = key.expect("an organization").expose().to_owned();
        Self { aws, app, org, key }
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
    async fn endpoint(&self, uri: &str) -> (NotificationId, String) {
        let request = json!({ "observe_key": EXPORTS, "notify_uri": uri, "state": "s" });
        let made = self.ask(Method::POST, "/rest/notifications", request).await;
        let id = made["notification_id"].as_str().and_then(|id| id.parse().ok()).expect("an id");
        (id, made["secret"].as_str().expect("a secret").to_owned())
    }

    /// Queues the event that some export has ended; returns it with its delivery to an endpoint.
    async fn tell(&self, endpoint: &NotificationId) -> (Event, DeliveryId) {
        let export = ExportId::of_seed(Uuid::now_v7());
        let now = Timestamp::from_millisecond(Timestamp::now().as_millisecond()).expect("a moment");
        let event = Event::export_completed(self.org.clone(), &export, now);
        self.app.notification_queue.tell(event.clone()).await.expect("SQS");
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

    async fn notifications(&self) -> Vec<Message> {
        self.messages(&self.aws.settings.queues.notification).await
    }

    async fn delivery(&self, id: &DeliveryId) -> Option<Delivery> {
        self.app.deliveries.get(&self.org, id).await.expect("DynamoDB")
    }

    /// Works on the queue until the delivery has ended.
    async fn work(&self, app: &App, id: &DeliveryId) -> Delivery {
        let begun = Instant::now();
        loop {
            for message in self.notifications().await {
                handled(app, &message).await;
            }
            match self.delivery(id).await {
                Some(delivery) if delivery.status != DeliveryStatus::Pending => return delivery,
                delivery => assert!(begun.elapsed() < PATIENCE, "it does not end: {delivery:?}"),
            }
        }
    }
}

fn hasty(app: App) -> App {
    let (notification_timeout, notification_delays) = LIMITS;
    let limits = Limits { notification_timeout, notification_delays, ..Limits::default() };
    App { limits, ..app }
}

async fn handled(app: &App, message: &Message) {
    let answer = sync::handle_notifications(app.clone(), sqs_event(std::slice::from_ref(message))).await;
    assert_eq!(answer.batch_item_failures, []);
}

/// A message to the worker, as the queue would hand it over.
fn message(body: &NotificationMessage) -> Message {
    let body = serde_json::to_string(body).expect("JSON");
    Message::builder().message_id(Uuid::now_v7().to_string()).body(body).build()
}

fn outcomes(delivery: &Delivery) -> Vec<Outcome> {
    delivery.attempts.iter().map(|attempt| attempt.outcome).collect()
}

#[tokio::test]
async fn a_receiver_that_fails_three_times_gets_the_same_notification_again_and_then_has_it() {
    let lab = Lab::start().await;
    let receiver = Receiver::start(&[500, 404, 503]).await;
    let (endpoint, secret) = lab.endpoint(&receiver.url).await;
    let (event, id) = lab.tell(&endpoint).await;
    let delivery = lab.work(&lab.app, &id).await;
    assert_eq!((delivery.status, delivery.reason), (DeliveryStatus::Delivered, None));
    assert_eq!(outcomes(&delivery), [500, 404, 503, 204].map(Outcome::StatusCode));

    let inbox = receiver.inbox();
    assert_eq!(inbox.len(), 4);
    let webhook = Webhook::new(&secret).expect("a secret");
    for notification in &inbox {
        assert_eq!(notification.header("webhook-id"), id.to_string());
        assert_eq!(notification.json()["job_id"], event.job_id);
        webhook.verify(&notification.body, &notification.headers).expect("a good signature");
    }
    assert!(inbox.windows(2).all(|two| two[1].at - two[0].at >= LIMITS.1[0]), "not before they are due");

    // One that never gets it right is given up.
    let hopeless = Receiver::start(&[500; 9]).await;
    let (endpoint, _) = lab.endpoint(&hopeless.url).await;
    let (_, id) = lab.tell(&endpoint).await;
    let delivery = lab.work(&lab.app, &id).await;
    assert_eq!(
        (delivery.status, delivery.reason),
        (DeliveryStatus::Failed, Some(GivenUp::AttemptsExhausted))
    );
    assert_eq!((delivery.attempts.len(), hopeless.inbox().len()), (4, 4));

    // And one that is gone, at once.
    let gone = Receiver::start(&[410]).await;
    let (endpoint, _) = lab.endpoint(&gone.url).await;
    let (_, id) = lab.tell(&endpoint).await;
    let delivery = lab.work(&lab.app, &id).await;
    assert_eq!((delivery.status, delivery.reason), (DeliveryStatus::Failed, Some(GivenUp::Gone)));
    lab.aws.stop().await;
}

#[tokio::test]
async fn a_worker_that_dies_between_any_two_requests_loses_no_notification() {
    let lab = Lab::start().await;
    let faults = Arc::new(Faults::default());
    let doomed = hasty(App::new(&lab.aws.settings, &tapped(lab.aws.sdk_config(), &faults)));
    let mut deaths = 0;
    // Dead before a request is as dead as after the one before it. No message takes more than
    // five: the delivery, the endpoint, its secret, the attempt, the next message.
    for requests in 0..6 {
        let receiver = Receiver::start(&[500]).await;
        let (endpoint, _) = lab.endpoint(&receiver.url).await;
        let (_, id) = lab.tell(&endpoint).await;
        let begun = Instant::now();
        while lab.delivery(&id).await.is_none_or(|delivery| delivery.status == DeliveryStatus::Pending) {
            assert!(begun.elapsed() < PATIENCE, "after {requests} requests it is lost");
            for message in lab.notifications().await {
                faults.arm(requests, true);
                let event = sqs_event(std::slice::from_ref(&message));
                let died = faults.run(sync::handle_notifications(doomed.clone(), event)).await.is_none();
                faults.disarm();
                deaths += usize::from(died);
                if died {
                    handled(&lab.app, &message).await; // it comes back
                }
            }
        }
        let delivery = lab.delivery(&id).await.expect("the delivery");
        assert_eq!(delivery.status, DeliveryStatus::Delivered, "{requests}: {delivery:?}");
        let inbox = receiver.inbox();
        assert!(inbox.len() >= 2 && inbox.iter().all(|got| got.header("webhook-id") == id.to_string()));
        lab.ask(Method::DELETE, &format!("/rest/notifications/{endpoint}"), Value::Null).await;
    }
    assert!(deaths >= 3 + 5 + 4, "the event's, a failure's and a success's requests: {deaths}");
    lab.aws.stop().await;
}

#[tokio::test]
async fn an_event_told_twice_is_delivered_once_and_one_from_before_the_endpoint_not_at_all() {
    let lab = Lab::start().await;
    let receiver = Receiver::start(&[]).await;
    let before = Event::export_completed(
        lab.org.clone(),
        &ExportId::of_seed(Uuid::now_v7()),
        Timestamp::now() - Duration::from_secs(1),
    );
    let (endpoint, _) = lab.endpoint(&receiver.url).await;
    lab.app.notification_queue.tell(before).await.expect("SQS");
    let (event, id) = lab.tell(&endpoint).await;
    lab.app.notification_queue.tell(event.clone()).await.expect("SQS");
    lab.work(&lab.app, &id).await;
    handled(&lab.app, &message(&NotificationMessage::Tell(event))).await;
    let begun = Instant::now();
    while begun.elapsed() < LIMITS.0 * 3 {
        for message in lab.notifications().await {
            handled(&lab.app, &message).await;
        }
    }
    assert_eq!(receiver.inbox().len(), 1);
    let (listed, more) = lab.app.deliveries.list_to(&lab.org, &endpoint, None, 10).await.expect("DynamoDB");
    assert_eq!((listed.len(), more), (1, false));
    lab.aws.stop().await;
}

#[tokio::test]
async fn a_message_that_comes_twice_or_early_does_not_shorten_the_schedule() {
    let lab = Lab::start().await;
    let limits = Limits { notification_delays: TEN_HOURS, ..lab.app.limits };
    let patient = App { limits, ..lab.app.clone() };
    let receiver = Receiver::start(&[500]).await;
    let (endpoint, _) = lab.endpoint(&receiver.url).await;
    let (event, id) = lab.tell(&endpoint).await;
    handled(&patient, &message(&NotificationMessage::Tell(event))).await;
    let deliver = message(&NotificationMessage::Deliver { org: lab.org.clone(), delivery: id.clone() });
    handled(&patient, &deliver).await;
    let after_one = lab.delivery(&id).await.expect("the delivery");
    let due = after_one.next_attempt_at.expect("a next attempt");
    assert!((due.duration_since(Timestamp::now()).as_secs() - 36_000).abs() <= 60, "{due}");
    for _ in 0..3 {
        handled(&patient, &deliver).await;
    }
    assert_eq!(lab.delivery(&id).await, Some(after_one));
    assert_eq!(receiver.inbox().len(), 1);
    lab.aws.stop().await;
}

#[tokio::test]
async fn an_endpoint_deleted_meanwhile_ends_its_deliveries_and_so_do_dead_letters() {
    let lab = Lab::start().await;
    let receiver = Receiver::start(&[]).await;
    let (endpoint, _) = lab.endpoint(&receiver.url).await;
    let (event, id) = lab.tell(&endpoint).await;
    handled(&lab.app, &message(&NotificationMessage::Tell(event))).await;
    lab.ask(Method::DELETE, &format!("/rest/notifications/{endpoint}"), Value::Null).await;
    let delivery = lab.work(&lab.app, &id).await;
    assert_eq!((delivery.status, delivery.reason), (DeliveryStatus::Failed, Some(GivenUp::EndpointDeleted)));

    let (endpoint, _) = lab.endpoint(&receiver.url).await;
    let (event, id) = lab.tell(&endpoint).await;
    let dead = async |body: NotificationMessage| {
        let letter = sqs_event(&[message(&body)]);
        let answer = sync::handle_notification_dead_letters(lab.app.clone(), letter).await;
        assert_eq!(answer.batch_item_failures, []);
    };
    dead(NotificationMessage::Tell(event)).await;
    assert!(lab.delivery(&id).await.is_some(), "an event given up is told all the same");
    let deliver = NotificationMessage::Deliver { org: lab.org.clone(), delivery: id.clone() };
    for _ in 0..2 {
        dead(deliver.clone()).await;
        let delivery = lab.delivery(&id).await.expect("the delivery");
        assert_eq!((delivery.status, delivery.reason), (DeliveryStatus::Failed, Some(GivenUp::NotProcessed)));
    }
    handled(&lab.app, &message(&deliver)).await;
    assert_eq!(receiver.inbox().len(), 0, "a late message brings nothing back");
    lab.aws.stop().await;
}

#[tokio::test]
async fn what_may_not_be_called_is_not_called_whatever_was_saved() {
    let lab = Lab::start().await;
    let limits = Limits { notification_delays: &[], ..lab.app.limits };
    let local = App { limits, ..lab.app.clone() };
    let public = App { targets: Targets::Public, ..local.clone() };
    let receiver = Receiver::start(&[]).await;
    let (saved, _) = lab.endpoint(&receiver.url).await;
    let saved = lab.app.notifications.get(&lab.org, &saved).await.expect("DynamoDB").expect("the endpoint");
    let outcome = async |app: &App, uri: &str| {
        let endpoint = Endpoint { notify_uri: uri.parse().expect("a URL"), ..saved.clone() };
        lab.app.notifications.put(&lab.org, &endpoint).await.expect("DynamoDB");
        let (event, id) = lab.tell(&endpoint.id).await;
        handled(app, &message(&NotificationMessage::Tell(event))).await;
        handled(app, &message(&NotificationMessage::Deliver { org: lab.org.clone(), delivery: id.clone() }))
            .await;
        let delivery = lab.delivery(&id).await.expect("the delivery");
        assert_eq!(delivery.status, DeliveryStatus::Failed, "{uri}: {delivery:?}");
        outcomes(&delivery).pop().expect("an attempt")
    };
    let port = receiver.url.rsplit(':').next().expect("a port");
    for uri in [
        format!("http://127.0.0.1:{port}/"),
        format!("https://127.0.0.1:{port}/"),
        format!("https://[::ffff:127.0.0.1]:{port}/"),
        format!("http://localhost:{port}/"),
        format!("https://localhost:{port}/"),
        "https://10.0.0.1/".to_owned(),
        "https://169.254.169.254/latest/meta-data/".to_owned(),
        "https://[fd00:ec2::254]/".to_owned(),
    ] {
        assert_eq!(outcome(&public, &uri).await, Outcome::Error(AttemptError::AddressNotAllowed), "{uri}");
    }
    assert_eq!(outcome(&local, "https://10.0.0.1/").await, Outcome::Error(AttemptError::AddressNotAllowed));
    for (path, error) in [("/elsewhere", AttemptError::Redirect), ("/slow", AttemptError::Timeout)] {
        let uri = format!("{}{path}", receiver.url);
        assert_eq!(outcome(&local, &uri).await, Outcome::Error(error), "{uri}");
    }
    let closed = "http://127.0.0.1:1/";
    assert_eq!(outcome(&local, closed).await, Outcome::Error(AttemptError::ConnectionFailed));
    let no_tls = format!("https://127.0.0.1:{port}/");
    assert_eq!(outcome(&local, &no_tls).await, Outcome::Error(AttemptError::ConnectionFailed));
    assert_eq!(receiver.inbox().len(), 0);

    // Nor is it saved, where the local stack's exception is not made.
    let strict = service(local::routes(&public));
    for uri in ["https://localhost/", "https://127.0.0.1/", "http://localhost/"] {
        let body = json!({ "observe_key": EXPORTS, "notify_uri": uri }).to_string();
        let request = Request::post("/rest/notifications").header("x-api-key", &lab.key);
        let request = request.header("content-type", "application/json").body(Body::from(body));
        let answer = strict.clone().oneshot(request.expect("a request")).await.expect("an answer");
        assert_eq!(answer.status(), 400, "{uri}");
    }
    lab.aws.stop().await;
}

#[tokio::test]
async fn a_secret_lies_in_no_table_in_clear() {
    let lab = Lab::start().await;
    let receiver = Receiver::start(&[]).await;
    let (endpoint, secret) = lab.endpoint(&receiver.url).await;
    let (_, id) = lab.tell(&endpoint).await;
    lab.work(&lab.app, &id).await;
    let bits = secret.strip_prefix("whsec_").expect("the prefix");
    let dynamodb = aws_sdk_dynamodb::Client::new(lab.aws.sdk_config());
    let mut items = 0;
    for table in dynamodb.list_tables().send().await.expect("DynamoDB").table_names() {
        let scan = dynamodb.scan().table_name(table).send().await.expect("DynamoDB");
        for item in scan.items() {
            items += 1;
            let binary = item.values().any(|value| matches!(value, AttributeValue::B(_)));
            assert!(!binary, "bytes that this would not see");
            assert!(!format!("{item:?}").contains(bits), "{table}: {item:?}");
        }
    }
    assert!(items >= 5, "the key, its pointer, the organization, the endpoint, the delivery, the answer");
    lab.aws.stop().await;
}

#[tokio::test]
async fn deliveries_are_listed_newest_first_and_go_on_after_the_queue_was_lost() {
    let lab = Lab::start().await;
    let receiver = Receiver::start(&[500]).await;
    let (endpoint, _) = lab.endpoint(&receiver.url).await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        let (event, id) = lab.tell(&endpoint).await;
        handled(&lab.app, &message(&NotificationMessage::Tell(event))).await;
        ids.insert(0, id.to_string());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    while !lab.notifications().await.is_empty() {} // they are lost
    assert_eq!(local::resume(&lab.app).await.expect("the services"), 3);
    for id in &ids {
        let id = id.parse().expect("an id");
        assert_eq!(lab.work(&lab.app, &id).await.status, DeliveryStatus::Delivered);
    }
    assert_eq!(local::resume(&lab.app).await.expect("the services"), 0);
    let path = format!("/rest/notifications/{endpoint}/deliveries");
    let first = lab.ask(Method::GET, &format!("{path}?limit=2"), Value::Null).await;
    let second =
        lab.ask(Method::GET, &format!("{path}?limit=2&starting_after={}", ids[1]), Value::Null).await;
    let listed = |page: &Value| {
        let page = page["deliveries"].as_array().expect("a page").iter();
        page.map(|delivery| delivery["delivery_id"].as_str().unwrap_or_default().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!((listed(&first), &first["has_more"]), (ids[..2].to_vec(), &json!(true)));
    assert_eq!((listed(&second), &second["has_more"]), (ids[2..].to_vec(), &json!(false)));
    lab.aws.stop().await;
}
