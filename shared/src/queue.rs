//! The queues of work, on SQS: one for each kind.

mod depth;

use std::marker::PhantomData;
use std::time::Duration;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::SdkError;
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use backon::{ExponentialBuilder, Retryable};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tracing::{Span, field};

use crate::failure::Failure;
use crate::id::{AccessId, DeliveryId, ExportId, ImportId, OrgId, SyncId};
use crate::notification::Event;
use crate::store::{Job, JobStore};

pub use depth::Depth;

/// The most messages SQS takes in one request. A message here has a few hundred bytes, so
/// ten stay far below the 1 MiB that a request may have.
const BATCH_MAX: usize = 10;

/// The longest that SQS keeps a message back.
pub const DELAY_MAX: Duration = Duration::from_mins(15);

/// How long messages that SQS did not take are sent again.
const RETRIES: ExponentialBuilder = ExponentialBuilder::new()
    .with_jitter()
    .with_min_delay(Duration::from_millis(50))
    .with_max_delay(Duration::from_secs(1))
    .with_max_times(4);

/// A piece of import work. It says where the data lies and holds none of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportMessage {
    /// Whose import it is.
    pub org: OrgId,
    /// The import.
    pub import: ImportId,
    /// What to do.
    pub task: ImportTask,
    /// Since when it is put back because there is no room for it, if it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub put_back_at: Option<Timestamp>,
}

impl ImportMessage {
    /// Something to do for an import.
    #[must_use]
    pub fn new(org: OrgId, import: ImportId, task: ImportTask) -> Self {
        Self { org, import, task, put_back_at: None }
    }
}

/// What to do for an import.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImportTask {
    /// Read the payload and cut it into chunks.
    Plan,
    /// Process the chunk of this number.
    Chunk(u32),
}

/// An export that is to be written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportMessage {
    /// Whose export it is.
    pub org: OrgId,
    /// The export.
    pub export: ExportId,
}

/// A synchronization that is to be brought forward, as far as it goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncMessage {
    /// Whose synchronization it is.
    pub org: OrgId,
    /// The access that is synchronized.
    pub access: AccessId,
    /// The synchronization.
    pub sync: SyncId,
}

/// What to do for notifications.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotificationMessage {
    /// Find who wants to be told of an event.
    Tell(Event),
    /// Deliver a notification, or try again.
    Deliver {
        /// Whose notification it is.
        org: OrgId,
        /// Its delivery.
        delivery: DeliveryId,
    },
}

/// A message, which is about an organization.
pub trait Message: Serialize {
    /// The job that it is about, as the logs name it.
    fn job(&self) -> String;

    /// The organization. Its messages are a group of their own, so that however many they are,
    /// those of others don't wait behind them (SQS fair queues):
    /// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues.html>.
    fn org(&self) -> &OrgId;
}

impl Message for ImportMessage {
    fn job(&self) -> String {
        self.import.to_string()
    }

    fn org(&self) -> &OrgId {
        &self.org
    }
}

impl Message for ExportMessage {
    fn job(&self) -> String {
        self.export.to_string()
    }

    fn org(&self) -> &OrgId {
        &self.org
    }
}

impl Message for SyncMessage {
    fn job(&self) -> String {
        self.sync.to_string()
    }

    fn org(&self) -> &OrgId {
        &self.org
    }
}

impl Message for NotificationMessage {
    fn job(&self) -> String {
        match self {
            Self::Tell(event) => event.job_id.clone(),
            Self::Deliver { delivery, .. } => delivery.to_string(),
        }
    }

    fn org(&self) -> &OrgId {
        match self {
            Self::Tell(event) => &event.org,
            Self::Deliver { org, .. } => org,
        }
    }
}

/// A queue of import work: of plans, or of chunks.
pub type ImportQueue = WorkQueue<ImportMessage>;
/// The queue of exports.
pub type ExportQueue = WorkQueue<ExportMessage>;
/// The queue of synchronizations.
pub type SyncQueue = WorkQueue<SyncMessage>;
/// The queue of events and notifications.
pub type NotificationQueue = WorkQueue<NotificationMessage>;

