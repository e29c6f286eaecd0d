//! Events at the end of imports and exports, which are sent once also when workers die or the queue of
//! notifications is down.

use std::sync::Arc;

use aws_sdk_sqs::types::Message;
use axum::http::Method;
use local::App;
use local::sqs_event;
use saldo_domain::export::ExportStatus;
use saldo_domain::id::{ExportId, ImportId};
use saldo_domain::import::ImportStatus;
use saldo_store::queue::NotificationMessage;
use serde_json::json;
use testing::wire::{FaultPlan, intercepted};

use crate::notification_stack::NotificationStack;

/// More calls than a small import or export makes.
const CALLS_MAX: i64 = 32;

impl NotificationStack {
    async fn import(&self) -> (ImportId, Vec<Message>) {
        let rows = json!({ "accounts": [{ "contact": { "name": "A" }, "total_amount": 1 }] });
        let accepted = self.ask(Method::POST, "/api/v1/import", rows).await;
        let id = accepted["job_id"].as_str().and_then(|id| id.parse().ok()).expect("an id");
        (id, self.messages(&self.aws.variables["SALDO_PLAN_QUEUE"]).await)
    }

    async fn export(&self) -> (ExportId, Vec<Message>) {
        let request = json!({ "format": "csv", "delivery": "link" });
        let accepted = self.ask(Method::POST, "/api/v1/export/accounts", request).await;
        let id = accepted["export_id"].as_str().and_then(|id| id.parse().ok()).expect("an id");
        (id, self.messages(&self.aws.variables["SALDO_EXPORT_QUEUE"]).await)
    }

    /// Receives the queued events: the id of each job and the time of its end.
    async fn events(&self) -> Vec<(String, String)> {
        let mut events = Vec::new();
        loop {
            let messages = self.messages(&self.aws.variables["SALDO_NOTIFICATION_QUEUE"]).await;
            for message in &messages {
                match serde_json::from_str(message.body().unwrap_or_default()) {
                    Ok(NotificationMessage::Event(event)) => {
                        events.push((event.job_id, event.at.to_string()));
                    }
                    other => panic!("{other:?}"),
                }
            }
            if messages.is_empty() {
                return events;
            }
        }
    }

    /// Receives the queued events: the ids of the jobs that have ended.
    async fn ended(&self) -> Vec<String> {
        self.events().await.into_iter().map(|(job, _)| job).collect()
    }

    /// An app whose notifications can't be queued.
    fn without_notifications(&self) -> App {
        let mut variables = self.aws.variables.clone();
        variables.insert("SALDO_NOTIFICATION_QUEUE".to_owned(), "http://127.0.0.1:9/nowhere".to_owned());
        App::new(&variables, self.aws.sdk_config()).expect("all variables")
    }
}

#[tokio::test]
async fn job_end_emits_event_after_worker_death_at_any_request() {
    let stack = NotificationStack::start().await;
    let faults = Arc::new(FaultPlan::default());
    let failing = stack.aws.app_over(&intercepted(stack.aws.sdk_config(), &faults));
    let mut repeated = 0;
    for requests in 0..CALLS_MAX {
        let (import, messages) = stack.import().await;
        faults.kill_after(requests, true);
        let import_died =
            faults.run(saldo_jobs::import::handle((&failing).into(), sqs_event(&messages))).await.is_none();
        faults.clear();
        if import_died {
            saldo_jobs::import::handle((&stack.app).into(), sqs_event(&messages)).await;
        }
        let (export, messages) = stack.export().await;
        faults.kill_after(requests, true);
        let export_died =
            faults.run(saldo_jobs::export::handle((&failing).into(), sqs_event(&messages))).await.is_none();
        faults.clear();
        if export_died {
            saldo_jobs::export::handle((&stack.app).into(), sqs_event(&messages)).await;
        }
        let mut events = stack.events().await;
        let count = events.len();
        events.sort();
        events.dedup();
        repeated += count - events.len();
        // In alphabetical order: exp_ before imp_.
        let jobs: Vec<&str> = events.iter().map(|(job, _)| job.as_str()).collect();
        assert_eq!(
            jobs,
            [export.to_string(), import.to_string()],
            "{requests}: the same event after each death"
        );
        if !import_died && !export_died {
            assert!(
                (1..=2).contains(&repeated),
                "repeated only by a worker that can't know of the first event: {repeated}"
            );
            stack.stop().await;
            return;
        }
    }
    panic!("the workers make more than {CALLS_MAX} calls");
}

#[tokio::test]
async fn dead_lettered_jobs_emit_events() {
    let stack = NotificationStack::start().await;
    for _ in 0..2 {
        let (import, messages) = stack.import().await;
        let answer = saldo_jobs::import::handle_dead_letters(
            (&stack.aws.app_of("ImportDeadLettersFunction")).into(),
            sqs_event(&messages),
        )
        .await;
        assert_eq!((answer.batch_item_failures, stack.ended().await), (vec![], vec![import.to_string()]));
        let (export, messages) = stack.export().await;
        let answer = saldo_jobs::export::handle_dead_letters(
            (&stack.aws.app_of("ExportDeadLettersFunction")).into(),
            sqs_event(&messages),
        )
        .await;
        assert_eq!((answer.batch_item_failures, stack.ended().await), (vec![], vec![export.to_string()]));
    }
    stack.stop().await;
}

#[tokio::test]
async fn queue_outage_keeps_job_result() {
    let stack = NotificationStack::start().await;
    let without_notifications = stack.without_notifications();
    let (import, messages) = stack.import().await;
    let answer = saldo_jobs::import::handle((&without_notifications).into(), sqs_event(&messages)).await;
    assert_eq!(answer.batch_item_failures.len(), 1, "its message becomes visible again");
    let job = stack.app.imports.get(&stack.org, &import).await.expect("DynamoDB").expect("the job");
    assert_eq!(job.status, ImportStatus::Completed);
    let answer =
        saldo_jobs::import::handle_dead_letters((&without_notifications).into(), sqs_event(&messages)).await;
    assert_eq!(answer.batch_item_failures, [], "the DLQ handler does not fail");
    saldo_jobs::import::handle((&stack.app).into(), sqs_event(&messages)).await;
    assert_eq!(stack.ended().await, [import.to_string()]);

    let (export, messages) = stack.export().await;
    let answer = saldo_jobs::export::handle((&without_notifications).into(), sqs_event(&messages)).await;
    assert_eq!(answer.batch_item_failures.len(), 1, "its message becomes visible again");
    let job = stack.app.exports.get(&stack.org, &export).await.expect("DynamoDB").expect("the job");
    assert_eq!(job.status, ExportStatus::Completed);
    let answer =
        saldo_jobs::export::handle_dead_letters((&without_notifications).into(), sqs_event(&messages)).await;
    assert_eq!(answer.batch_item_failures, [], "the DLQ handler does not fail");
    saldo_jobs::export::handle((&stack.app).into(), sqs_event(&messages)).await;
    assert_eq!(stack.ended().await, [export.to_string()]);
    stack.stop().await;
}
