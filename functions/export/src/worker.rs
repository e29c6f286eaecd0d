//! The worker: writes the file of an export.
//!
//! An attempt starts from the beginning, with a file of its own. The job names the attempt
//! that counts, and can be completed by that one alone: so whoever has taken over from an
//! attempt may clear away what it left, and a file that a job was completed with stays.

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

/// The attempts that one delivery makes at an export. A message that comes back does so after
/// its visibility timeout, an hour and a half: too long a wait for one fault on the way.
const ATTEMPTS_MAX: u32 = 2;

/// Handles a batch of exports to be written. Delivering one again changes nothing.
pub async fn handle(app: App, event: SqsEvent) -> SqsBatchResponse {
    each_message(event, move |message| export(app.clone(), message)).await
}

async fn export(app: App, message: ExportMessage) -> Result<(), Failure> {
    let mut attempts = 0;
    while let Some(job) = unfinished(&app, &message).await? {
        attempts += 1;
        let mine = begin(&app, &job).await?;
        let attempt = Attempt { file: mine.name().to_owned(), upload: mine.id().to_owned() };
        match write_and_complete(&app, &job, mine, &attempt).await {
            Ok(()) => {}
            Err(failure) if attempts < ATTEMPTS_MAX && counts(&app, &message, &attempt).await? => {
                tracing::warn!(error = %failure.chain(), export = %job.id, "an attempt has failed");
            }
            // The message comes back, also for one that was overtaken: the other may die.
            Err(failure) => return Err(failure),
        }
    }
    Ok(())
}

/// The job, if it has not ended.
async fn unfinished(app: &App, message: &ExportMessage) -> Result<Option<ExportJob>, Failure> {
    let job = app.exports.get(&message.org, &message.export).await?;
    Ok(job.filter(|job| job.status == ExportStatus::Processing))
}

/// Whether the attempt is still the one that counts.
async fn counts(app: &App, message: &ExportMessage, attempt: &Attempt) -> Result<bool, Failure> {
    let job = unfinished(app, message).await?;
    Ok(job.and_then(|job| job.attempt()).as_ref() == Some(attempt))
}

async fn begin(app: &App, job: &ExportJob) -> Result<Upload, Failure> {
    let name = export_file(&job.org, &job.id, Uuid::now_v7());
    app.files.begin(name, job.spec.format.media_type(), &job.spec.disposition()).await
}

/// Writes the file of an attempt and ends the job with it.
async fn write_and_complete(
    app: &App,
    job: &ExportJob,
    upload: Upload,
    attempt: &Attempt,
) -> Result<(), Failure> {
    let Some(before) = app.exports.attempt(job, attempt).await? else {
        tracing::info!(org = %job.org, export = %job.id, "the export has ended");
        return app.files.clear_away(&attempt.file, &attempt.upload).await;
    };
    if let Some(cut_off) = before {
        app.files.clear_away(&cut_off.file, &cut_off.upload).await?;
    }
    let written = write(app, job, upload).await;
    let completed = match &written {
        // If this fails, the job may be completed all the same: the file stays.
        Ok(file) => app.exports.complete(job, attempt, file, Timestamp::now()).await?,
        Err(_) => false,
    };
    if !completed {
        app.files.clear_away(&attempt.file, &attempt.upload).await?;
    }
    let file = written?;
    if !completed {
        return Err(Failure::Throttled { operation: "an export that another attempt writes" });
    }
    tracing::info!(org = %job.org, export = %job.id, rows = file.rows, bytes = file.bytes, "exported");
    Ok(())
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
