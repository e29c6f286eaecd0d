//! Closing what a complete file omits, once all its rows are done.
//!
//! Each step is a conditional update of the job, and each can be repeated: a worker that is killed leaves the step to the next
//! delivery, and of two workers at the same time one makes it. A run has a bounded time; the message is put back for another one.

mod dry_run;
mod list;
mod pages;

use std::time::{Duration, Instant};

use jiff::Timestamp;
use saldo_domain::import::{
    Closing, ClosingPhase, ImportJob, Named, NotClosed, NotClosedCode, Omissions, Scope, ScopeFiles,
};
use saldo_domain::receivable::SourceFile;
use saldo_store::End;
use saldo_store::failure::Failure;
use saldo_store::files::ImportFiles;
use saldo_store::queue::{ImportMessage, Queued};

use super::chunk::row_defaults;
use super::events;
use super::stores::{Stores, Worker};

/// How a step has ended.
enum Step {
    /// The job has this state now.
    Made(Box<ImportJob>),
    /// The job has changed: another worker has made the step, or its owner has cancelled it.
    Changed,
    /// The job has ended, or waits for its owner.
    Ended(Option<End>),
    /// The run's time is up.
    OutOfTime,
}

impl Step {
    /// The step to this state, if the job was as it was read.
    fn made(job: Option<ImportJob>) -> Self {
        job.map_or(Self::Changed, |job| Self::Made(Box::new(job)))
    }
}

/// A complete file that is being closed.
struct File<'a> {
    stores: &'a Stores,
    job: &'a ImportJob,
    scope: &'a Scope,
    file: SourceFile,
    /// The complete files of all scopes, as they are at this step.
    scopes: Vec<ScopeFiles>,
}

impl<'a> File<'a> {
    /// The file of a job; `None` if it is not complete.
    async fn of(stores: &'a Stores, job: &'a ImportJob) -> Result<Option<Self>, Failure> {
        let Some(scope) = job.complete_scope() else { return Ok(None) };
        let file = job.source_file(&row_defaults(stores, job).await?);
        let scopes = stores.imports.scopes(&job.org).await?;
        Ok(Some(Self { stores, job, scope, file, scopes }))
    }

    fn omissions(&self) -> Omissions<'_> {
        Omissions { file: &self.file, scope: self.scope, scopes: &self.scopes }
    }

    /// Ends the job with this closing.
    async fn end(&self, closing: Closing, not_closed: Option<NotClosed>) -> Result<Step, Failure> {
        let closing = closing.end(not_closed);
        let ended = self.stores.imports.end_closing(self.job, &closing, Timestamp::now()).await?;
        Ok(if ended.is_some() { Step::Ended(ended) } else { Step::Changed })
    }

    /// Ends the job for a reason for which nothing more is closed.
    async fn refuse(&self, closing: Closing, code: NotClosedCode) -> Result<Step, Failure> {
        self.end(closing, Some(NotClosed::of(code))).await
    }

    /// Records what is known of the scope now, unless nothing is written.
    async fn record(&self, change: impl Fn(ScopeFiles) -> ScopeFiles) -> Result<(), Failure> {
        if self.job.dry_run {
            return Ok(());
        }
        let imports = &self.stores.imports;
        imports.record_file(&self.job.org, self.scope, |files| files.map(&change)).await
    }
}

/// Keeps the accounts that a complete file names, and records that it is accepted: earlier files of its scope close nothing any
/// more. Returns the number of rows of which it is not certain what account they name.
///
/// # Errors
/// [`Failure`] when AWS fails.
pub(super) async fn accept(stores: &Stores, job: &ImportJob, named: Named) -> Result<u64, Failure> {
    let Named { membership, unidentified } = named;
    let name = ImportFiles::of(&job.org, &job.id).members();
    stores.files.put(&name, "application/octet-stream", membership.into_bytes().into()).await?;
    let Some(file) = File::of(stores, job).await?.filter(|_| !job.dry_run) else { return Ok(unidentified) };
    let accept = |before| Some(ScopeFiles::accept(before, file.scope, &file.file, &job.id));
    stores.imports.record_file(&job.org, file.scope, accept).await?;
    let now = Timestamp::now();
    for awaiting in stores.imports.awaiting_before(job, now).await? {
        let ended = match File::of(stores, &awaiting).await?.zip(awaiting.closing.clone()) {
            Some((earlier, closing)) if earlier.omissions().are_superseded() => {
                earlier.refuse(closing, NotClosedCode::Superseded).await?
            }
            _ => continue,
        };
        if let Step::Ended(ended) = ended {
            events::after(stores, &awaiting, ended).await?;
        }
    }
    Ok(unidentified)
}

/// Closes what the file of a job omits, as far as the run's time and the job's owner allow.
///
/// # Errors
/// [`Failure`] when AWS fails; [`Failure::Throttled`] while an earlier import has not ended.
pub(super) async fn close(
    worker: &Worker,
    queued: &Queued<ImportMessage>,
    job: &ImportJob,
) -> Result<Option<End>, Failure> {
    let (begun, stores) = (Instant::now(), &worker.stores);
    let mut job = job.clone();
    loop {
        match step(stores, &job, begun).await? {
            Step::Made(after) => job = *after,
            Step::Changed => match stores.imports.get(&job.org, &job.id).await? {
                Some(changed) => job = changed,
                None => return Ok(None),
            },
            Step::Ended(ended) => return Ok(ended),
            Step::OutOfTime => {
                tracing::info!(import = %job.id, "the time of the closing is up: the message is queued again to continue");
                return stores.plan_queue.put_back(queued, Duration::ZERO).await.map(|()| None);
            }
        }
    }
}

/// Makes the next step of a closing.
async fn step(stores: &Stores, job: &ImportJob, begun: Instant) -> Result<Step, Failure> {
    // Without a closing, a redrive has begun to process rows again.
    let Some(closing) = job.closing.clone() else { return Ok(Step::Ended(None)) };
    if closing.phase == ClosingPhase::Ended {
        return Ok(Step::Ended(job.completed_at.map(End::Job)));
    }
    let Some(file) = File::of(stores, job).await? else { return Ok(Step::Ended(None)) };
    if job.is_stopping() && job.can_be_stopped() {
        let failed = job.reason.is_some();
        let code = if failed { NotClosedCode::Failed } else { NotClosedCode::Cancelled };
        return file.refuse(closing, code).await;
    }
    if file.omissions().are_superseded() {
        return file.refuse(closing, NotClosedCode::Superseded).await;
    }
    match closing.phase {
        ClosingPhase::Listing => list::list(&file, closing, begun).await,
        ClosingPhase::Closing => pages::close(&file, closing, begun).await,
        ClosingPhase::Awaiting => Ok(Step::Ended(closing.awaiting_since.map(End::List))),
        ClosingPhase::Ended => Ok(Step::Ended(None)),
    }
}

/// Ends a job whose closing failed too often. A redrive continues it.
///
/// # Errors
/// [`Failure`] when AWS fails.
pub(super) async fn give_up(stores: &Stores, job: &ImportJob) -> Result<Option<End>, Failure> {
    let closing = job
        .closing
        .clone()
        .filter(|closing| matches!(closing.phase, ClosingPhase::Listing | ClosingPhase::Closing));
    let Some(closing) = closing else { return Ok(job.completed_at.map(End::Job)) };
    let not_closed = NotClosed::of(NotClosedCode::ClosingFailed);
    let closing = Closing { phase: ClosingPhase::Ended, not_closed: Some(not_closed), ..closing };
    stores.imports.end_closing(job, &closing, Timestamp::now()).await
}
