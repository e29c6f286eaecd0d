//! The worker: brings a synchronization forward, as far as it goes, and remembers where it
//! stands after every request to the bank that can't be repeated.
//!
//! Whoever takes a synchronization up holds a lease on it, so that two deliveries of a message
//! don't ask the bank the same thing at the same time. When the user or the bank has to be
//! waited for, the message goes back to the queue with a delay, and the worker ends.

mod account;
mod authorize;
mod consent;
mod dead_letters;
mod end;
mod fetch;
mod login;
mod reading;
pub mod schedule;
mod transaction;

use std::time::{Duration, Instant};

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use jiff::Timestamp;
use saldo_domain::access::{Access, WantedConsent};
use saldo_domain::finx::ErrorCode;
use saldo_domain::sync::{Step, SyncJob, SyncStatus};
use saldo_store::app::App;
use saldo_store::failure::Failure;
use saldo_store::queue::{DELAY_MAX, Queued, SyncMessage};

use crate::bank::{BankError, Connector, Psu, connect};
use crate::worker::each_message;

pub use consent::end_consent;
pub use dead_letters::handle as handle_dead_letters;

/// How often a synchronization waits because its bank asks for it.
const WAITS_MAX: u32 = 5;
/// How soon a message comes back that met another worker.
const SOON: Duration = Duration::from_secs(1);

/// Handles a batch of synchronizations. Delivering one again changes nothing.
pub async fn handle(app: App, event: SqsEvent) -> SqsBatchResponse {
    each_message(&app.sync_queue.clone(), event, move |queued| bring_forward(app.clone(), queued)).await
}

/// A synchronization that was taken up.
struct Work {
    app: App,
    job: SyncJob,
    access: Access,
    connector: Box<dyn Connector>,
    begun: Instant,
    /// Whether this delivery has read anything.
    has_read: bool,
}

/// What there is to do after a step.
#[derive(Debug, PartialEq)]
enum After {
    /// The next one.
    Step,
    /// Nothing for so long.
    Wait(Duration),
    /// Nothing any more.
    Nothing,
}

/// Why a step was not made.
enum Stopped {
    /// AWS failed: the message comes back.
    Failed(Failure),
    /// The bank failed.
    Bank(BankError),
    /// Somebody else has the synchronization now.
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

async fn bring_forward(app: App, queued: Queued<SyncMessage>) -> Result<(), Failure> {
    let message = &queued.message;
    let Some(mut job) = app.syncs.get(&message.org, &message.sync).await? else {
        tracing::info!(org = %message.org, sync = %message.sync, "the synchronization was taken back");
        return Ok(());
    };
    if job.has_ended() {
        return end::tell(&app, &job).await;
    }
    let now = Timestamp::now();
    if let Some(until) = job.rests_until(now) {
        let left = until.duration_since(now).try_into().unwrap_or(SOON);
        return app.sync_queue.put_back(&queued, left).await;
    }
    if !take_up(&app, &mut job, now).await? {
        return app.sync_queue.put_back(&queued, SOON).await;
    }
    match go_on(&app, job).await? {
        After::Wait(delay) => app.sync_queue.put_back(&queued, delay.min(DELAY_MAX)).await,
        After::Step | After::Nothing => Ok(()),
    }
}

/// Takes a lease on the synchronization. Says whether nobody else was at it.
async fn take_up(app: &App, job: &mut SyncJob, now: Timestamp) -> Result<bool, Failure> {
    lease(app, job, now);
    job.not_before = None;
    if job.started_at.is_none() {
        job.started_at = Some(now);
        // It may have waited in the queue for long: its time begins now.
        let held = |access: &mut Access| access.is_held_by(&job.id) && access.hold(&job.id, now).is_some();
        app.accesses.change(&job.org, &job.access, held).await?;
    }
    if job.status == SyncStatus::Queued {
        job.status = SyncStatus::Running;
    }
    app.syncs.save(job).await
}

/// Goes on with a synchronization that was taken up, as far as it goes.
async fn go_on(app: &App, mut job: SyncJob) -> Result<After, Failure> {
    let ended = match job.step {
        // How it ends is settled: it has given its access back, perhaps.
        Step::End => end::finish(app, &mut job).await,
        _ => match tools(app, &job).await {
            Err(failure) => Err(failure),
            Ok(Err(code)) => end::fail(app, &mut job, code, None).await,
            Ok(Ok((access, connector))) => {
                let (app, begun) = (app.clone(), Instant::now());
                return Work { app, job, access, connector, begun, has_read: false }.run().await;
            }
        },
    };
    match ended {
        Ok(()) => Ok(After::Nothing),
        Err(failure) => Err(let_go(app, &mut job, failure).await),
    }
}

/// The access and the connector to its bank; the inner error is why there is no going on.
async fn tools(app: &App, job: &SyncJob) -> Result<Result<(Access, Box<dyn Connector>), ErrorCode>, Failure> {
    // Another may have taken the access over, or somebody deleted it.
    let access = app.accesses.get(&job.org, &job.access).await?;
    let Some(access) = access.filter(|access| access.is_held_by(&job.id)) else {
        return Ok(Err(ErrorCode::General));
    };
    let banks = app.banks().await?;
    Ok(match banks.method(&access.access_method_id) {
        None => Err(ErrorCode::BankUnavailable),
        Some((_, method)) => connect(method, app.limits.bank_timeout, app.targets)
            .map(|connector| (access, connector))
            .map_err(|_| ErrorCode::General),
    })
}

/// Gives the lease back after an infrastructure error, so that the message, which comes back soon,
/// need not wait for the lease's end.
async fn let_go(app: &App, job: &mut SyncJob, failure: Failure) -> Failure {
    job.leased_until = None;
    job.failures += 1;
    if let Err(second) = app.syncs.save(job).await {
        tracing::warn!(error = %second.chain(), sync = %job.id, "the lease is left to end");
    }
    failure
}

fn lease(app: &App, job: &mut SyncJob, now: Timestamp) {
    job.leased_until = Some(now + app.limits.sync_lease);
}

impl Work {
    async fn run(&mut self) -> Result<After, Failure> {
        loop {
            if self.job.is_overdue(Timestamp::now()) && self.job.step != Step::End {
                self.job.fail(ErrorCode::TimedOut, None);
            }
            let step = match self.job.step {
                Step::Begin => self.begin().await,
                Step::Authorize => self.authorize().await,
                Step::Fetch => self.fetch().await,
                Step::End => self.end().await,
            };
            match step {
                Ok(After::Step) => {}
                Ok(after) => return Ok(after),
                Err(Stopped::Overtaken) => return Ok(After::Wait(SOON)),
                Err(Stopped::Bank(error)) => {
                    if let Some(wait) = self.meet(error) {
                        let now = Timestamp::now();
                        self.job.not_before = Some(now + wait);
                        return match self.release().await {
                            Err(Stopped::Failed(failure)) => {
                                Err(let_go(&self.app, &mut self.job, failure).await)
                            }
                            _ => Ok(After::Wait(wait)),
                        };
                    }
                }
                Err(Stopped::Failed(failure)) => {
                    return Err(let_go(&self.app, &mut self.job, failure).await);
                }
            }
        }
    }

