//! Event sources: polls the template's queues and calls the workers with batches, as Lambda does. Handled messages are
//! deleted; failed messages become visible after the timeout that their worker or their queue has set. Recursive loops are
//! stopped.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use aws_config::SdkConfig;
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use aws_sdk_sqs::types::{DeleteMessageBatchRequestEntry, Message, MessageSystemAttributeName};
use futures::future::BoxFuture;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::App;
use crate::interceptor::intercepted;
use crate::lineage::{Lineage, Trace};
use crate::sdk::called_by;
use crate::template::{Resource, Template, TemplateSource};

/// The wait time of a long poll.
const LONG_POLL_SECONDS: i32 = 20;
/// The most pollers of one queue. Lambda runs as many as the template allows, but one machine has fewer cores.
const POLLERS_MAX: usize = 4;
/// The interval of the schedule.
const DAY: Duration = Duration::from_hours(24);
/// The delay of a poller after an error.
const PAUSE: Duration = Duration::from_secs(1);

type Handler = fn(&App, SqsEvent) -> BoxFuture<'static, SqsBatchResponse>;

/// A queue and the function that processes its messages.
#[derive(Clone)]
struct Source {
    /// The queue's ARN.
    arn: String,
    batch_size: i32,
    /// The function's logical id in the template.
    function: String,
    may_loop: bool,
    handler: Handler,
}

/// The handler of a binary in the template.
fn handler(binary: &str) -> Result<Handler> {
    Ok(match binary {
        "export-worker" => |app, event| Box::pin(saldo_jobs::export::handle(app.into(), event)),
        "export-dead-letters" => {
            |app, event| Box::pin(saldo_jobs::export::handle_dead_letters(app.into(), event))
        }
        "import-worker" => |app, event| Box::pin(saldo_jobs::import::handle(app.into(), event)),
        "import-dead-letters" => {
            |app, event| Box::pin(saldo_jobs::import::handle_dead_letters(app.into(), event))
        }
        "notifications-worker" => |app, event| Box::pin(saldo_jobs::notifications::handle(app.into(), event)),
        "notifications-dead-letters" => {
            |app, event| Box::pin(saldo_jobs::notifications::handle_dead_letters(app.into(), event))
        }
        "sync-worker" => |app, event| Box::pin(saldo_jobs::sync::handle(app.into(), event)),
        "sync-dead-letters" => {
            |app, event| Box::pin(saldo_jobs::sync::handle_dead_letters(app.into(), event))
        }
        other => bail!("the local stack has no handler for {other}"),
    })
}

/// Starts pollers for all event source mappings of the template, until `stop` is cancelled.
pub(crate) fn start(
    template: &Template,
    sdk: &SdkConfig,
    app_on: &impl Fn(&SdkConfig) -> App,
    stop: &CancellationToken,
) -> Result<JoinSet<()>> {
    let mut pollers = JoinSet::new();
    let sqs = aws_sdk_sqs::Client::new(sdk);
    let functions = template.resources("AWS::Serverless::Function")?;
    for function in functions.iter().filter(|function| is_scheduled(function)) {
        let (app, stop) = (app_on(&called_by(sdk, &function.logical_id)), stop.clone());
        pollers.spawn(async move { run_daily(&app, &stop).await });
    }
    for mapping in template.sources()? {
        let function = functions.iter().find(|function| function.logical_id == mapping.function_name);
        let function = function.with_context(|| format!("no function {}", mapping.function_name))?;
        let source = source(&mapping, function)?;
        for _ in 0..mapping.scaling_config.maximum_concurrency.min(POLLERS_MAX) {
            let trace = Arc::new(Trace::default());
            let app = app_on(&intercepted(&called_by(sdk, &source.function), &trace));
            let poller = Poller { sqs: sqs.clone(), app, trace, source: source.clone() };
            let stop = stop.clone();
            pollers.spawn(async move { poller.run(stop).await });
        }
    }
    Ok(pollers)
}

/// Whether a schedule invokes the function. There is one such function: the daily synchronizations.
fn is_scheduled(function: &Resource) -> bool {
    let events = function.properties["Events"].as_object();
    events.is_some_and(|events| events.values().any(|event| event["Type"] == "Schedule"))
}

fn source(mapping: &TemplateSource, function: &Resource) -> Result<Source> {
    let binary =
        function.metadata["BuildProperties"]["Binary"].as_str().context("a function without a binary")?;
    Ok(Source {
        arn: mapping.event_source_arn.clone(),
        batch_size: mapping.batch_size,
        function: mapping.function_name.clone(),
        may_loop: function.may_loop(),
        handler: handler(binary)?,
    })
}

