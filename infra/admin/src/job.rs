//! Jobs: imports, exports and synchronizations.

mod id;
mod line;
mod redrive;
mod show;

use anyhow::{Context, Result};
use clap::{Args, Subcommand, ValueEnum};
use saldo_domain::id::OrgId;
use saldo_domain::sync::SyncJob;
use saldo_store::failure::Failure;
use saldo_store::{Job, JobStore};
use serde::Serialize;

pub(crate) use id::JobId;
pub use redrive::redrive_unfinished;

use crate::Answer;
use crate::Stores;
use crate::lookup::organization;
use line::Line;

/// Commands for jobs.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Lists an organization's jobs, newest first.
    List(List),
    /// Shows the state of a job and its outstanding work.
    Show(One),
    /// Redrives a job: queues exhausted chunks of an import again, or the open work of a running job.
    ///
    /// Completed work is kept and nothing is counted twice, so the command can be repeated. A running export
    /// starts from the beginning. Exports and synchronizations that have ended can't be redriven: their callers
    /// start new ones.
    Redrive(One),
    /// Lists the jobs that have not ended, of all organizations. Reads the whole table of jobs.
    Unfinished,
    /// Redrives all jobs that have not ended, of all organizations: after queues were purged or tables restored.
    /// Reads the whole table of jobs.
    RedriveUnfinished,
}

/// Which jobs to list.
#[derive(Debug, Args)]
pub(crate) struct List {
    /// The organization: org_…
    org: OrgId,
    /// Only jobs of this kind. (Synchronizations of deleted accesses are not listed.)
    #[arg(long, value_enum)]
    kind: Option<Kind>,
    /// The maximum number of jobs.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=100))]
    limit: u16,
}

/// A job.
#[derive(Debug, Args)]
pub(crate) struct One {
    /// The organization: org_…
    org: OrgId,
    /// The job: imp_…, exp_… or syn_…
    job: JobId,
}

/// A kind of job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    /// Imports of accounts.
    Import,
    /// Exports of accounts or transactions.
    Export,
    /// Synchronizations with banks.
    Sync,
}

#[derive(Serialize)]
struct Queued {
    jobs: usize,
    deliveries: usize,
}

pub(crate) async fn run(stores: &Stores, command: Command) -> Result<Answer> {
    match command {
        Command::List(List { org, kind, limit }) => {
            organization(stores, &org).await?;
            let limit = usize::from(limit);
            let lines = newest(stores, &org, kind, limit).await?;
            let answer = Answer::list(&lines)?;
            Ok(if lines.len() < limit { answer } else { answer.with_note("There may be more; see --limit") })
        }
        Command::Show(One { org, job }) => show::show(stores, &org, &job).await,
        Command::Redrive(One { org, job }) => Answer::one(&redrive::redrive(stores, &org, &job).await?),
        Command::Unfinished => Answer::list(&unfinished(stores).await?),
        Command::RedriveUnfinished => {
            let (jobs, deliveries) = redrive_unfinished(stores).await?;
            Answer::one(&Queued { jobs, deliveries })
        }
    }
}

/// The organization's newest jobs.
async fn newest(stores: &Stores, org: &OrgId, kind: Option<Kind>, limit: usize) -> Result<Vec<Line>> {
    let asked_for = |one: Kind| kind.is_none_or(|kind| kind == one);
    let mut lines: Vec<Line> = Vec::new();
    if asked_for(Kind::Import) {
        lines.extend(newest_of(&stores.imports, org, limit).await?.iter().map(Line::of_import));
    }
    if asked_for(Kind::Export) {
        lines.extend(newest_of(&stores.exports, org, limit).await?.iter().map(Line::of_export));
    }
    if asked_for(Kind::Sync) {
        lines.extend(newest_syncs(stores, org, limit).await?.iter().map(Line::of_sync));
    }
    lines.sort_by(|a, b| b.created_at.cmp(&a.created_at));
    lines.truncate(limit);
    Ok(lines)
}

async fn newest_of<J: Job<Id: Clone>>(
    jobs: &JobStore<J>,
    org: &OrgId,
    limit: usize,
) -> Result<Vec<J>, Failure> {
    Ok(jobs.list(org, None, limit).await?.0)
}

/// The newest synchronizations, which are stored by access.
async fn newest_syncs(stores: &Stores, org: &OrgId, limit: usize) -> Result<Vec<SyncJob>, Failure> {
    let mut found = Vec::new();
    for access in stores.accesses.all(org).await? {
        found.extend(stores.syncs.of_access(org, &access.id, limit).await?);
    }
    Ok(found)
}

/// The jobs that have not ended, of all organizations, oldest first.
async fn unfinished(stores: &Stores) -> Result<Vec<Line>> {
    let imports = stores.imports.unfinished().await.context("looking for unfinished imports")?;
    let exports = stores.exports.unfinished().await.context("looking for unfinished exports")?;
    let syncs = stores.syncs.unfinished().await.context("looking for unfinished synchronizations")?;
    let mut lines: Vec<_> = imports.iter().map(Line::of_import).collect();
    lines.extend(exports.iter().map(Line::of_export));
    lines.extend(syncs.iter().map(Line::of_sync));
    lines.sort_by(|a, b| a.created_at.cmp(&b.created_at));
    Ok(lines)
}
