//! Imports and exports tell that they have ended, whatever happens to their workers and to the
//! queue of notifications.

use std::sync::Arc;

use aws_sdk_sqs::types::Message;
use axum::http::Method;
use local::sqs_event;
use saldo_domain::export::ExportStatus;
use saldo_domain::id::{ExportId, ImportId};
use saldo_domain::import::ImportStatus;
use saldo_store::app::App;
use saldo_store::queue::NotificationMessage;
use saldo_store::settings::{Queues, Settings};
use serde_json::json;
use testing::wire::{FaultPlan, intercepted};

use crate::notification_stack::NotificationStack;

/// The requests that an import or export of little sends, and some more.
const LIFE_MAX: i64 = 32;

impl NotificationStack {
    async fn import(&self) -> (ImportId, Vec<Message>) {
        let rows = json!({ "accounts": [{ "contact": { "name": "A" }, "total_amount": 1 }] });
        let accepted = self.ask(Method::POST, "/api/v1/import", rows).await;
        let id = accepted["job_id"].as_str().and_then(|id| id.parse().ok()).expect("an id");
        (id, self.messages(&self.aws.settings.queues.plan).await)
    }

    async fn export(&self) -> (ExportId, Vec<Message>) {
        let request = json!({ "format": "csv", "delivery": "link" });
        let accepted = self.ask(Method::POST, "/api/v1/export/accounts", request).await;
        let id = accepted["export_id"].as_str().and_then(|id| id.parse().ok()).expect("an id");
        (id, self.messages(&self.aws.settings.queues.export).await)
    }

    /// The events that are queued: each a job's id and the moment it ended.
    async fn told(&self) -> Vec<(String, String)> {
        let mut told = Vec::new();
        loop {
            let messages = self.messages(&self.aws.settings.queues.notification).await;
            for message in &messages {
                match serde_json::from_str(message.body().unwrap_or_default()) {
                    Ok(NotificationMessage::Tell(event)) => told.push((event.job_id, event.at.to_string())),
                    other => panic!("{other:?}"),
                }
            }
            if messages.is_empty() {
                return told;
            }
        }
    }

    /// An app whose notifications can't be queued.
    fn mute(&self) -> App {
        let queues = Queues {
            notification: "http://127.0.0.1:9/nowhere".to_owned(),
            ..self.aws.settings.queues.clone()
        };
        App::new(&Settings { queues, ..self.aws.settings.clone() }, self.aws.sdk_config())
    }
}

#[tokio::test]
async fn the_end_of_an_import_or_export_is_told_wherever_its_worker_dies() {
    let stack = NotificationStack::start().await;
    let faults = Arc::new(FaultPlan::default());
    let doomed = App::new(&stack.aws.settings, &intercepted(stack.aws.sdk_config(), &faults));
    let mut told_twice = 0;
    for requests in 0..LIFE_MAX {
        let (import, messages) = stack.import().await;
        faults.kill_after(requests, true);
        let import_died =
            faults.run(saldo_jobs::import::handle(doomed.clone(), sqs_event(&messages))).await.is_none();
        faults.clear();
        if import_died {
            saldo_jobs::import::handle(stack.app.clone(), sqs_event(&messages)).await;
        }
        let (export, messages) = stack.export().await;
        faults.kill_after(requests, true);
        let export_died =
            faults.run(saldo_jobs::export::handle(doomed.clone(), sqs_event(&messages))).await.is_none();
        faults.clear();
        if export_died {
            saldo_jobs::export::handle(stack.app.clone(), sqs_event(&messages)).await;
        }
        let mut told = stack.told().await;
        let count = told.len();
        told.sort();
        told.dedup();
        told_twice += count - told.len();
        // In the order of the text: exp_ before imp_.
        let jobs: Vec<&str> = told.iter().map(|(job, _)| job.as_str()).collect();
        assert_eq!(jobs, [export.to_string(), import.to_string()], "{requests}: the same event each time");
        if !import_died && !export_died {
            assert!((1..=2).contains(&told_twice), "told again only by who can't know: {told_twice}");
            stack.stop().await;
            return;
        }
    }
    panic!("it takes more than {LIFE_MAX} requests");
}

#[tokio::test]
async fn what_is_given_up_is_told_too_and_a_queue_that_is_down_spoils_nothing() {
    let stack = NotificationStack::start().await;
    let ended = async || {
        let told = stack.told().await;
        told.into_iter().map(|(job, _)| job).collect::<Vec<_>>()
    };
    for _ in 0..2 {
        let (import, messages) = stack.import().await;
        let answer = saldo_jobs::import::handle_dead_letters(
            stack.aws.app_of("ImportDeadLettersFunction"),
            sqs_event(&messages),
        )
        .await;
        assert_eq!((answer.batch_item_failures, ended().await), (vec![], vec![import.to_string()]));
        let (export, messages) = stack.export().await;
        let answer = saldo_jobs::export::handle_dead_letters(
            stack.aws.app_of("ExportDeadLettersFunction"),
            sqs_event(&messages),
        )
        .await;
        assert_eq!((answer.batch_item_failures, ended().await), (vec![], vec![export.to_string()]));
    }

    let mute = stack.mute();
    let (import, messages) = stack.import().await;
    let answer = saldo_jobs::import::handle(mute.clone(), sqs_event(&messages)).await;
    assert_eq!(answer.batch_item_failures.len(), 1, "its message comes back");
    let job = stack.app.imports.get(&stack.org, &import).await.expect("DynamoDB").expect("the job");
    assert_eq!(job.status, ImportStatus::Completed);
    let answer = saldo_jobs::import::handle_dead_letters(mute.clone(), sqs_event(&messages)).await;
    assert_eq!(answer.batch_item_failures, [], "but not for ever");
    saldo_jobs::import::handle(stack.app.clone(), sqs_event(&messages)).await;
    assert_eq!(ended().await, [import.to_string()]);

    let (export, messages) = stack.export().await;
    let answer = saldo_jobs::export::handle(mute.clone(), sqs_event(&messages)).await;
    assert_eq!(answer.batch_item_failures.len(), 1, "its message comes back");
    let job = stack.app.exports.get(&stack.org, &export).await.expect("DynamoDB").expect("the job");
    assert_eq!(job.status, ExportStatus::Completed);
    let answer = saldo_jobs::export::handle_dead_letters(mute, sqs_event(&messages)).await;
    assert_eq!(answer.batch_item_failures, [], "but not for ever");
    saldo_jobs::export::handle(stack.app.clone(), sqs_event(&messages)).await;
    assert_eq!(ended().await, [export.to_string()]);
    stack.stop().await;
}
