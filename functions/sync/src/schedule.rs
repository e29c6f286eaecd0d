//! The daily run: brings forward every access that can be read without asking anybody,
//! because its secrets are saved or its consent still holds.

use jiff::Timestamp;
use saldo::access::{Access, LOCKED, Lock};
use saldo::app::App;
use saldo::failure::Failure;
use saldo::id::SyncId;
use saldo::queue::SyncMessage;
use saldo::sync::{SyncJob, SyncRequest};

/// Queues a synchronization of every access that needs no user, and says how many. `at` is the
/// moment that the schedule is for: running it again for the same moment adds none.
///
/// # Errors
/// [`Failure`] when AWS fails; some may have been queued.
pub async fn run(app: &App, at: Timestamp) -> Result<usize, Failure> {
    let (mut queued, mut after) = (0, None);
    loop {
        let (accesses, next) = app.accesses.page(after).await?;
        for access in accesses {
            queued += usize::from(queue(app, access, at).await?);
        }
        after = next;
        if after.is_none() {
            return Ok(queued);
        }
    }
}

async fn queue(app: &App, mut access: Access, at: Timestamp) -> Result<bool, Failure> {
    let now = Timestamp::now();
    let saved = app.accesses.credentials(&access.org, &access.id, now).await?.saved;
    // What only the user can put right is not tried again without them: a new authorization has
    // the bank send them a message each time.
    let hopeless = access.last_error.is_some_and(|code| code.group() == "user");
    let unattended = saved && !hopeless || access.consent_at(now).is_some_and(|consent| consent.recurring);
    let sync = SyncId::of_schedule(&access.id, at);
    if !unattended || access.locked_by(now).is_some_and(|running| *running != sync) {
        return Ok(false);
    }
    let known = app.syncs.get(&access.org, &sync).await?.is_some();
    access.lock = Some(Lock { sync: sync.clone(), until: now + LOCKED });
    if known || !app.accesses.save(&mut access).await? {
        // It was queued before, or the user has begun one at this moment.
        return Ok(false);
    }
    let (org, id) = (access.org.clone(), access.id.clone());
    let job = SyncJob::accepted(sync.clone(), org.clone(), id.clone(), SyncRequest::scheduled(), now);
    app.sync_queue.hand_over(&app.syncs, &job, SyncMessage { org, access: id, sync }).await?;
    Ok(true)
}
