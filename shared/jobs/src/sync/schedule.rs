//! The daily schedule: synchronizes every access that needs no user, because its consent is valid or its saved credentials
//! have sufficed before.

use futures::{StreamExt, stream};
use jiff::Timestamp;
use saldo_domain::access::Access;
use saldo_domain::id::SyncId;
use saldo_domain::sync::{SyncJob, SyncRequest, SyncStatus};
use saldo_store::failure::Failure;
use saldo_store::queue::{SyncMessage, SyncQueue};
use saldo_store::{AccessStore, Environment, SyncStore};

/// What the schedule uses.
#[derive(Clone, Debug)]
pub struct Schedule {
    /// The accesses.
    pub accesses: AccessStore,
    /// The jobs.
    pub syncs: SyncStore,
    /// The synchronizations to be continued.
    pub sync_queue: SyncQueue,
}

impl Schedule {
    /// Builds it from the environment.
    pub fn new(environment: &mut Environment) -> Self {
        Self {
            accesses: environment.accesses(),
            syncs: environment.syncs(),
            sync_queue: environment.sync_queue(),
        }
    }
}

/// The accesses that are processed at the same time.
const IN_FLIGHT: usize = 16;

/// Queues a synchronization of every access that needs no user, and returns their number. `at` is the scheduled time:
/// running it again for the same time queues no further ones.
///
/// # Errors
/// [`Failure`] when AWS failed for some or all of the accesses; the synchronizations of the others are queued.
pub async fn run(schedule: &Schedule, at: Timestamp) -> Result<usize, Failure> {
    let (mut queued, mut failed, mut after) = (0, None, None);
    loop {
        let (accesses, next) = schedule.accesses.page(after).await?;
        let accesses: Vec<_> = accesses.into_iter().map(|access| queue(schedule, access, at)).collect();
        let mut accesses = stream::iter(accesses).buffer_unordered(IN_FLIGHT);
        while let Some(done) = accesses.next().await {
            match done {
                Ok(new) => queued += usize::from(new),
                Err(failure) => {
                    tracing::error!(error = %failure.chain(), "an access is skipped");
                    failed = Some(failure);
                }
            }
        }
        after = next;
        if after.is_none() {
            return failed.map_or(Ok(queued), Err);
        }
    }
}

/// Queues a synchronization of the access, if it is due. Returns whether it is new.
async fn queue(schedule: &Schedule, access: Result<Access, Failure>, at: Timestamp) -> Result<bool, Failure> {
    let (access, now) = (access?, Timestamp::now());
    let sync = SyncId::of_schedule(&access.id, at);
    if !access.syncs_unattended_at(now) || access.locked_by(now).is_some_and(|running| *running != sync) {
        return Ok(false);
    }
    let message = |sync: SyncId| SyncMessage { org: access.org.clone(), access: access.id.clone(), sync };
    if let Some(known) = schedule.syncs.get(&access.org, &sync).await? {
        if known.status == SyncStatus::Queued {
            // An earlier run may have been killed before it sent the message.
            schedule.sync_queue.send(&[message(sync)]).await?;
        }
        return Ok(false);
    }
    let job =
        SyncJob::accepted(sync.clone(), access.org.clone(), access.id.clone(), SyncRequest::scheduled(), now);
    let (next, mut held) = (message(sync.clone()), access.clone());
    let before = held.hold(&sync, now).filter(|before| *before != sync);
    if !schedule.accesses.save(&mut held).await? {
        // The user has started one at the same time.
        return Ok(false);
    }
    if let Some(before) = before {
        // The lock of an earlier synchronization has expired: its worker ends it when it finds the access taken.
        schedule.sync_queue.send(&[message(before)]).await?;
    }
    schedule.sync_queue.hand_over(&schedule.syncs, &job, next).await?;
    Ok(true)
}
