//! The end of a synchronization.
//!
//! The steps are: save the result, update what the synchronization's lock on its access protects, release the access,
//! mark the synchronization as ended, queue the event. Each step can be repeated after a crash.

use jiff::Timestamp;
use saldo_domain::access::Access;
use saldo_domain::bank::FailureReason;
use saldo_domain::changed_by::ChangedBy;
use saldo_domain::notification::Event;
use saldo_domain::sync::{Step, SyncJob, SyncScope};
use saldo_store::failure::Failure;
use saldo_store::metrics;

use super::stores::Stores;
use super::{After, Run, Stopped};

impl Run {
    pub(super) async fn end(&mut self) -> Result<After, Stopped> {
        finish(&self.worker.stores, &mut self.job).await?;
        Ok(After::Done)
    }
}

/// Ends a synchronization as failed, unless its result is saved already.
pub(super) async fn fail(
    stores: &Stores,
    job: &mut SyncJob,
    reason: FailureReason,
    message: Option<String>,
) -> Result<(), Failure> {
    if job.step != Step::End {
        job.fail(reason, message);
    }
    finish(stores, job).await
}

/// Ends the synchronization.
///
/// # Errors
/// [`Failure::Throttled`] when another worker saved the synchronization at the same time: the message is delivered again.
pub(super) async fn finish(stores: &Stores, job: &mut SyncJob) -> Result<(), Failure> {
    let overtaken = || Failure::Throttled { operation: "a synchronization that another worker has leased" };
    let now = Timestamp::now();
    if !stores.syncs.save(job).await? {
        return Err(overtaken());
    }
    release_access(stores, job, now).await?;
    job.end(now);
    if !stores.syncs.save(job).await? {
        return Err(overtaken());
    }
    metrics::sync_ended(job.error.is_none());
    let reason = job.error.as_ref().map(|error| tracing::field::debug(error.reason));
    tracing::info!(org = %job.org, sync = %job.id, reason, "the synchronization has ended");
    queue_event(stores, job).await
}

/// Updates the access and releases its lock.
async fn release_access(stores: &Stores, job: &SyncJob, now: Timestamp) -> Result<(), Failure> {
    let access = stores.accesses.get(&job.org, &job.access).await?;
    // Without the lock, this was done before, or another synchronization holds the access.
    let Some(access) = access.filter(|access| access.is_held_by(&job.id)) else { return Ok(()) };
    if let Some(login) = &job.login {
        match refuses_credentials(job) {
            true => stores.accesses.refuse_login(&job.org, login, &job.id, now).await?,
            false => stores.accesses.release_login(&job.org, login, &job.id).await?,
        }
    }
    // Scheduled synchronizations don't change what is saved, unless the bank refused it.
    if refuses_credentials(job) || job.request.attended && !job.request.save_secrets {
        stores.accesses.forget_credentials_of(&job.org, &job.access, &job.id).await?;
    } else if job.request.attended {
        stores.accesses.save_credentials_of(&job.org, &job.access, &job.id).await?;
    }
    if job.error.is_none() && !job.unidentified {
        mark_missing(stores, job, &access, now).await?;
    }
    let saved = stores.accesses.credentials(&job.org, &job.access, now).await?.saved;
    let release = |access: &mut Access| {
        let held = access.is_held_by(&job.id);
        if held {
            update_access(job, access, now);
            access.save_credentials = saved;
        }
        held
    };
    stores.accesses.change(&job.org, &job.access, release).await.map(drop)
}

/// Whether the bank refused the credentials. Sending them again every day would have the bank block its customer.
fn refuses_credentials(job: &SyncJob) -> bool {
    let code = job.error.as_ref().map(|error| error.reason);
    matches!(
        code,
        Some(FailureReason::LoginInvalid | FailureReason::PinInvalid | FailureReason::AccessBlocked)
    )
}

/// Marks the accounts that the bank no longer lists.
async fn mark_missing(
    stores: &Stores,
    job: &SyncJob,
    access: &Access,
    now: Timestamp,
) -> Result<(), Failure> {
    let missing = access.accounts.iter().filter(|account| !job.reported.contains(account));
    for account in stores.accounts.find(&job.org, missing).await? {
        stores.transactions.forget_pending(&job.org, &account).await?;
        let by = ChangedBy::sync(job.id.clone());
        stores.accounts.put_missing(&job.org, &account.id, now, &by).await?;
    }
    Ok(())
}

/// Updates the access with the result of the synchronization.
fn update_access(job: &SyncJob, access: &mut Access, now: Timestamp) {
    access.lock = None;
    access.synced_at = Some(now);
    access.last_error = job.error.as_ref().map(|error| error.reason);
    if job.consent_ended {
        access.consent = None;
    }
    if job.consent.is_some() {
        // A consent that is not recurring is used up.
        access.consent = job.consent.clone().filter(|consent| consent.recurring);
    }
    if job.error.is_none() {
        access.succeeded_at = Some(now);
        access.auth_method = job.auth_method.clone().or(access.auth_method.take());
        if job.requests > 0 {
            access.authorizes_silently = job.challenges.is_empty();
        }
    } else if job.requests > 0 && (!job.challenges.is_empty() || !job.request.attended) {
        // The bank asked the user, or would have.
        access.authorizes_silently = false;
    }
    let new = job.fetched.iter().filter(|account| !access.accounts.contains(account));
    let new: Vec<_> = new.cloned().collect();
    access.accounts.extend(new);
}

/// Queues the event that the synchronization has ended. Queueing it twice notifies each endpoint once.
pub(super) async fn queue_event(stores: &Stores, job: &SyncJob) -> Result<(), Failure> {
    let Some(ended_at) = job.ended_at.filter(|_| !job.request.disable_notifications) else { return Ok(()) };
    let mut paths = vec![format!("/rest/accesses/{}/syncs", job.access)];
    if job.error.is_none() {
        paths.push("/rest/accounts".to_owned());
        for account in &job.fetched {
            paths.push(format!("/rest/accounts/{account}"));
            paths.push(format!("/rest/accounts/{account}/balance"));
        }
        if job.request.scope == SyncScope::Transactions {
            paths.push("/rest/transactions".to_owned());
            paths.extend(job.fetched.iter().map(|account| format!("/rest/accounts/{account}/transactions")));
        }
    }
    let event = Event::sync_completed(job.org.clone(), &job.id, ended_at, paths);
    stores.notification_queue.queue_event(event).await
}
