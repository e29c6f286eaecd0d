//! Taking jobs up again.

use anyhow::{Context, Result, anyhow, bail};
use saldo_domain::export::{ExportJob, ExportStatus};
use saldo_domain::id::OrgId;
use saldo_domain::sync::SyncJob;
use saldo_jobs::import::Redriven;
use saldo_store::app::App;
use saldo_store::queue::{ExportMessage, NotificationMessage, SyncMessage};
use serde::Serialize;

use super::JobId;

/// What a redrive did.
#[derive(Serialize)]
pub(super) struct Outcome {
    job: JobId,
    /// Whether something was queued.
    queued: bool,
    outcome: String,
}

pub(super) async fn redrive(app: &App, org: &OrgId, id: &JobId) -> Result<Outcome> {
    let (queued, outcome) = match id {
        JobId::Import(import) => match saldo_jobs::import::redrive(app, org, import).await? {
            Redriven::Queued { chunks, plan } => {
                let plan = if plan { ", and its plan" } else { "" };
                (true, format!("goes on: {chunks} chunks queued{plan}"))
            }
            Redriven::NothingToDo => (false, "has ended, and nothing of it was given up".to_owned()),
            Redriven::NotFound => bail!("{org} has no {id}"),
        },
        JobId::Export(export) => {
            let job = app.exports.get(org, export).await?.ok_or_else(|| anyhow!("{org} has no {id}"))?;
            match job.status {
                ExportStatus::Processing => {
                    app.export_queue.send(&[export_message(job)]).await?;
                    (true, "queued: its file is written from its beginning".to_owned())
                }
                ExportStatus::Completed => (false, "has ended, with its file".to_owned()),
                ExportStatus::Failed => bail!(
                    "{id} has failed, which its caller was told, and can't be taken up again: ask for the export anew"
                ),
            }
        }
        JobId::Sync(sync) => {
            let job = app.syncs.get(org, sync).await?.ok_or_else(|| anyhow!("{org} has no {id}"))?;
            match (job.has_ended(), job.error.is_some()) {
                (false, _) => {
                    app.sync_queue.send(&[sync_message(job)]).await?;
                    (true, "queued: it goes on where it stands".to_owned())
                }
                (true, false) => (false, "has ended, with what it was to bring".to_owned()),
                (true, true) => bail!(
                    "{id} has failed, its secrets are forgotten, and it can't be taken up again: begin another synchronization"
                ),
            }
        }
    };
    Ok(Outcome { job: id.clone(), queued, outcome })
}

/// Queues again whatever has not ended, of all organizations: jobs, and deliveries of
/// notifications. Says how many of each there are. Nothing counts twice by that; an export that is
/// being written begins anew.
///
/// # Errors
/// When the services don't answer.
pub async fn redrive_unfinished(app: &App) -> Result<(usize, usize)> {
    let imports = app.imports.unfinished().await.context("looking for unfinished imports")?;
    // One that can't be taken up keeps no other from it.
    let mut left = Vec::new();
    for job in &imports {
        if let Err(failure) = saldo_jobs::import::redrive(app, &job.org, &job.id).await {
            left.push(format!("{} of {}: {}", job.id, job.org, failure.chain()));
        }
    }
    let exports = app.exports.unfinished().await.context("looking for unfinished exports")?;
    let syncs = app.syncs.unfinished().await.context("looking for unfinished synchronizations")?;
    let deliveries = app.deliveries.unfinished().await.context("looking for unfinished deliveries")?;
    let jobs = imports.len() + exports.len() + syncs.len();

    let exports: Vec<_> = exports.into_iter().map(export_message).collect();
    app.export_queue.send(&exports).await.context("queueing unfinished exports")?;
    let syncs: Vec<_> = syncs.into_iter().map(sync_message).collect();
    app.sync_queue.send(&syncs).await.context("queueing unfinished synchronizations")?;
    let deliveries = deliveries.into_iter();
    let deliveries =
        deliveries.map(|delivery| NotificationMessage::Deliver { org: delivery.org, delivery: delivery.id });
    let deliveries: Vec<_> = deliveries.collect();
    app.notification_queue.send(&deliveries).await.context("queueing unfinished deliveries")?;
    match left.is_empty() {
        true => Ok((jobs, deliveries.len())),
        false => bail!("all was queued but {} imports: {}", left.len(), left.join("; ")),
    }
}

fn export_message(job: ExportJob) -> ExportMessage {
    ExportMessage { org: job.org, export: job.id }
}

fn sync_message(job: SyncJob) -> SyncMessage {
    SyncMessage { org: job.org, access: job.access, sync: job.id }
}
