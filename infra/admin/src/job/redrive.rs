//! Redrive of jobs.

use anyhow::{Context, Result, anyhow, bail};
use saldo_domain::export::{ExportJob, ExportStatus};
use saldo_domain::id::OrgId;
use saldo_domain::sync::SyncJob;
use saldo_jobs::import::Redriven;
use saldo_store::queue::{ExportMessage, NotificationMessage, SyncMessage};
use serde::Serialize;

use super::JobId;
use crate::Stores;

const TOO_OLD: &str = "can't be redriven any more: it was accepted more than 24 days ago, and its rows could bring back accounts that were deleted since; its caller has to send it again";

/// The result of a redrive.
#[derive(Serialize)]
pub(super) struct Outcome {
    job: JobId,
    /// Whether messages were queued.
    queued: bool,
    outcome: String,
}

pub(super) async fn redrive(stores: &Stores, org: &OrgId, id: &JobId) -> Result<Outcome> {
    let (queued, outcome) = match id {
        JobId::Import(import) => match saldo_jobs::import::redrive(&stores.import_worker, org, import).await?
        {
            Redriven::Queued { chunks, plan } => {
                let plan = if plan { ", and its plan" } else { "" };
                (true, format!("continues: {chunks} chunks queued{plan}"))
            }
            Redriven::Closing => (true, "continues: the closing of what its file omits is queued".to_owned()),
            Redriven::NothingToDo => (
                false,
                "has ended, and no part of it is exhausted; or it waits for a confirmation".to_owned(),
            ),
            Redriven::Overtaken => bail!(
                "{id} can't be redriven any more: newer imports were processed since, and its rows would overwrite theirs; its caller has to send it again"
            ),
            Redriven::TooOld => bail!("{id} {TOO_OLD}"),
            Redriven::NotFound => bail!("{org} has no {id}"),
        },
        JobId::Export(export) => {
            let job = stores.exports.get(org, export).await?.ok_or_else(|| anyhow!("{org} has no {id}"))?;
            match job.status {
                ExportStatus::Processing => {
                    stores.export_queue.send(&[export_message(job)]).await?;
                    (true, "queued: its file is written from the beginning".to_owned())
                }
                ExportStatus::Completed => (false, "has completed".to_owned()),
                ExportStatus::Failed => {
                    bail!("{id} has failed and can't be redriven: its caller has to request a new export")
                }
            }
        }
        JobId::Sync(sync) => {
            let job = stores.syncs.get(org, sync).await?.ok_or_else(|| anyhow!("{org} has no {id}"))?;
            match (job.has_ended(), job.error.is_some()) {
                (false, _) => {
                    stores.sync_queue.send(&[sync_message(job)]).await?;
                    (true, "queued: it continues where it stopped".to_owned())
                }
                (true, false) => (false, "has completed".to_owned()),
                (true, true) => bail!(
                    "{id} has failed and can't be redriven: its caller has to start a new synchronization"
                ),
            }
        }
    };
    Ok(Outcome { job: id.clone(), queued, outcome })
}

/// Redrives all jobs and deliveries of notifications that have not ended, of all organizations. Returns their numbers.
/// Nothing is counted twice; a running export starts from the beginning.
///
/// # Errors
/// When AWS fails, or when some imports could not be redriven; everything else is queued then.
pub async fn redrive_unfinished(stores: &Stores) -> Result<(usize, usize)> {
    let imports = stores.imports.unfinished().await.context("looking for unfinished imports")?;
    // A failure does not prevent the redrive of the others.
    let mut left = Vec::new();
    for job in &imports {
        match saldo_jobs::import::redrive(&stores.import_worker, &job.org, &job.id).await {
            Ok(Redriven::TooOld) => left.push(format!("{} of {} {TOO_OLD}", job.id, job.org)),
            Ok(_) => {}
            Err(failure) => left.push(format!("{} of {}: {}", job.id, job.org, failure.chain())),
        }
    }
    let exports = stores.exports.unfinished().await.context("looking for unfinished exports")?;
    let syncs = stores.syncs.unfinished().await.context("looking for unfinished synchronizations")?;
    let deliveries = stores.deliveries.unfinished().await.context("looking for unfinished deliveries")?;
    let jobs = imports.len() + exports.len() + syncs.len();

    let exports: Vec<_> = exports.into_iter().map(export_message).collect();
    stores.export_queue.send(&exports).await.context("queueing unfinished exports")?;
    let syncs: Vec<_> = syncs.into_iter().map(sync_message).collect();
    stores.sync_queue.send(&syncs).await.context("queueing unfinished synchronizations")?;
    let deliveries = deliveries.into_iter();
    let deliveries =
        deliveries.map(|delivery| NotificationMessage::Deliver { org: delivery.org, delivery: delivery.id });
    let deliveries: Vec<_> = deliveries.collect();
    stores.notification_queue.send(&deliveries).await.context("queueing unfinished deliveries")?;
    match left.is_empty() {
        true => Ok((jobs, deliveries.len())),
        false => bail!("all but {} imports were queued: {}", left.len(), left.join("; ")),
    }
}

fn export_message(job: ExportJob) -> ExportMessage {
    ExportMessage { org: job.org, export: job.id }
}

fn sync_message(job: SyncJob) -> SyncMessage {
    SyncMessage { org: job.org, access: job.access, sync: job.id }
}
