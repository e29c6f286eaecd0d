//! Synchronizations with banks. The worker advances a synchronization as far as possible and saves its state after every
//! request to the bank that can't be repeated.
//!
//! A worker holds a lease on its synchronization, so that two deliveries of a message don't send the same request to the
//! bank at the same time. While the user or the bank has to be waited for, the message is in the queue with a delay, and
//! no worker runs.

mod account;
mod authorize;
mod consent;
mod dead_letters;
mod end;
mod fetch;
mod login;
mod reading;
pub mod schedule;
mod stores;
mod transaction;

use std::time::{Duration, Instant};

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use jiff::Timestamp;
use saldo_domain::access::{Access, WantedConsent};
use saldo_domain::bank::FailureReason;
use saldo_domain::changed_by::ChangedBy;
use saldo_domain::sync::{Step, SyncJob, SyncStatus};
use saldo_store::failure::Failure;
use saldo_store::queue::{DELAY_MAX, Queued, SyncMessage};

use crate::bank::{BankError, Connector, Psu, connect};
use crate::worker::each_message;

pub use consent::end_consent;
pub use dead_letters::handle as handle_dead_letters;
pub use stores::{Stores, Worker};

/// How often a synchronization waits because its bank throttles it.
const WAITS_MAX: u32 = 5;
/// The delay of a message whose synchronization another worker holds.
const SOON: Duration = Duration::from_secs(1);

/// Handles a batch of messages. A message that is delivered again changes nothing.
pub async fn handle(worker: Worker, event: SqsEvent) -> SqsBatchResponse {
    each_message(&worker.stores.sync_queue.clone(), event, move |queued| advance(worker.clone(), queued))
        .await
}

/// A synchronization that this worker has leased.
struct Run {
    worker: Worker,
    job: SyncJob,
    access: Access,
    connector: Box<dyn Connector>,
    begun: Instant,
    /// Whether this delivery has read an account or a page of transactions.
    has_read: bool,
}

/// What follows a step.
#[derive(Debug, PartialEq)]
enum After {
    /// The next step.
    Continue,
    /// The next delivery of the message, with this delay.
    Wait(Duration),
    /// Nothing: this part is done.
    Done,
}

/// Why a step failed.
enum Stopped {
    /// AWS failed: the message is delivered again.
    Failed(Failure),
    /// The bank failed or refused.
    Bank(BankError),
    /// Another worker has saved the synchronization in the meantime.
    Overtaken,
}

