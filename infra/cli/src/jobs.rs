//! `saldo jobs`: the imports and exports of the organization.

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::{Args, Subcommand, ValueEnum};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::answer::{self, Outcome, Output, note};
use crate::api::{Api, Document, Error};
use crate::export;
use crate::import::refused;
use crate::job::{self, JobId, cell};
use crate::session::Session;

/// The most jobs that the API lists at once.
const PAGE_MAX: usize = 100;

const EXAMPLES: &str = "\
Examples:
  saldo jobs list --limit 5
  saldo jobs show imp_01a21988-1502-73bc-926f-bb4a4854aca4 --wait
  saldo jobs download imp_01a21988-1502-73bc-926f-bb4a4854aca4 -o refused.csv
  saldo jobs cancel imp_01a21988-1502-73bc-926f-bb4a4854aca4";

/// Shows, cancels and downloads jobs: imports and exports.
#[derive(Debug, Subcommand)]
#[command(after_help = EXAMPLES)]
pub(crate) enum Jobs {
    /// Lists jobs, the newest first.
    List(List),
    /// Shows a job: its status, and of an import its counts, errors and warnings.
    Show(Show),
    /// Cancels an import. What it has stored stays stored.
    Cancel(Cancel),
    /// Writes the file of an export, or the refused rows of an import, each with the reason.
    Download(Download),
}

#[derive(Debug, Args)]
pub(crate) struct List {
    /// Only jobs of this kind.
    #[arg(long, value_enum)]
    kind: Option<Kind>,
    /// How many jobs.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=1_000))]
    limit: u16,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Kind {
    Import,
    Export,
}

#[derive(Debug, Args)]
pub(crate) struct Show {
    /// The id of the job, such as imp_01a21988-1502-73bc-926f-bb4a4854aca4.
    #[arg(value_name = "JOB")]
    id: JobId,
    /// Wait until the job has ended. The exit status of an import is then that of `saldo import --wait`.
    #[arg(long)]
    wait: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Cancel {
    /// The id of the import.
    #[arg(value_name = "JOB")]
    id: JobId,
}

#[derive(Debug, Args)]
pub(crate) struct Download {
    /// The id of the job.
    #[arg(value_name = "JOB")]
    id: JobId,
    /// The file, which is replaced if it exists; `-` for standard output.
    #[arg(short = 'o', long = "file", value_name = "FILE", default_value = "-")]
    file: PathBuf,
}

/// A page of a list.
#[derive(Deserialize)]
struct Page<'a> {
    #[serde(borrow)]
    data: Vec<&'a RawValue>,
    has_more: bool,
}

pub(crate) async fn run(session: &Session, jobs: Jobs) -> Result<Outcome> {
    let api = session.api()?;
    match jobs {
        Jobs::List(List { kind, limit }) => list(session, &api, kind, limit.into()).await,
        Jobs::Show(Show { id, wait }) => {
            let job = match wait {
                true => job::ended(session, &api, &id).await?,
                false => api.read(&id.path()).await.map_err(|error| id.explain(error))?,
            };
            job::show(session.output, &job)?;
            Ok(if wait { job::outcome(&job) } else { Outcome::Done })
        }
        Jobs::Cancel(Cancel { id }) => {
            let JobId::Import(_) = id else {
                bail!("exports can't be cancelled. Their files are deleted after a week.")
            };
            let path = format!("{}/cancel", id.path());
            let answer = api.post(&path, &json!({}), &Uuid::new_v4().to_string()).await;
            job::show(session.output, &answer.map_err(|error| id.explain(error))?.document()?)?;
            Ok(Outcome::Done)
        }
        Jobs::Download(Download { id, file }) => {
            match &id {
                JobId::Import(_) => refused::save(&api, &id, &file).await?,
                JobId::Export(_) => export::fetch(session, &api, &id, &file).await?,
            }
            Ok(Outcome::Done)
        }
    }
}

async fn list(session: &Session, api: &Api, kind: Option<Kind>, limit: usize) -> Result<Outcome> {
    let mut all: Vec<Document> = vec![];
    for (of, path) in [(Kind::Import, "/api/v1/import"), (Kind::Export, "/api/v1/export")] {
        if kind.is_some_and(|kind| kind != of) {
            continue;
        }
        match newest(api, path, limit).await {
            Ok(jobs) => all.extend(jobs),
            // Keys for one kind alone are common.
            Err(error)
                if kind.is_none()
                    && error.refusal().is_some_and(|refusal| refusal.code == "scope_missing") =>
            {
                note(&format!("saldo: {error}"));
            }
            Err(error) => return Err(error.into()),
        }
    }
    // RFC 3339 in UTC with milliseconds sorts as text.
    all.sort_by(|a, b| b.text_of("created_at").cmp(a.text_of("created_at")));
    all.truncate(limit);
    match session.output {
        Output::Json => {
            let jobs: Vec<_> = all.iter().map(|job| job.text.as_str()).collect();
            answer::print(&format!("[{}]", jobs.join(",")))?;
        }
        Output::Table if all.is_empty() => answer::print("There are no jobs.")?,
        Output::Table => {
            let names = ["JOB", "STATUS", "ROWS", "REFUSED", "CREATED"];
            answer::print(&answer::columns(&names, all.iter().map(|job| row(&job.json))))?;
        }
    }
    Ok(Outcome::Done)
}

fn row(job: &Value) -> Vec<String> {
    let first =
        |members: &[&str]| members.iter().map(|member| cell(&job[member])).find(|cell| !cell.is_empty());
    let members: [&[&str]; 5] =
        [&["job_id", "export_id"], &["status"], &["total_records", "rows"], &["failed"], &["created_at"]];
    members.map(|members| first(members).unwrap_or_default()).to_vec()
}

/// The newest jobs of a list.
async fn newest(api: &Api, path: &str, limit: usize) -> Result<Vec<Document>, Error> {
    let mut jobs: Vec<Document> = vec![];
    loop {
        let missing = (limit - jobs.len()).min(PAGE_MAX);
        let after = jobs.last().map(|job| cell(&job.json["job_id"]) + &cell(&job.json["export_id"]));
        let after = after.map(|id| format!("&starting_after={id}")).unwrap_or_default();
        let page = api.read(&format!("{path}?limit={missing}{after}")).await?;
        let unlike = |_| Error::NotSaldo("its answer is not a list".to_owned());
        let Page { data, has_more } = serde_json::from_str(&page.text).map_err(unlike)?;
        for job in &data {
            let json = serde_json::from_str(job.get()).map_err(unlike)?;
            jobs.push(Document { text: job.get().to_owned(), json });
        }
        if !has_more || data.is_empty() || jobs.len() >= limit {
            return Ok(jobs);
        }
    }
}
