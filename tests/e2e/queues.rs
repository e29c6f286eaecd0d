//! How workers use SQS: failed messages become visible again soon, batches respect SQS's limits, and
//! the rest of a partly accepted batch is resent.

use std::sync::{Arc, Mutex};

use local::App;
use local::{Data, sqs_event_from};
use saldo_domain::id::SyncId;
use saldo_domain::notification::Event;
use saldo_store::queue::SyncMessage;
use serde_json::{Value, json};
use testing::TestStack;
use testing::wire::{StubResponses, intercepted};
use uuid::Uuid;

/// A worker, or a DLQ handler, whose tables can't be read.
struct Broken {
    function: &'static str,
    handler: Handler,
}

type Handler = fn(App, aws_lambda_events::sqs::SqsEvent) -> futures::future::BoxFuture<'static, usize>;

macro_rules! handler {
    ($handle:path) => {
        |app, event| Box::pin(async move { $handle((&app).into(), event).await.batch_item_failures.len() })
    };
}

const BROKEN: [Broken; 9] = [
    Broken { function: "ImportPlannerFunction", handler: handler!(saldo_jobs::import::handle) },
    Broken { function: "ImportWorkerFunction", handler: handler!(saldo_jobs::import::handle) },
    Broken {
        function: "ImportDeadLettersFunction",
        handler: handler!(saldo_jobs::import::handle_dead_letters),
    },
    Broken { function: "ExportWorkerFunction", handler: handler!(saldo_jobs::export::handle) },
    Broken {
        function: "ExportDeadLettersFunction",
        handler: handler!(saldo_jobs::export::handle_dead_letters),
    },
    Broken { function: "SyncWorkerFunction", handler: handler!(saldo_jobs::sync::handle) },
    Broken { function: "SyncDeadLettersFunction", handler: handler!(saldo_jobs::sync::handle_dead_letters) },
    Broken { function: "NotificationsWorkerFunction", handler: handler!(saldo_jobs::notifications::handle) },
    Broken {
        function: "NotificationsDeadLettersFunction",
        handler: handler!(saldo_jobs::notifications::handle_dead_letters),
    },
];

#[tokio::test]
async fn every_queue_function_shortens_visibility_of_failed_messages() {
    let stack = TestStack::start(&Data::Ephemeral).await;
    let sqs = aws_sdk_sqs::Client::new(stack.sdk());
    let sources = stack.aws.template().sources().expect("a good template");
    assert_eq!(sources.len(), BROKEN.len());
    for Broken { function, handler } in BROKEN {
        let source = sources.iter().find(|source| source.function_name == function).expect("its queue");
        let arn = &source.event_source_arn;
        let queue = arn.rsplit(':').next().expect("a name");
        let url = sqs.get_queue_url().queue_name(queue).send().await.expect("SQS").queue_url.expect("a URL");
        let send = sqs.send_message().queue_url(&url).message_body("nonsense");
        send.send().await.expect("SQS");
        for (receives, least) in [(1, 5), (2, 30), (3, 180), (4, 600), (9, 600)] {
            let mut message = sqs.receive_message().queue_url(&url).send().await.expect("SQS").messages;
            let message = message.as_mut().and_then(Vec::pop).expect("the message");
            let mut event = sqs_event_from(arn, std::slice::from_ref(&message));
            let attributes = &mut event.records[0].attributes;
            attributes.insert("ApproximateReceiveCount".to_owned(), receives.to_string());
            let asked = Arc::new(Mutex::new(Vec::new()));
            let noted = Arc::clone(&asked);
            let note = StubResponses(move |operation: &str, body: &Value| {
                if operation == "AmazonSQS.ChangeMessageVisibility" {
                    noted.lock().expect("no panic").push(body.clone());
                }
                // SQS handles the call; the message is made visible again below.
                None
            });
            let app = stack.aws.app_over(&intercepted(&stack.aws.sdk_of(function), &Arc::new(note)));
            assert_eq!(handler(app, event).await, 1, "{function}");
            let asked = asked.lock().expect("no panic").clone();
            assert_eq!(asked.len(), 1, "{function}: {asked:?}");
            // Emulators answer with another host than the variables have; the queue is the same.
            let changed = asked[0]["QueueUrl"].as_str().and_then(|url| url.rsplit('/').next());
            assert_eq!(changed, Some(queue), "{function}");
            let timeout = asked[0]["VisibilityTimeout"].as_u64().expect("seconds");
            assert!((least..=2 * least).contains(&timeout), "{function}: {timeout} s after {receives}");
            let receipt = message.receipt_handle().expect("a receipt");
            let back = sqs.change_message_visibility().queue_url(&url).receipt_handle(receipt);
            back.visibility_timeout(0).send().await.expect("SQS");
        }
    }
    stack.stop().await;
}

#[tokio::test]
async fn failed_visibility_change_does_not_affect_result() {
    let stack = TestStack::start(&Data::Ephemeral).await;
    let message = aws_sdk_sqs::types::Message::builder().message_id("m").receipt_handle("r").body("nonsense");
    let sources = stack.aws.template().sources().expect("a good template");
    let source = sources.iter().find(|source| source.function_name == "ExportWorkerFunction");
    let event = sqs_event_from(&source.expect("its queue").event_source_arn, &[message.build()]);
    let refuse = StubResponses(|operation: &str, _: &Value| {
        let refused = json!({ "__type": "com.amazonaws.sqs#ReceiptHandleIsInvalid" });
        (operation == "AmazonSQS.ChangeMessageVisibility").then_some((400, refused))
    });
    let app = stack.aws.app_over(&intercepted(stack.sdk(), &Arc::new(refuse)));
    let answer = saldo_jobs::export::handle((&app).into(), event).await;
    assert_eq!(answer.batch_item_failures.len(), 1);
    assert_eq!(answer.batch_item_failures[0].item_identifier, "m");
    stack.stop().await;
}

