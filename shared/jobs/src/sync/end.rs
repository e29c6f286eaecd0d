//! The end of a synchronization: what it leaves behind, and who is told.
//!
//! First it is remembered how it ends. What only this synchronization may do comes next, while
//! it still holds its access; then it gives the access back; then it says that it has ended. A
//! crash in between repeats what is harmless to repeat.

use jiff::Timestamp;
use saldo_domain::access::Access;
use saldo_domain::finx::ErrorCode;
use saldo_domain::notification::Event;
use saldo_domain::sync::{Step, SyncJob, SyncScope};
use saldo_store::app::App;
use saldo_store::failure::Failure;
use saldo_store::metrics;

use super::{After, Stopped, Work};

impl Work {
    pub(super) async fn end(&mut self) -> Result<After, Stopped> {
        finish(&self.app, &mut self.job).await?;
        Ok(After::Nothing)
    }
}

/// Ends a synchronization, which is as it is in the table, as failed.
pub(super) async fn fail(
    app: &App,
    job: &mut SyncJob,
    code: ErrorCode,
    reason: Option<String>,
) -> Result<(), Failure> {
    // How it ends may be settled already.
    if job.step != Step::End {
        job.fail(code, reason);
    }
    finish(app, job).await
}

/// Tidies up and ends the synchronization.
pub(super) async fn finish(app: &App, job: &mut SyncJob) -> Result<(), Failure> {
    let overtaken = || Failure::Throttled { operation: "a synchronization that somebody else has taken up" };
    let now = Timestamp::now();
    if !app.syncs.save(job).await? {
        return Err(overtaken());
    }
    leave(app, job, now).await?;
    job.end(now);
    if !app.syncs.save(job).await? {
        return Err(overtaken());
    }
    metrics::sync_ended(job.error.is_none());
    let code = job.error.as_ref().map(|error| error.code.number());
    tracing::info!(org = %job.org, sync = %job.id, code, "the synchronization has ended");
    tell(app, job).await
}

/// Leaves the access as it is after this synchronization, and gives it back.
async fn leave(app: &App, job: &SyncJob, now: Timestamp) -> Result<(), Failure> {
    let access = app.accesses.get(&job.org, &job.access).await?;
    // If it is not held by this one any more, that was done, or is another's to do.
    let Some(access) = access.filter(|access| access.is_held_by(&job.id)) else { return Ok(()) };
    if let Some(login) = &job.login {
        match refuses_credentials(job) {
            true => app.accesses.refuse_login(&job.org, login, &job.id, now).await?,
            false => app.accesses.release_login(&job.org, login, &job.id).await?,
        }
    }
    // The schedule leaves them as their user wanted them.
    if refuses_credentials(job) || job.request.attended && !job.request.save_secrets {
        app.accesses.forget_credentials_of(&job.org, &job.access, &job.id).await?;
    } else if job.request.attended {
        app.accesses.save_credentials_of(&job.org, &job.access, &job.id).await?;
    }
    if job.error.is_none() && !job.unidentified {
        note_missing(app, job, &access, now).await?;
    }
    let saved = app.accesses.credentials(&job.org, &job.access, now).await?.saved;
    let settled = |access: &mut Access| {
        let held = access.is_held_by(&job.id);
        if held {
            settle(job, access, now);
            access.save_credentials = saved;
        }
        held
    };
    app.accesses.change(&job.org, &job.access, settled).await.map(drop)
}

/// Whether the bank said that the credentials are wrong: to send them again, unattended and
/// every day, would have it block its customer.
fn refuses_credentials(job: &SyncJob) -> bool {
    let code = job.error.as_ref().map(|error| error.code);
    matches!(code, Some(ErrorCode::LoginInvalid | ErrorCode::PinInvalid | ErrorCode::AccessBlocked))
}

/// Notes which accounts the bank does not list any more.
async fn note_missing(app: &App, job: &SyncJob, access: &Access, now: Timestamp) -> Result<(), Failure> {
    let missing = access.accounts.iter().filter(|account| !job.reported.contains(account));
    for account in app.accounts.find(&job.org, missing).await? {
        app.transactions.forget_pending(&job.org, &account).await?;
        app.accounts.put_missing(&job.org, &account.id, now).await?;
    }
    Ok(())
}

fn settle(job: &SyncJob, access: &mut Access, now: Timestamp) {
    access.lock = None;
    access.synced_at = Some(now);
    access.last_error = job.error.as_ref().map(|error| error.code);
    if job.consent_ended {
        access.consent = None;
    }
    if job.consent.is_some() {
        // One that is not recurring is used up.
        access.consent = job.consent.clone().filter(|consent| consent.recurring);
    }
    if job.error.is_none() {
        access.succeeded_at = Some(now);
        access.auth_method = job.auth_method.clone().or(access.auth_method.take());
        if job.requests > 0 {
            access.authorizes_silently = job.challenges.is_empty();
        }
    } else if job.requests > 0 && (!job.challenges.is_empty() || !job.request.attended) {
        // It asks, or would have.
        access.authorizes_silently = false;
    }
    let new = job.fetched.iter().filter(|account| !access.accounts.contains(account));
    let new: Vec<_> = new.cloned().collect();
    access.accounts.extend(new);
}

/// Tells whoever wants to know that the synchronization has ended. Telling it again tells
/// nobody twice.
pub(super) async fn tell(app: &App, job: &SyncJob) -> Result<(), Failure> {
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
    app.notification_queue.tell(event).await
}
