//! The notification worker: receivers that fail, workers that die, repeated events, and messages that
//! arrive early or late.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::http::Method;
use jiff::Timestamp;
use local::App;
use local::sqs_event;
use saldo_domain::id::ExportId;
use saldo_domain::notification::{DeliveryFailure, DeliveryStatus, Event, Outcome};
use saldo_store::Limits;
use saldo_store::queue::NotificationMessage;
use serde_json::{Value, json};
use standardwebhooks::Webhook;
use testing::Receiver;
use testing::wire::{FaultPlan, intercepted};
use uuid::Uuid;

use crate::notification_stack::{
    LIMITS, NotificationStack, PATIENCE, handled, message, outcomes, with_short_delays,
};

const TEN_HOURS: &[Duration] = &[Duration::from_hours(10)];

#[tokio::test]
async fn failing_receiver_gets_same_notification_until_it_succeeds() {
    let stack = NotificationStack::start().await;
    let receiver = Receiver::start(&[500, 404, 503]).await;
    let (endpoint, secret) = stack.endpoint(&receiver.url).await;
    let (event, id) = stack.queue_event(&endpoint).await;
    let delivery = stack.work(&stack.app, &id).await;
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
    assert!(inbox.windows(2).all(|two| two[1].at - two[0].at >= LIMITS.1[0]), "attempts respect the delays");

    // A receiver that keeps failing gets no more attempts.
    let hopeless = Receiver::start(&[500; 9]).await;
    let (endpoint, _) = stack.endpoint(&hopeless.url).await;
    let (_, id) = stack.queue_event(&endpoint).await;
    let delivery = stack.work(&stack.app, &id).await;
    assert_eq!(
        (delivery.status, delivery.reason),
        (DeliveryStatus::Failed, Some(DeliveryFailure::AttemptsExhausted))
    );
    assert_eq!((delivery.attempts.len(), hopeless.inbox().len()), (4, 4));

    // A receiver that responds with 410 Gone gets no second attempt.
    let gone = Receiver::start(&[410]).await;
    let (endpoint, _) = stack.endpoint(&gone.url).await;
    let (_, id) = stack.queue_event(&endpoint).await;
    let delivery = stack.work(&stack.app, &id).await;
    assert_eq!((delivery.status, delivery.reason), (DeliveryStatus::Failed, Some(DeliveryFailure::Gone)));
    stack.stop().await;
}

#[tokio::test]
async fn notification_survives_worker_death_at_any_request() {
    let stack = NotificationStack::start().await;
    let faults = Arc::new(FaultPlan::default());
    let failing = with_short_delays(stack.aws.app_over(&intercepted(stack.aws.sdk_config(), &faults)));
    let mut deaths = 0;
    // Death before a call equals death after the previous one. No message takes more than five calls:
    // the delivery, the endpoint, its secret, the attempt and the next message.
    for requests in 0..6 {
        let receiver = Receiver::start(&[500]).await;
        let (endpoint, _) = stack.endpoint(&receiver.url).await;
        let (_, id) = stack.queue_event(&endpoint).await;
        let begun = Instant::now();
        while stack.delivery(&id).await.is_none_or(|delivery| delivery.status == DeliveryStatus::Pending) {
            assert!(begun.elapsed() < PATIENCE, "after {requests} requests it is lost");
            for message in stack.notifications().await {
                faults.kill_after(requests, true);
                let event = sqs_event(std::slice::from_ref(&message));
                let died =
                    faults.run(saldo_jobs::notifications::handle((&failing).into(), event)).await.is_none();
                faults.clear();
                deaths += usize::from(died);
                if died {
                    handled(&stack.app, &message).await; // the message becomes visible again
                }
            }
        }
        let delivery = stack.delivery(&id).await.expect("the delivery");
        assert_eq!(delivery.status, DeliveryStatus::Delivered, "{requests}: {delivery:?}");
        let inbox = receiver.inbox();
        assert!(inbox.len() >= 2 && inbox.iter().all(|got| got.header("webhook-id") == id.to_string()));
        stack.ask(Method::DELETE, &format!("/rest/notifications/{endpoint}"), Value::Null).await;
    }
    assert!(deaths >= 3 + 5 + 4, "deaths at the calls of the event, a failure and a success: {deaths}");
    stack.stop().await;
}

