//! The queues of work, on SQS: one for each kind.

mod batch;
mod depth;
mod hops;
mod visibility;

use std::marker::PhantomData;
use std::time::Duration;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::SdkError;
use saldo_domain::id::{AccessId, DeliveryId, ExportId, ImportId, OrgId, SyncId};
use saldo_domain::notification::Event;
use serde::{Deserialize, Serialize};
use tracing::{Span, field};

use crate::failure::Failure;
use crate::{Job, JobStore};

pub use depth::Depth;
pub use hops::{Queued, REST_MAX};
pub use visibility::Received;

/// The longest delay of a message in SQS.
pub const DELAY_MAX: Duration = Duration::from_mins(15);

/// The chunks of an import, from the first on, that are in the organization's first group: 20,000 rows, which workers write in
/// some seconds.
const CHUNKS_IN_FIRST_GROUP: u32 = 40;

/// A task of an import. It refers to the data and contains none of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportMessage {
    /// The organization.
    pub org: OrgId,
    /// The import.
    pub import: ImportId,
    /// The task.
    pub task: ImportTask,
}

/// A kind of task of an import.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImportTask {
    /// Read the payload and cut it into chunks.
    Plan,
    /// Process the chunk of this number.
    Chunk(u32),
    /// Close what a complete file omits.
    Close,
}

/// A request to write an export.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportMessage {
    /// The organization.
    pub org: OrgId,
    /// The export.
    pub export: ExportId,
}

/// A request to continue a synchronization as far as possible.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncMessage {
    /// The organization.
    pub org: OrgId,
    /// The access that is synchronized.
    pub access: AccessId,
    /// The synchronization.
    pub sync: SyncId,
}

/// A task for notifications.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotificationMessage {
    /// Find the endpoints that observe an event.
    Event(Event),
    /// Deliver a notification, or retry its delivery.
    Deliver {
        /// The organization.
        org: OrgId,
        /// Its delivery.
        delivery: DeliveryId,
    },
}

/// A message about an organization's job.
pub trait Message: Serialize {
    /// How often workers may queue a message of this kind again ([`WorkQueue::put_back`]): as often as the longest
    /// schedule of its kind takes. It bounds loops, because Lambda's loop detection is off for the workers that queue
    /// their messages again.
    const HOPS_MAX: u32;

    /// The job, as the logs name it.
    fn job(&self) -> String;

    /// The organization.
    fn org(&self) -> &OrgId;

    /// The group of the message: by default the organization. The messages of other groups do not wait behind those of a group
    /// with a backlog (SQS fair queues):
    /// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues.html>.
    fn group(&self) -> String {
        self.org().to_string()
    }
}

impl Message for ImportMessage {
    const HOPS_MAX: u32 = hops::IMPORT_HOPS_MAX;

    fn job(&self) -> String {
        self.import.to_string()
    }

    fn org(&self) -> &OrgId {
        &self.org
    }

    /// The first chunks of an import are in another group than the later ones, so that an import of few chunks does not wait
    /// behind a large one of the same organization.
    fn group(&self) -> String {
        match self.task {
            ImportTask::Chunk(CHUNKS_IN_FIRST_GROUP..) => format!("{}#later", self.org),
            ImportTask::Plan | ImportTask::Chunk(_) | ImportTask::Close => self.org.to_string(),
        }
    }
}

impl Message for ExportMessage {
    const HOPS_MAX: u32 = hops::EXPORT_HOPS_MAX;

    fn job(&self) -> String {
        self.export.to_string()
    }

    fn org(&self) -> &OrgId {
        &self.org
    }
}

impl Message for SyncMessage {
    const HOPS_MAX: u32 = hops::SYNC_HOPS_MAX;

    fn job(&self) -> String {
        self.sync.to_string()
    }

    fn org(&self) -> &OrgId {
        &self.org
    }
}

impl Message for NotificationMessage {
    const HOPS_MAX: u32 = hops::NOTIFICATION_HOPS_MAX;

    fn job(&self) -> String {
        match self {
            Self::Event(event) => event.job_id.clone(),
            Self::Deliver { delivery, .. } => delivery.to_string(),
        }
    }