impl NotificationQueue {
    /// Has whoever observes the event be told of it. Telling it twice is harmless.
    ///
    /// # Errors
    /// [`Failure`] when SQS fails.
    pub async fn tell(&self, event: Event) -> Result<(), Failure> {
        self.send(&[NotificationMessage::Tell(event)]).await
    }
}

/// A queue of messages of one kind.
#[derive(Debug)]
pub struct WorkQueue<M> {
    client: Client,
    url: String,
    kind: PhantomData<fn(M)>,
}

impl<M> Clone for WorkQueue<M> {
    fn clone(&self) -> Self {
        Self { client: self.client.clone(), url: self.url.clone(), kind: PhantomData }
    }
}

impl<M: Message> WorkQueue<M> {
    pub(crate) fn new(client: Client, url: String) -> Self {
        Self { client, url, kind: PhantomData }
    }

    /// Records a job and queues its first message. That message hands the job over: either it
    /// is queued, or the job is taken back and the caller gets an error. A job that an earlier
    /// request with the same seed made stays: its caller may have been told of it.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB or SQS fails.
    pub async fn hand_over<J: Job>(&self, jobs: &JobStore<J>, job: &J, message: M) -> Result<(), Failure> {
        Span::current().record("job", field::display(job.id()));
        let made = jobs.accept(job).await?;
        let sent = self.send(&[message]).await;
        if sent.is_err()
            && made
            && let Err(second) = jobs.discard(job).await
        {
            tracing::error!(error = %second.chain(), job = %job.id(), "a job that was not queued is left to expire");
        }
        sent
    }

    /// Queues work. On an error some of it may be queued: doing it twice is harmless.
    ///
    /// # Errors
    /// [`Failure`] when SQS fails.
    pub async fn send(&self, messages: &[M]) -> Result<(), Failure> {
        self.send_later(messages, Duration::ZERO).await
    }

    /// Queues work that is to be done after a while: as long as it takes, but at most
    /// [`DELAY_MAX`].
    ///
    /// # Errors
    /// [`Failure`] when SQS fails.
    pub async fn send_later(&self, messages: &[M], delay: Duration) -> Result<(), Failure> {
        for batch in messages.chunks(BATCH_MAX) {
            let throttled = |failure: &Failure| matches!(failure, Failure::Throttled { .. });
            (|| self.send_batch(batch, delay)).retry(RETRIES).when(throttled).await?;
        }
        Ok(())
    }

    /// Sends nothing, to have a connection when something is to be sent. SQS answers that it
    /// was nothing.
    ///
    /// # Errors
    /// [`Failure`] when SQS does not answer.
    pub(crate) async fn connect(&self) -> Result<(), Failure> {
        let answer =
            self.client.send_message_batch().queue_url(&self.url).set_entries(Some(Vec::new())).send();
        match answer.await {
            Err(SdkError::ServiceError(_)) | Ok(_) => Ok(()),
            Err(error) => Err(Failure::of("SendMessageBatch")(error)),
        }
    }

    async fn send_batch(&self, messages: &[M], delay: Duration) -> Result<(), Failure> {
        // Whole seconds, and rather later: who comes early waits once more.
        let seconds = delay.min(DELAY_MAX).as_millis().div_ceil(1_000);
        let seconds = i32::try_from(seconds).unwrap_or_default();
        let mut request = self.client.send_message_batch().queue_url(&self.url);
        for (id, message) in messages.iter().enumerate() {
            let body = serde_json::to_string(message).map_err(Failure::unsendable("SendMessageBatch"))?;
            let entry = SendMessageBatchRequestEntry::builder().id(id.to_string()).message_body(body);
            let entry = entry.message_group_id(message.org().to_string());
            let entry = entry.set_delay_seconds((seconds > 0).then_some(seconds)).build();
            request = request.entries(entry.map_err(Failure::unsendable("SendMessageBatch"))?);
        }
        let answer = request.send().await.map_err(Failure::of("SendMessageBatch"))?;
        match answer.failed() {
            [] => Ok(()),
            _ => Err(Failure::Throttled { operation: "SendMessageBatch" }),
        }
    }
}
