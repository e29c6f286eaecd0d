//! The worker: each message is one task of an import: its plan, a chunk, or the closing of what a complete file omits.

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use saldo_domain::import::{ImportJob, ImportStatus};
use saldo_store::End;
use saldo_store::failure::Failure;
use saldo_store::queue::{ImportMessage, ImportTask, Queued};

use super::stores::Worker;
use super::unprocessed::{Settled, settle};
use super::{chunk, chunk_file, closing, events, plan};
use crate::worker::each_message;

/// Handles a batch of import messages. A message that is delivered again changes nothing.
pub async fn handle(worker: Worker, event: SqsEvent) -> SqsBatchResponse {
    each_message(&worker.stores.import_queue.clone(), event, move |queued| step(worker.clone(), queued)).await
}

async fn step(worker: Worker, queued: Queued<ImportMessage>) -> Result<(), Failure> {
    match Box::pin(advance(&worker, &queued)).await {
        Err(Failure::Throttled { operation }) => put_back(&worker, &queued, operation).await,
        done => done,
    }
}

/// Puts a throttled task back into the queue with a delay. Nothing is wrong with the task, and the next delivery
/// continues it. On-demand tables take more writes within minutes; after a day of delays the task fails.
async fn put_back(
    worker: &Worker,
    queued: &Queued<ImportMessage>,
    operation: &'static str,
) -> Result<(), Failure> {
    let ImportMessage { import, task, .. } = &queued.message;
    let queue = match task {
        ImportTask::Plan | ImportTask::Close => &worker.stores.plan_queue,
        ImportTask::Chunk(_) => &worker.stores.import_queue,
    };
    let delay = queued.rest(worker.stores.limits.throttled_rest);
    let (hops, delay_s) = (queued.hops, delay.as_secs());
    tracing::warn!(%import, ?task, operation, hops, delay_s, "the task has to wait, in most cases because AWS throttled a request: its message is queued again with a delay");
    queue.put_back(queued, delay).await
}

async fn advance(worker: &Worker, queued: &Queued<ImportMessage>) -> Result<(), Failure> {
    let (stores, message) = (&worker.stores, &queued.message);
    let Some(job) = stores.imports.get(&message.org, &message.import).await? else {
        tracing::info!(org = %message.org, import = %message.import, "the import no longer exists");
        return Ok(());
    };
    let ended = match message.task {
        ImportTask::Close => Box::pin(closing::close(worker, queued, &job)).await?,
        _ if job.status != ImportStatus::Processing => job.completed_at.map(End::Job),
        ImportTask::Plan => Box::pin(plan::plan(worker, queued, &job)).await?,
        ImportTask::Chunk(number) => process_chunk(worker, &job, number).await?,
    };
    // If what follows can't be queued, the message is delivered again: the import has ended by then, and only that
    // is queued again. The dead-letter handler makes the last attempt.
    events::after(stores, &job, ended).await
}

/// Processes the chunk, unless it is committed or the job is stopping. Returns when the import ended, if this was
/// its last chunk.
async fn process_chunk(worker: &Worker, job: &ImportJob, number: u32) -> Result<Option<End>, Failure> {
    let stores = &worker.stores;
    if let Settled::Yes(ended) = settle(stores, job, number).await? {
        return Ok(ended);
    }
    let chunk = chunk_file::load(stores, job, number).await?.ok_or_else(|| Failure::missing("a chunk"))?;
    chunk::process(worker, job, &chunk).await
}