    fn org(&self) -> &OrgId {
        match self {
            Self::Event(event) => &event.org,
            Self::Deliver { org, .. } => org,
        }
    }
}

/// A queue of import tasks: of plans, or of chunks.
pub type ImportQueue = WorkQueue<ImportMessage>;
/// The queue of exports.
pub type ExportQueue = WorkQueue<ExportMessage>;
/// The queue of synchronizations.
pub type SyncQueue = WorkQueue<SyncMessage>;
/// The queue of events and notifications.
pub type NotificationQueue = WorkQueue<NotificationMessage>;

impl NotificationQueue {
    /// Queues an event for the endpoints that observe it. Queueing it twice is harmless.
    ///
    /// # Errors
    /// [`Failure`] when SQS fails.
    pub async fn queue_event(&self, event: Event) -> Result<(), Failure> {
        self.send(&[NotificationMessage::Event(event)]).await
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

impl<M> WorkQueue<M> {
    /// The queue at this URL.
    #[must_use]
    pub fn new(client: Client, url: String) -> Self {
        Self { client, url, kind: PhantomData }
    }
}

impl<M: Message> WorkQueue<M> {
    /// Stores a job and queues its first message. If the message can't be queued, the job is deleted and the caller gets
    /// an error, unless an earlier request with the same seed had stored the job: its caller may have its id.
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
            tracing::error!(error = %second.chain(), job = %job.id(), "a job that was not queued was not deleted; it expires after four days");
        }
        sent
    }

    /// Queues messages. On an error some of them may be queued: workers may process a message twice.
    ///
    /// # Errors
    /// [`Failure`] when SQS fails.
    pub async fn send(&self, messages: &[M]) -> Result<(), Failure> {
        self.send_later(messages, Duration::ZERO).await
    }

    /// Queues messages that are received after a delay of at most [`DELAY_MAX`].
    ///
    /// # Errors
    /// [`Failure`] when SQS fails.
    pub async fn send_later(&self, messages: &[M], delay: Duration) -> Result<(), Failure> {
        let queued: Vec<_> = messages.iter().map(|message| Queued { message, hops: 0 }).collect();
        self.send_all(&queued, delay).await
    }

    /// Queues a message again that a worker has to continue after `delay`, at most [`DELAY_MAX`]: one hop further.
    ///
    /// # Errors
    /// [`Failure::HopsExhausted`] when it was queued again [`Message::HOPS_MAX`] times. A worker
    /// that returns this error makes the message a dead letter, whose handler ends the work as
    /// failed. Other [`Failure`]s when SQS fails.
    pub async fn put_back(&self, queued: &Queued<M>, delay: Duration) -> Result<(), Failure> {
        if queued.is_exhausted() {
            return Err(Failure::HopsExhausted { hops: queued.hops });
        }
        self.send_all(&[Queued { message: &queued.message, hops: queued.hops + 1 }], delay).await
    }

    /// Sends an empty batch, which SQS refuses, to open the connection for the messages to come.
    ///
    /// # Errors
    /// [`Failure`] when SQS does not answer.
    pub(crate) async fn send_nothing(&self) -> Result<(), Failure> {
        let answer =
            self.client.send_message_batch().queue_url(&self.url).set_entries(Some(Vec::new())).send();
        match answer.await {
            Err(SdkError::ServiceError(_)) | Ok(_) => Ok(()),
            Err(error) => Err(Failure::of("SendMessageBatch")(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_chunks_of_an_import_are_a_group_of_their_own() {
        let org: OrgId = "org_aaaaaaaaaaaaaaaa".parse().expect("an id");
        let import: ImportId = "imp_01980d3c-6f2a-7c41-9b7e-3f1d2a5b8c90".parse().expect("an id");
        let group = |task| ImportMessage { org: org.clone(), import: import.clone(), task }.group();
        for task in [ImportTask::Plan, ImportTask::Chunk(0), ImportTask::Chunk(39)] {
            assert_eq!(group(task), "org_aaaaaaaaaaaaaaaa");
        }
        assert_eq!(group(ImportTask::Chunk(40)), "org_aaaaaaaaaaaaaaaa#later");
    }
}