/// The messages of `count` synchronizations.
fn messages(stack: &TestStack, count: usize) -> Vec<SyncMessage> {
    let access = format!("acs_{}", "a".repeat(16));
    let message = |_| SyncMessage {
        org: stack.org.clone(),
        access: access.parse().expect("an id"),
        sync: SyncId::of_seed(Uuid::now_v7()),
    };
    (0..count).map(message).collect()
}

#[tokio::test]
async fn rest_of_partly_accepted_batch_is_resent() {
    let stack = TestStack::start(&Data::Ephemeral).await;
    let sent = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&sent);
    // Each call accepts its first three entries.
    let in_part = StubResponses(move |operation: &str, body: &Value| {
        if operation != "AmazonSQS.SendMessageBatch" {
            return None;
        }
        let ids: Vec<Value> = body["Entries"].as_array()?.iter().map(|entry| entry["Id"].clone()).collect();
        noted.lock().expect("no panic").push(ids.len());
        let taken =
            ids.iter().take(3).map(|id| json!({ "Id": id, "MessageId": "m", "MD5OfMessageBody": "" }));
        let failed = ids.iter().skip(3).map(
            |id| json!({ "Id": id, "Code": "InternalError", "SenderFault": false, "Message": "try again" }),
        );
        Some((200, json!({ "Successful": taken.collect::<Vec<_>>(), "Failed": failed.collect::<Vec<_>>() })))
    });
    let app = stack.aws.app_over(&intercepted(stack.sdk(), &Arc::new(in_part)));
    app.sync_queue.send(&messages(&stack, 12)).await.expect("all are accepted in the end");
    assert_eq!(*sent.lock().expect("no panic"), [10, 7, 4, 1, 2]);
    stack.stop().await;
}

#[tokio::test]
async fn entry_with_sender_fault_is_not_resent() {
    let stack = TestStack::start(&Data::Ephemeral).await;
    let sent = Arc::new(Mutex::new(0));
    let noted = Arc::clone(&sent);
    let refuse = StubResponses(move |operation: &str, _: &Value| {
        if operation != "AmazonSQS.SendMessageBatch" {
            return None;
        }
        *noted.lock().expect("no panic") += 1;
        let failed = json!([{ "Id": "0", "Code": "InvalidMessageContents", "SenderFault": true }]);
        Some((200, json!({ "Successful": [], "Failed": failed })))
    });
    let app = stack.aws.app_over(&intercepted(stack.sdk(), &Arc::new(refuse)));
    let failure = app.sync_queue.send(&messages(&stack, 1)).await.expect_err("the entry is rejected");
    assert!(failure.chain().contains("InvalidMessageContents"), "{}", failure.chain());
    assert_eq!(*sent.lock().expect("no panic"), 1);
    stack.stop().await;
}

#[tokio::test]
async fn batches_respect_sqs_limits() {
    let stack = TestStack::start(&Data::Ephemeral).await;
    // Ten events of 200 kB, each of a synchronization of a thousand accounts, need two batches.
    let event = |keys: usize| {
        let account = format!("/rest/accounts/acc_{}", "a".repeat(26));
        let paths = vec![format!("{account}/transactions"); keys];
        let sync = SyncId::of_seed(Uuid::now_v7());
        Event::sync_completed(stack.org.clone(), &sync, jiff::Timestamp::now(), paths)
    };
    let event_message = |keys| saldo_store::queue::NotificationMessage::Event(event(keys));
    let large: Vec<_> = (0..10).map(|_| event_message(3_000)).collect();
    stack.app.notification_queue.send(&large).await.expect("within the limits");
    let mut received = 0;
    loop {
        match stack.messages(&stack.aws.variables["SALDO_NOTIFICATION_QUEUE"]).await.len() {
            0 => break,
            more => received += more,
        }
    }
    assert_eq!(received, 10);
    // A message that is too large for a batch is an error, and is not sent.
    let failure = stack.app.notification_queue.send(&[event_message(20_000)]).await.expect_err("too large");
    assert!(failure.chain().contains("1 MiB"), "{}", failure.chain());
    assert_eq!(stack.messages(&stack.aws.variables["SALDO_NOTIFICATION_QUEUE"]).await.len(), 0);

    // The local stack's SQS rejects what SQS rejects.
    let sqs = aws_sdk_sqs::Client::new(stack.sdk());
    let entries = |count: usize, bytes: usize| {
        let entry = |n: usize| {
            let entry = aws_sdk_sqs::types::SendMessageBatchRequestEntry::builder();
            entry.id(n.to_string()).message_body("x".repeat(bytes)).build().expect("an entry")
        };
        Some((0..count).map(entry).collect::<Vec<_>>())
    };
    for (entries, code) in
        [(entries(11, 1), "TooManyEntriesInBatchRequest"), (entries(2, 600_000), "BatchRequestTooLong")]
    {
        let batch =
            sqs.send_message_batch().queue_url(&stack.aws.variables["SALDO_SYNC_QUEUE"]).set_entries(entries);
        let refused = batch.send().await.expect_err(code);
        assert!(format!("{refused:?}").contains(code), "{refused:?}");
    }
    stack.stop().await;
}