    /// Meets what the bank has failed us with: waits, or gives up. Says how long to wait.
    fn meet(&mut self, error: BankError) -> Option<Duration> {
        tracing::info!(sync = %self.job.id, %error, "the bank did not do what it was asked");
        match error {
            BankError::Busy { retry_after } if self.job.waits < WAITS_MAX && retry_after <= DELAY_MAX => {
                self.job.waits += 1;
                return Some(retry_after);
            }
            BankError::Busy { .. } => self.job.fail(ErrorCode::BankBusy, None),
            BankError::Refused { code, message } => self.job.fail(code, message),
            BankError::Failed { code } => self.job.fail(code, None),
            // Once: a consent that was thought to hold. A new one may be had.
            BankError::ConsentEnded if !self.job.consent_ended && self.access.consent.is_some() => {
                self.job.consent_ended = true;
                self.job.consent = None;
                self.job.authorization = None;
                self.job.step = Step::Begin;
            }
            BankError::ConsentEnded => self.job.fail(ErrorCode::NoAuthorization, None),
        }
        None
    }

    /// Remembers where the synchronization stands.
    async fn save(&mut self) -> Result<(), Stopped> {
        lease(&self.app, &mut self.job, Timestamp::now());
        self.put().await
    }

    /// The same, and leaves it to whoever comes next.
    async fn release(&mut self) -> Result<(), Stopped> {
        self.job.leased_until = None;
        self.put().await
    }

    async fn put(&mut self) -> Result<(), Stopped> {
        match self.app.syncs.save(&mut self.job).await? {
            true => Ok(()),
            false => Err(Stopped::Overtaken),
        }
    }

    fn psu(&self) -> Psu {
        Psu {
            ip_address: self.job.request.psu_ip_address.filter(|_| self.job.request.attended),
            our_address: self.app.ip_address,
        }
    }

    fn wanted(&self) -> WantedConsent {
        self.access.wanted.clone().unwrap_or_default()
    }

    /// Whether the rest is another delivery's: each brings the reading forward.
    fn is_out_of_time(&self) -> bool {
        self.has_read && self.begun.elapsed() > self.app.limits.sync_time
    }
}
