//! The worker: writes the file of an export.
//!
//! Every delivery of a message that finds its job unfinished is an attempt of its own, with a
//! file of its own, and starts from the beginning: what an earlier attempt left is cleared
//! away first. The attempt that the job names when it is finished is the one that counts.

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use data_encoding::HEXLOWER;
use futures::TryStreamExt;
use jiff::Timestamp;
use saldo::app::App;
use saldo::export::{Attempt, ExportJob, ExportStatus, ExportedFile};
use saldo::failure::Failure;
use saldo::files::{Upload, export_file};
use saldo::queue::ExportMessage;
use saldo::worker::each_message;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::file::pieces;

/// Handles a batch of exports to be written. Delivering one again changes nothing.
pub async fn handle(app: App, event: SqsEvent) -> SqsBatchResponse {
    each_message(event, move |message| export(app.clone(), message)).await
}

async fn export(app: App, message: ExportMessage) -> Result<(), Failure> {
    let job = app.exports.get(&message.org, &message.export).await?;
    let Some(job) = job.filter(|job| job.status == ExportStatus::Processing) else {
        tracing::info!(org = %message.org, export = %message.export, "the export has ended or was taken back");
        return Ok(());
    };
    if let Some(cut_off) = job.attempt() {
        app.files.clear_away(&cut_off.file, &cut_off.upload).await?;
    }
    let name = export_file(&job.org, &job.id, Uuid::now_v7());
    let (content_type, disposition) = (job.spec.format.media_type(), job.spec.disposition());
    let upload = app.files.begin(name, content_type, &disposition).await?;
    let attempt = Attempt { file: upload.name().to_owned(), upload: upload.id().to_owned() };
    if !app.exports.attempt(&job, &attempt).await? {
        return app.files.clear_away(&attempt.file, &attempt.upload).await;
    }
    match write(&app, &job, upload).await {
        Ok(file) => complete(&app, &job, &attempt, &file).await,
        Err(failure) => {
            // The message will be delivered again; what can be tidied up at once is.
            if let Err(second) = app.files.clear_away(&attempt.file, &attempt.upload).await {
                tracing::warn!(error = %second.chain(), export = %job.id, "an attempt is left to the next");
            }
            Err(failure)
        }
    }
}

/// Writes the file as its records are read.
async fn write(app: &App, job: &ExportJob, mut upload: Upload) -> Result<ExportedFile, Failure> {
    let mut file = ExportedFile { rows: 0, bytes: 0, sha256: String::new() };
    let mut hash = Sha256::new();
    let mut pieces = pieces(app, &job.org, &job.spec);
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

async fn complete(app: &App, job: &ExportJob, attempt: &Attempt, file: &ExportedFile) -> Result<(), Failure> {
    if app.exports.complete(job, attempt, file, Timestamp::now()).await? {
        tracing::info!(org = %job.org, export = %job.id, rows = file.rows, bytes = file.bytes, "exported");
        return Ok(());
    }
    tracing::info!(org = %job.org, export = %job.id, "another attempt counts");
    app.files.delete(&attempt.file).await
}