impl From<Failure> for Stopped {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl From<BankError> for Stopped {
    fn from(error: BankError) -> Self {
        Self::Bank(error)
    }
}

async fn advance(worker: Worker, queued: Queued<SyncMessage>) -> Result<(), Failure> {
    let message = &queued.message;
    let Some(mut job) = worker.stores.syncs.get(&message.org, &message.sync).await? else {
        tracing::info!(org = %message.org, sync = %message.sync, "the synchronization no longer exists");
        return Ok(());
    };
    if job.has_ended() {
        return end::queue_event(&worker.stores, &job).await;
    }
    let now = Timestamp::now();
    if let Some(until) = job.rests_until(now) {
        let left = until.duration_since(now).try_into().unwrap_or(SOON);
        return worker.stores.sync_queue.put_back(&queued, left).await;
    }
    if !lease(&worker, &mut job, now).await? {
        return worker.stores.sync_queue.put_back(&queued, SOON).await;
    }
    match Box::pin(proceed(&worker, job)).await? {
        After::Wait(delay) => worker.stores.sync_queue.put_back(&queued, delay.min(DELAY_MAX)).await,
        After::Continue | After::Done => Ok(()),
    }
}

/// Leases the synchronization. Returns false if another worker holds it.
async fn lease(worker: &Worker, job: &mut SyncJob, now: Timestamp) -> Result<bool, Failure> {
    extend_lease(worker, job, now);
    job.not_before = None;
    if job.started_at.is_none() {
        job.started_at = Some(now);
        // Its time limit begins now, however long it was queued.
        let held = |access: &mut Access| access.is_held_by(&job.id) && access.hold(&job.id, now).is_some();
        worker.stores.accesses.change(&job.org, &job.access, held).await?;
    }
    if job.status == SyncStatus::Queued {
        job.status = SyncStatus::Running;
    }
    worker.stores.syncs.save(job).await
}

/// Advances a leased synchronization as far as possible.
async fn proceed(worker: &Worker, mut job: SyncJob) -> Result<After, Failure> {
    let ended = match job.step {
        // The result is saved, and the access may have been released already.
        Step::End => end::finish(&worker.stores, &mut job).await,
        _ => match access_and_connector(worker, &job).await {
            Err(failure) => Err(failure),
            Ok(Err(code)) => end::fail(&worker.stores, &mut job, code, None).await,
            Ok(Ok((access, connector))) => {
                let (worker, begun) = (worker.clone(), Instant::now());
                return Run { worker, job, access, connector, begun, has_read: false }.run().await;
            }
        },
    };
    match ended {
        Ok(()) => Ok(After::Done),
        Err(failure) => Err(release_after_failure(worker, &mut job, failure).await),
    }
}

/// The access and the connector to its bank; the inner error is why the synchronization can't continue.
async fn access_and_connector(
    worker: &Worker,
    job: &SyncJob,
) -> Result<Result<(Access, Box<dyn Connector>), FailureReason>, Failure> {
    // Another synchronization may have taken over the access, or its owner deleted it.
    let access = worker.stores.accesses.get(&job.org, &job.access).await?;
    let Some(access) = access.filter(|access| access.is_held_by(&job.id)) else {
        return Ok(Err(FailureReason::Aborted));
    };
    let banks = worker.bank_catalog.read().await?;
    Ok(match banks.method(&access.access_method_id) {
        None => Err(FailureReason::BankUnavailable),
        Some((_, method)) => connect(method, worker.limits.bank_timeout, worker.bank_catalog.targets)
            .map(|connector| (access, connector))
            .map_err(|_| FailureReason::Aborted),
    })
}

/// Releases the lease after an infrastructure error, so that the next delivery need not wait until it expires.
async fn release_after_failure(worker: &Worker, job: &mut SyncJob, failure: Failure) -> Failure {
    job.leased_until = None;
    job.failures += 1;
    if let Err(second) = worker.stores.syncs.save(job).await {
        tracing::warn!(error = %second.chain(), sync = %job.id, "the lease was not released; it expires by itself");
    }
    failure
}

fn extend_lease(worker: &Worker, job: &mut SyncJob, now: Timestamp) {
    job.leased_until = Some(now + worker.limits.sync_lease);
}

impl Run {
    async fn run(&mut self) -> Result<After, Failure> {
        loop {
            if self.job.is_overdue(Timestamp::now()) && self.job.step != Step::End {
                self.job.fail(FailureReason::TimedOut, None);
            }
            let step = match self.job.step {
                Step::Begin => self.begin().await,
                Step::Authorize => self.authorize().await,
                Step::Fetch => self.fetch().await,
                Step::End => self.end().await,
            };
            match step {
                Ok(After::Continue) => {}
                Ok(after) => return Ok(after),
                Err(Stopped::Overtaken) => return Ok(After::Wait(SOON)),
                Err(Stopped::Bank(error)) => {
                    if let Some(wait) = self.handle_bank_error(error) {
                        let now = Timestamp::now();
                        self.job.not_before = Some(now + wait);
                        return match self.release().await {
                            Err(Stopped::Failed(failure)) => {
                                Err(release_after_failure(&self.worker, &mut self.job, failure).await)
                            }
                            _ => Ok(After::Wait(wait)),
                        };
                    }
                }
                Err(Stopped::Failed(failure)) => {
                    return Err(release_after_failure(&self.worker, &mut self.job, failure).await);
                }
            }
        }
    }

    /// Decides what follows a bank's error. Returns the delay if the synchronization is to wait.
    fn handle_bank_error(&mut self, error: BankError) -> Option<Duration> {
        tracing::info!(sync = %self.job.id, %error, "the bank did not execute a request");
        match error {
            BankError::Busy { retry_after } if self.job.waits < WAITS_MAX && retry_after <= DELAY_MAX => {
                self.job.waits += 1;
                return Some(retry_after);
            }
            BankError::Busy { .. } => self.job.fail(FailureReason::BankBusy, None),
            BankError::Refused { reason, message } => self.job.fail(reason, message),
            BankError::Failed { reason } => self.job.fail(reason, None),
            // The saved consent has ended unexpectedly: request a new one, once.
            BankError::ConsentEnded if !self.job.consent_ended && self.access.consent.is_some() => {
                self.job.consent_ended = true;
                self.job.consent = None;
                self.job.authorization = None;
                self.job.step = Step::Begin;
            }
            BankError::ConsentEnded => self.job.fail(FailureReason::NoAuthorization, None),
        }
        None
    }

    /// Saves the state and extends the lease.
    async fn save(&mut self) -> Result<(), Stopped> {
        extend_lease(&self.worker, &mut self.job, Timestamp::now());
        self.put().await
    }

    /// Saves the state and releases the lease.
    async fn release(&mut self) -> Result<(), Stopped> {
        self.job.leased_until = None;
        self.put().await
    }

    async fn put(&mut self) -> Result<(), Stopped> {
        match self.worker.stores.syncs.save(&mut self.job).await? {
            true => Ok(()),
            false => Err(Stopped::Overtaken),
        }
    }

    /// Who changes what this synchronization changes.
    fn changed_by(&self) -> ChangedBy {
        ChangedBy::sync(self.job.id.clone())
    }

    fn psu(&self) -> Psu {
        Psu {
            ip_address: self.job.request.psu_ip_address.filter(|_| self.job.request.attended),
            our_address: self.worker.ip_address,
        }
    }

    fn wanted(&self) -> WantedConsent {
        self.access.wanted.clone().unwrap_or_default()
    }

    /// Whether this delivery has used up its time. It has read something by then, so each delivery makes progress.
    fn is_out_of_time(&self) -> bool {
        self.has_read && self.begun.elapsed() > self.worker.limits.sync_time
    }
}