/// Runs the daily synchronizations, first a day after the start, until `stop` is cancelled.
async fn run_daily(app: &App, stop: &CancellationToken) {
    while stop.run_until_cancelled(tokio::time::sleep(DAY)).await.is_some() {
        if let Err(failure) = saldo_jobs::sync::schedule::run(&app.into(), jiff::Timestamp::now()).await {
            tracing::warn!(error = %failure.chain(), "the daily synchronizations were not queued");
        }
    }
}

struct Poller {
    sqs: aws_sdk_sqs::Client,
    /// The app of this poller's invocations. There is one invocation at a time.
    app: App,
    trace: Arc<Trace>,
    source: Source,
}

impl Poller {
    /// Polls until `stop` is cancelled, and finishes the current batch.
    async fn run(self, stop: CancellationToken) {
        let name = self.source.arn.rsplit(':').next().unwrap_or_default();
        let url = loop {
            match self.sqs.get_queue_url().queue_name(name).send().await {
                Ok(found) => break found.queue_url.unwrap_or_default(),
                Err(_) if stop.is_cancelled() => return,
                Err(_) => tokio::time::sleep(PAUSE).await,
            }
        };
        while let Some(messages) = stop.run_until_cancelled(self.receive(&url)).await {
            if !messages.is_empty() {
                self.work(&url, messages).await;
            }
        }
    }

    async fn receive(&self, url: &str) -> Vec<Message> {
        let poll = self
            .sqs
            .receive_message()
            .queue_url(url)
            .max_number_of_messages(self.source.batch_size)
            .wait_time_seconds(LONG_POLL_SECONDS)
            .message_system_attribute_names(MessageSystemAttributeName::All);
        match poll.send().await {
            Ok(answer) => answer.messages.unwrap_or_default(),
            Err(error) => {
                tracing::warn!(
                    queue = self.source.arn,
                    error = &error as &dyn std::error::Error,
                    "the poll failed"
                );
                tokio::time::sleep(PAUSE).await;
                Vec::new()
            }
        }
    }

    async fn work(&self, url: &str, messages: Vec<Message>) {
        let Source { function, may_loop, .. } = &self.source;
        let Some(lineage) = Lineage::of(&messages).invoke(function, *may_loop) else {
            return self.drop_recursive(url, &messages).await;
        };
        self.trace.set(Some(&lineage));
        let event = sqs_event_from(&self.source.arn, &messages);
        let answer = (self.source.handler)(&self.app, event).await;
        self.trace.set(None);
        let failed: Vec<&str> =
            answer.batch_item_failures.iter().map(|failure| failure.item_identifier.as_str()).collect();
        let mut done = self.sqs.delete_message_batch().queue_url(url);
        let mut any_done = false;
        for message in &messages {
            let (id, receipt) = (message.message_id(), message.receipt_handle().unwrap_or_default());
            if id.is_some_and(|id| failed.contains(&id)) {
                continue;
            }
            let entry = DeleteMessageBatchRequestEntry::builder().id(id.unwrap_or_default());
            if let Ok(entry) = entry.receipt_handle(receipt).build() {
                done = done.entries(entry);
                any_done = true;
            }
        }
        if any_done {
            // A message that is not deleted is delivered again, which is harmless.
            let _delivered_again_at_worst = done.send().await;
        }
    }

    /// Skips the invocation, as Lambda does in a recursive loop. On AWS each message becomes visible again after its
    /// visibility timeout, until it is moved to the dead-letter queue; here it becomes visible at once.
    async fn drop_recursive(&self, url: &str, messages: &[Message]) {
        tracing::error!(function = self.source.function, "a recursive loop was stopped");
        for message in messages {
            let receipt = message.receipt_handle().unwrap_or_default();
            let back = self.sqs.change_message_visibility().queue_url(url).receipt_handle(receipt);
            let _visible_later = back.visibility_timeout(0).send().await;
        }
    }
}

/// The event that Lambda creates from messages, with the ARN of their queue.
#[must_use]
pub fn sqs_event_from(queue_arn: &str, messages: &[Message]) -> SqsEvent {
    let mut event = sqs_event(messages);
    for record in &mut event.records {
        record.event_source_arn = Some(queue_arn.to_owned());
    }
    event
}

/// The event that Lambda creates from messages, without the ARN of their queue.
#[must_use]
pub fn sqs_event(messages: &[Message]) -> SqsEvent {
    let mut event = SqsEvent::default();
    event.records = messages
        .iter()
        .map(|message| {
            let mut record = SqsMessage::default();
            record.message_id = message.message_id.clone();
            record.receipt_handle = message.receipt_handle.clone();
            record.body = message.body.clone();
            let attributes = message.attributes.iter().flatten();
            record.attributes = attributes.map(|(name, value)| (name.to_string(), value.clone())).collect();
            record.event_source = Some("aws:sqs".to_owned());
            record
        })
        .collect();
    event
}