#[tokio::test]
async fn repeated_event_is_delivered_once_and_older_event_never() {
    let stack = NotificationStack::start().await;
    let receiver = Receiver::start(&[]).await;
    let before = Event::export_completed(
        stack.org.clone(),
        &ExportId::of_seed(Uuid::now_v7()),
        Timestamp::now() - Duration::from_secs(1),
    );
    let (endpoint, _) = stack.endpoint(&receiver.url).await;
    stack.app.notification_queue.queue_event(before).await.expect("SQS");
    let (event, id) = stack.queue_event(&endpoint).await;
    stack.app.notification_queue.queue_event(event.clone()).await.expect("SQS");
    stack.work(&stack.app, &id).await;
    handled(&stack.app, &message(&NotificationMessage::Event(event))).await;
    let begun = Instant::now();
    while begun.elapsed() < LIMITS.0 * 3 {
        for message in stack.notifications().await {
            handled(&stack.app, &message).await;
        }
    }
    assert_eq!(receiver.inbox().len(), 1);
    let (listed, more) =
        stack.app.deliveries.list_to(&stack.org, &endpoint, None, 10).await.expect("DynamoDB");
    assert_eq!((listed.len(), more), (1, false));
    stack.stop().await;
}

#[tokio::test]
async fn repeated_or_early_message_does_not_shorten_schedule() {
    let stack = NotificationStack::start().await;
    let limits = Limits { notification_delays: TEN_HOURS, ..stack.app.limits };
    let patient = App { limits, ..stack.app.clone() };
    let receiver = Receiver::start(&[500]).await;
    let (endpoint, _) = stack.endpoint(&receiver.url).await;
    let (event, id) = stack.queue_event(&endpoint).await;
    handled(&patient, &message(&NotificationMessage::Event(event))).await;
    let deliver = message(&NotificationMessage::Deliver { org: stack.org.clone(), delivery: id.clone() });
    handled(&patient, &deliver).await;
    let after_one = stack.delivery(&id).await.expect("the delivery");
    let due = after_one.next_attempt_at.expect("a next attempt");
    assert!((due.duration_since(Timestamp::now()).as_secs() - 36_000).abs() <= 60, "{due}");
    for _ in 0..3 {
        handled(&patient, &deliver).await;
    }
    assert_eq!(stack.delivery(&id).await, Some(after_one));
    assert_eq!(receiver.inbox().len(), 1);
    stack.stop().await;
}

#[tokio::test]
async fn concurrent_delivery_attempts_count_once() {
    let stack = NotificationStack::start().await;
    let delays = Limits { notification_delays: TEN_HOURS, ..stack.app.limits };
    // The calls for the delivery, the endpoint and its secret; the worker is held before it records
    // the attempt.
    let faults = FaultPlan::hold_after(3);
    let held = App { limits: delays, ..stack.aws.app_over(&intercepted(stack.aws.sdk_config(), &faults)) };
    let quick = App { limits: delays, ..stack.app.clone() };
    let receiver = Receiver::start(&[500, 500]).await;
    let (endpoint, _) = stack.endpoint(&receiver.url).await;
    let (event, id) = stack.queue_event(&endpoint).await;
    handled(&quick, &message(&NotificationMessage::Event(event))).await;
    let deliver = message(&NotificationMessage::Deliver { org: stack.org.clone(), delivery: id.clone() });
    let slow = tokio::spawn(saldo_jobs::notifications::handle(
        (&held).into(),
        sqs_event(std::slice::from_ref(&deliver)),
    ));
    faults.reached().await;
    handled(&quick, &deliver).await;
    let after_quick = stack.delivery(&id).await.expect("the delivery");
    faults.release();
    assert_eq!(slow.await.expect("no panic").batch_item_failures, []);
    assert_eq!(stack.delivery(&id).await.as_ref(), Some(&after_quick));
    assert_eq!(
        (after_quick.attempts.len(), receiver.inbox().len()),
        (1, 2),
        "one attempt is recorded, two were sent"
    );
    stack.stop().await;
}

