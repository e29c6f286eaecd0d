//! `saldo jobs`: the imports and exports of the organization.

mod list;

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use clap::{Args, Subcommand, ValueEnum};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use uuid::Uuid;

use crate::answer::Outcome;
use crate::closings;
use crate::export;
use crate::file::Sink;
use crate::import::refused;
use crate::job::{self, JobId};
use crate::session::Session;

const EXAMPLES: &str = "\
Examples:
  saldo jobs list --limit 5
  saldo jobs list --kind import --status completed_with_errors --from 2026-11-01
  saldo jobs show imp_01a21988-1502-73bc-926f-bb4a4854aca4 --wait
  saldo jobs download imp_01a21988-1502-73bc-926f-bb4a4854aca4 -o refused.csv
  saldo jobs report imp_01a21988-1502-73bc-926f-bb4a4854aca4 -o rows.csv
  saldo jobs cancel imp_01a21988-1502-73bc-926f-bb4a4854aca4
  saldo jobs closings imp_01a21988-1502-73bc-926f-bb4a4854aca4
  saldo jobs confirm imp_01a21988-1502-73bc-926f-bb4a4854aca4 --wait";

/// Shows, confirms, cancels and downloads jobs: imports and exports.
#[derive(Debug, Subcommand)]
#[command(after_help = EXAMPLES)]
pub(crate) enum Jobs {
    /// Lists jobs, the newest first.
    List(List),
    /// Shows a job: its status, and of an import its counts, control totals, errors and warnings.
    Show(Show),
    /// Cancels an import. What it has stored stays stored.
    Cancel(Cancel),
    /// Lists the open items that an import of a complete file closes.
    Closings(Closings),
    /// Closes what a complete file omits, if its import waits for a confirmation.
    Confirm(Confirm),
    /// Writes the file of an export, or the refused rows of an import, each with the reason.
    Download(Download),
    /// Writes what became of each row of an import: its outcome, its account, and the row that superseded it.
    Report(Report),
}

#[derive(Debug, Args)]
pub(crate) struct List {
    /// Only jobs of this kind.
    #[arg(long, value_enum)]
    kind: Option<Kind>,
    /// Only jobs with this status, such as processing, completed or failed.
    #[arg(long)]
    status: Option<String>,
    /// Only jobs that began on this day or later, in UTC, such as 2026-11-27; or at this time, such as 2026-11-27T12:00:00Z.
    #[arg(long, value_name = "DAY", value_parser = from)]
    from: Option<Timestamp>,
    /// Only jobs that began on this day or earlier.
    #[arg(long, value_name = "DAY", value_parser = to)]
    to: Option<Timestamp>,
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
pub(crate) struct Closings {
    /// The id of the import.
    #[arg(value_name = "JOB")]
    id: JobId,
}

#[derive(Debug, Args)]
pub(crate) struct Confirm {
    /// The id of the import.
    #[arg(value_name = "JOB")]
    id: JobId,
    /// Wait until the items are closed. The exit status is then that of `saldo import --wait`.
    #[arg(long)]
    wait: bool,
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

#[derive(Debug, Args)]
pub(crate) struct Report {
    /// The id of the import.
    #[arg(value_name = "JOB")]
    id: JobId,
    /// The file, which is replaced if it exists; `-` for standard output.
    #[arg(short = 'o', long = "file", value_name = "FILE", default_value = "-")]
    file: PathBuf,
    /// The format; that of the file's name, or else csv, by default.
    #[arg(long, value_enum)]
    format: Option<ReportFormat>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ReportFormat {
    Csv,
    Ndjson,
}

impl ReportFormat {
    fn of(file: &Path) -> Self {
        let extension = file.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
        match extension.to_lowercase().as_str() {
            "ndjson" | "jsonl" => Self::Ndjson,
            _ => Self::Csv,
        }
    }

    fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv",
            Self::Ndjson => "application/x-ndjson",
        }
    }
}

pub(crate) async fn run(session: &Session, jobs: Jobs) -> Result<Outcome> {
    let api = session.api()?;
    match jobs {
        Jobs::List(which) => list::run(session, &api, which).await,
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
        Jobs::Closings(Closings { id }) => {
            let JobId::Import(_) = id else { bail!("only imports close items.") };
            closings::show(session.output, &api, &id).await.map(|()| Outcome::Done)
        }
        Jobs::Confirm(Confirm { id, wait }) => {
            let JobId::Import(_) = id else { bail!("only imports wait for a confirmation.") };
            let mut job = closings::confirm(&api, &id).await?;
            if wait {
                job = job::ended(session, &api, &id).await?;
            }
            job::show(session.output, &job)?;
            Ok(if wait { job::outcome(&job) } else { Outcome::Done })
        }
        Jobs::Download(Download { id, file }) => {
            match &id {
                JobId::Import(_) => refused::save(&api, &id, &file).await?,
                JobId::Export(_) => export::fetch(session, &api, &id, &file).await?,
            }
            Ok(Outcome::Done)
        }
        Jobs::Report(Report { id, file, format }) => {
            let JobId::Import(_) = id else { bail!("exports have no report: their files have every row.") };
            let media_type = format.unwrap_or_else(|| ReportFormat::of(&file)).media_type();
            let answer = api.get(&format!("{}/report", id.path()), media_type).await;
            let answer = answer.map_err(|error| id.explain(error))?;
            let mut sink = Sink::create(&file)?;
            refused::write(&api, &answer, &mut sink).await?;
            sink.finish()?;
            Ok(Outcome::Done)
        }
    }
}

/// The beginning of a day, or a time.
fn from(text: &str) -> Result<Timestamp, &'static str> {
    moment(text, SignedDuration::ZERO)
}

/// The end of a day, or a time.
fn to(text: &str) -> Result<Timestamp, &'static str> {
    moment(text, SignedDuration::from_hours(24) - SignedDuration::from_millis(1))
}

fn moment(text: &str, in_day: SignedDuration) -> Result<Timestamp, &'static str> {
    let of_day =
        || text.parse::<Date>().ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp().checked_add(in_day).ok();
    let moment = text.parse().ok().or_else(of_day);
    moment.ok_or("expected a day such as 2026-11-27, or a time such as 2026-11-27T12:00:00Z")
}
