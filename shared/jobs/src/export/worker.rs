//! The worker: writes the file of an export.
//!
//! Every attempt starts from the beginning, with a file of its own. The job names the current attempt, and only that one
//! can complete it. So an attempt may delete the file of the attempt that it replaces, and the file of a completed job is
//! never deleted.

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use data_encoding::HEXLOWER;
use futures::TryStreamExt;
use jiff::Timestamp;
use saldo_domain::export::{Attempt, ExportJob, ExportStatus, ExportedFile};
use saldo_store::failure::Failure;
use saldo_store::files::{Upload, export_file};
use saldo_store::metrics;
use saldo_store::queue::{ExportMessage, Queued};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::export::events;
use crate::export::file::pieces;
use crate::export::stores::{Stores, Worker};
use crate::worker::each_message;

/// Handles a batch of messages. A message that is delivered again changes nothing.
pub async fn handle(worker: Worker, event: SqsEvent) -> SqsBatchResponse {
    each_message(&worker.stores.notification_queue.clone(), event, move |queued| {
        export(worker.clone(), queued)
    })
    .await
}

async fn export(worker: Worker, Queued { message, .. }: Queued<ExportMessage>) -> Result<(), Failure> {
    if let Some(job) = unfinished(&worker.stores, &message).await?
        && let Err(failure) = begin_attempt(&worker, &job).await
    {
        // Another attempt may have completed the job, or its dead letter may have ended it.
        if unfinished(&worker.stores, &message).await?.is_some() {
            return Err(failure);
        }
        tracing::warn!(error = %failure.chain(), "an attempt failed after the export had ended");
    }
    // If the event can't be queued, the message is delivered again: the export has ended by then, and only the event is
    // queued again. The dead-letter handler makes the last attempt.
    events::completed(&worker.stores, &message).await
}

/// The job, if it has not ended.
async fn unfinished(stores: &Stores, message: &ExportMessage) -> Result<Option<ExportJob>, Failure> {
    let job = stores.exports.get(&message.org, &message.export).await?;
    let job = job.filter(|job| job.status == ExportStatus::Processing);
    if job.is_none() {
        tracing::info!(org = %message.org, export = %message.export, "the export has ended or no longer exists");
    }
    Ok(job)
}

/// Begins a multipart upload and attempts to write the file.
async fn begin_attempt(worker: &Worker, job: &ExportJob) -> Result<(), Failure> {
    let name = export_file(&job.org, &job.id, Uuid::now_v7());
    let upload =
        worker.stores.files.begin(name, job.spec.format.media_type(), &job.spec.disposition()).await?;
    let mine = Attempt { file: upload.name().to_owned(), upload: upload.id().to_owned() };
    attempt(worker, job, upload, &mine).await
}

/// Registers the attempt as the current one, writes its file and completes the job. On failure the file is deleted.
async fn attempt(worker: &Worker, job: &ExportJob, upload: Upload, mine: &Attempt) -> Result<(), Failure> {
    let overtaken = || Failure::Throttled { operation: "an export that another attempt writes" };
    let written = match worker.stores.exports.attempt(job, mine).await? {
        true => replace_attempt(worker, job, upload).await,
        false => Err(overtaken()),
    };
    let completed = match &written {
        // If the response is lost, the job may be completed nevertheless: the file stays.
        Ok(file) => worker.stores.exports.complete(job, mine, file, Timestamp::now()).await?,
        Err(_) => false,
    };
    if !completed {
        worker.stores.files.clear_away(&mine.file, &mine.upload).await?;
    }
    let file = written?;
    if !completed {
        return Err(overtaken());
    }
    metrics::exported(file.rows);
    tracing::info!(rows = file.rows, bytes = file.bytes, "exported");
    Ok(())
}

/// Deletes the file of the previous attempt and writes the new one.
async fn replace_attempt(worker: &Worker, job: &ExportJob, upload: Upload) -> Result<ExportedFile, Failure> {
    if let Some(before) = job.attempt() {
        worker.stores.files.clear_away(&before.file, &before.upload).await?;
    }
    write(worker, job, upload).await
}

/// Writes the file while its records are read.
async fn write(worker: &Worker, job: &ExportJob, mut upload: Upload) -> Result<ExportedFile, Failure> {
    let mut file = ExportedFile { rows: 0, bytes: 0, sha256: String::new() };
    let mut hash = Sha256::new();
    let mut pieces = pieces(&worker.records, &job.org, &job.spec);
    while let Some(piece) = pieces.try_next().await? {
        hash.update(&piece.bytes);
        file.rows += piece.records as u64;
        file.bytes += piece.bytes.len() as u64;
        upload.write(&piece.bytes).await?;
    }
    upload.finish().await?;
    file.sha256 = HEXLOWER.encode(&hash.finalize());
    Ok(file)
}