#[tokio::test]
async fn deleted_endpoint_or_dead_letter_ends_delivery() {
    let stack = NotificationStack::start().await;
    let receiver = Receiver::start(&[]).await;
    let (endpoint, _) = stack.endpoint(&receiver.url).await;
    let (event, id) = stack.queue_event(&endpoint).await;
    handled(&stack.app, &message(&NotificationMessage::Event(event))).await;
    stack.ask(Method::DELETE, &format!("/rest/notifications/{endpoint}"), Value::Null).await;
    let delivery = stack.work(&stack.app, &id).await;
    assert_eq!(
        (delivery.status, delivery.reason),
        (DeliveryStatus::Failed, Some(DeliveryFailure::EndpointDeleted))
    );

    let (endpoint, _) = stack.endpoint(&receiver.url).await;
    let (event, id) = stack.queue_event(&endpoint).await;
    let dead_letter = async |body: NotificationMessage| {
        let event = sqs_event(&[message(&body)]);
        let dlq_app = stack.aws.app_of("NotificationsDeadLettersFunction");
        let answer = saldo_jobs::notifications::handle_dead_letters((&dlq_app).into(), event).await;
        assert_eq!(answer.batch_item_failures, []);
    };
    dead_letter(NotificationMessage::Event(event)).await;
    assert!(stack.delivery(&id).await.is_some(), "the DLQ handler delivers the event");
    let deliver = NotificationMessage::Deliver { org: stack.org.clone(), delivery: id.clone() };
    for _ in 0..2 {
        dead_letter(deliver.clone()).await;
        let delivery = stack.delivery(&id).await.expect("the delivery");
        assert_eq!(
            (delivery.status, delivery.reason),
            (DeliveryStatus::Failed, Some(DeliveryFailure::NotProcessed))
        );
    }
    handled(&stack.app, &message(&deliver)).await;
    assert_eq!(receiver.inbox().len(), 0, "a late message sends nothing");
    stack.stop().await;
}

#[tokio::test]
async fn deliveries_are_listed_newest_first_and_resume_after_queue_loss() {
    let stack = NotificationStack::start().await;
    let receiver = Receiver::start(&[500]).await;
    let (endpoint, _) = stack.endpoint(&receiver.url).await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        let (event, id) = stack.queue_event(&endpoint).await;
        handled(&stack.app, &message(&NotificationMessage::Event(event))).await;
        ids.insert(0, id.to_string());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    while !stack.notifications().await.is_empty() {} // the messages are lost
    assert_eq!(local::resume(&stack.app).await.expect("the services"), 3);
    for id in &ids {
        let id = id.parse().expect("an id");
        assert_eq!(stack.work(&stack.app, &id).await.status, DeliveryStatus::Delivered);
    }
    assert_eq!(local::resume(&stack.app).await.expect("the services"), 0);
    let path = format!("/rest/notifications/{endpoint}/deliveries");
    let first = stack.ask(Method::GET, &format!("{path}?limit=2"), Value::Null).await;
    let second =
        stack.ask(Method::GET, &format!("{path}?limit=2&starting_after={}", ids[1]), Value::Null).await;
    let listed = |page: &Value| {
        let page = page["deliveries"].as_array().expect("a page").iter();
        page.map(|delivery| delivery["delivery_id"].as_str().unwrap_or_default().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!((listed(&first), &first["has_more"]), (ids[..2].to_vec(), &json!(true)));
    assert_eq!((listed(&second), &second["has_more"]), (ids[2..].to_vec(), &json!(false)));
    stack.stop().await;
}
