//! `saldo import`: uploads a file, imports it, and waits for the result of its rows. A command that was killed and is
//! started again continues and imports nothing twice.

mod complete;
mod journal;
pub(crate) mod refused;
mod source;
mod submit;

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::{ArgGroup, Args};
use serde_json::Map;

use crate::answer::{Outcome, note};
use crate::api::{Api, Document};
use crate::closings;
use crate::flags::Flags;
use crate::job::{self, JobId};
use crate::options::{self, Chosen};
use crate::session::Session;

use complete::Complete;
use journal::Journal;
use source::Source;
use submit::Submission;

const EXAMPLES: &str = "\
Examples:
  saldo import receivables.csv --dry-run --wait
  saldo import receivables.csv --map 'Customer=contact.name' --map 'Amount=total_amount' --wait
  saldo import debitoren.csv --profile erp --wait --failed refused.csv
  saldo import debitoren.csv --options erp.json --wait
  saldo import debitoren.xlsx --sheet 'Offene Posten' --map 'Kunde=contact.name' --wait
  saldo import debitoren.csv --options erp.json --complete --source-system SAP --currency EUR
  export-from-erp | saldo import - --format csv --wait
  saldo import month-end.ndjson --gzip --output json --wait

A profile is a table of options in config.toml, which are sent as they are, under the names of the API:
  [import.erp]
  decimal_separator = \",\"
  mapping = { Kunde = \"contact.name\", Betrag = \"total_amount\" }
If there is no such table, it is an import profile in Saldo, which `saldo profiles save erp` makes for all users.

With --complete, the file lists all open items of the source system: those that it omits are
closed, and those that it contains again are reopened. If they are more than --close-at-most
percent, the command shows them and asks. Without a terminal it ends with status 3, and the same
command with --yes, or `saldo jobs confirm`, closes them.

Exit status, with --wait or --complete:
  0  all rows were stored
  1  some rows were refused; they are in a file next to FILE, each with the reason. Or some rows were not stored,
     because a later row has the same external_id
  2  the import has failed or was cancelled, or the command has failed
  3  the rows are stored, and the import waits for a confirmation to close what the file omits";

/// Imports a file of accounts: CSV, XLSX, NDJSON or JSON. All but XLSX may be compressed.
///
/// The file is uploaded and then imported in the background. Rows that are refused do not keep the others from being
/// stored. With --wait the command shows the result. If it is killed, the same command continues: it uploads a file
/// again only if it had not arrived, and does not import it twice.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
#[command(group = ArgGroup::new("waiting").args(["wait", "complete"]).multiple(true))]
pub(crate) struct Import {
    /// The file; `-` for standard input.
    file: PathBuf,
    /// The profile with options: the table [import.NAME] of config.toml, or else the import profile in Saldo, of which
    /// NAME@3 is the third version.
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
    /// A file with options, as `saldo preview --save-options` writes it.
    #[arg(long, value_name = "FILE")]
    options: Option<PathBuf>,
    #[command(flatten)]
    flags: Flags,
    /// Check all rows, report what would happen to each, and store nothing.
    #[arg(long)]
    dry_run: bool,
    /// The last day whose bank payments the source has fully posted, as YYYY-MM-DD, for rows that state none; yesterday by
    /// default.
    #[arg(long, value_name = "DAY")]
    as_of: Option<String>,
    #[command(flatten)]
    complete: Complete,
    /// Wait for the result and show it.
    #[arg(long)]
    wait: bool,
    /// The file for refused rows, which is replaced if it exists; by default a new one next to FILE.
    #[arg(long, value_name = "FILE", requires = "waiting")]
    failed: Option<PathBuf>,
    /// Compress the file before it is uploaded.
    #[arg(long)]
    gzip: bool,
}

impl Import {
    /// Whether the command waits for the result.
    fn waits(&self) -> bool {
        self.wait || self.complete.is_complete()
    }
}

pub(crate) async fn run(session: &Session, import: Import) -> Result<Outcome> {
    let api = session.api()?;
    let chosen =
        Chosen { profile: import.profile.as_deref(), file: import.options.as_deref(), flags: &import.flags };
    let mut options = options::of(&session.config, &api, chosen).await?;
    if import.dry_run {
        options.insert("dry_run".to_owned(), true.into());
    }
    if let Some(day) = &import.as_of {
        options.insert("as_of".to_owned(), day.as_str().into());
    }
    import.complete.add_to(&mut options);
    session.interruption.set("Nothing was imported.");
    let source = Source::read(&import.file, import.gzip, &session.state).await?;
    let journal = Journal::open(&session.state)?;
    let submission = Submission { source, options };
    let (id, place) = submit::submit(session, &api, &journal, &submission).await?;
    if !import.waits() {
        let job = api.read(&id.path()).await?;
        job::show_start(session.output, &id, &job)?;
        note(&format!("The import runs. `saldo jobs show {id} --wait` waits for its result."));
        journal.end(&place);
        return Ok(Outcome::Done);
    }
    let job = job::ended(session, &api, &id).await?;
    let job = closings::decide(session, &api, &id, job, import.complete.yes).await?;
    job::show(session.output, &job)?;
    if job.count_of("failed") > 0 {
        keep_refused(&api, &id, &import, &job).await;
    }
    let outcome = job::outcome(&job);
    // The same command continues with an import that waits for a confirmation.
    if outcome != Outcome::Awaiting {
        journal.end(&place);
    }
    Ok(outcome)
}

/// Uploads a file, unless an earlier command has uploaded it, and returns the id of the upload.
///
/// # Errors
/// When the file can't be read, or was not uploaded.
pub(crate) async fn upload(session: &Session, api: &Api, file: &Path) -> Result<String> {
    let source = Source::read(file, false, &session.state).await?;
    let journal = Journal::open(&session.state)?;
    submit::upload_alone(session, api, &journal, &Submission { source, options: Map::new() }).await
}

/// Writes the refused rows into a file. The import has ended: a file that can't be written does not change its result.
async fn keep_refused(api: &Api, id: &JobId, import: &Import, job: &Document) {
    let saved = match &import.failed {
        Some(file) => refused::save(api, id, file).await.map(|()| Some(file.clone())),
        None if import.file == Path::new("-") => Ok(None),
        None => refused::save_beside(api, id, &import.file).await,
    };
    let rows = match job.count_of("failed") {
        1 => "1 row was refused".to_owned(),
        rows => format!("{rows} rows were refused"),
    };
    let where_from = format!("`saldo jobs download {id} -o FILE` gets them");
    note(&match saved {
        Ok(Some(file)) => {
            format!("{rows}: see {}. Correct that file, and import it with the same options.", file.display())
        }
        Ok(None) => format!("{rows}. {where_from}, each with the reason."),
        Err(error) => format!("saldo: {rows}, but not written: {error:#} {where_from}."),
    });
}
