//! `saldo export`: writes accounts or transactions into a file. A large export is a job, whose file is fetched when it
//! is complete and compared with the digest that the API states.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow, bail};
use clap::{Args, Subcommand};
use data_encoding::HEXLOWER;
use reqwest::StatusCode;
use serde_json::{Map, Number, Value};
use uuid::Uuid;

use crate::answer::{Outcome, note};
use crate::api::{Api, Document, Download};
use crate::config::{Config, ProfileKind};
use crate::file::Sink;
use crate::job::{self, JobId};
use crate::progress::Progress;
use crate::session::Session;

/// How often a file is fetched before the command gives up.
const DOWNLOADS_MAX: u32 = 3;

const EXAMPLES: &str = "\
Examples:
  saldo export accounts -o accounts.csv
  saldo export accounts --min-amount 5000 --days-past-due-min 30 --columns external_id,contact,total_amount -o due.csv
  saldo export accounts -o accounts.xlsx
  saldo export accounts --locale de -o konten.csv
  saldo export accounts --format ndjson | jq -r .external_id
  saldo export transactions --account-identifier DE89370400440532013000 --from 2026-01-01 -o january.csv

A profile is a table in config.toml. Its members are sent as they are, under the names of the API:
  [export.month-end]
  format = \"csv\"
  columns = [\"external_id\", \"contact\", \"total_amount\", \"due_date\"]
  filters = { status = \"active\" }";

/// Writes accounts or transactions into a file.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Export {
    #[command(subcommand)]
    subject: Subject,
}

#[derive(Debug, Subcommand)]
enum Subject {
    /// Exports accounts. All filters must match; an account without the field of a filter does not match.
    Accounts(Box<Accounts>),
    /// Exports transactions, account by account.
    Transactions(Box<Transactions>),
}

#[derive(Debug, Args)]
struct Common {
    /// The file, which is replaced if it exists; `-` for standard output.
    #[arg(short = 'o', long = "file", value_name = "FILE", default_value = "-")]
    file: PathBuf,
    /// The format, such as csv, xlsx, ndjson or json; that of the file's name, or else csv, by default.
    #[arg(long)]
    format: Option<String>,
    /// The columns and their order, separated by commas; `contact` stands for its three.
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    columns: Option<Vec<String>>,
    /// Write texts of CSV as they are stored, for programs. By default formulas are made harmless for spreadsheets.
    #[arg(long)]
    raw: bool,
    /// The locale of the spreadsheet that opens a CSV file, such as de, en-GB or es-AR. It sets the next three.
    #[arg(long)]
    locale: Option<String>,
    /// The character between the cells of a CSV file: one of , ; | and \t.
    #[arg(long, value_name = "CHARACTER")]
    delimiter: Option<String>,
    /// The decimal separator of amounts in a CSV file; a point by default.
    #[arg(long, value_name = "CHARACTER")]
    decimal_separator: Option<String>,
    /// Begin a CSV file with a byte order mark, by which spreadsheets recognize its encoding.
    #[arg(long)]
    bom: bool,
    /// The profile with options, the table [export.NAME] of config.toml.
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
}

#[derive(Debug, Args)]
struct Accounts {
    #[command(flatten)]
    common: Common,
    #[command(flatten)]
    filters: AccountFilters,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Filters")]
struct AccountFilters {
    /// Equal to this, as are the next seven.
    #[arg(long)]
    status: Option<String>,
    #[arg(long = "type", value_name = "TYPE")]
    kind: Option<String>,
    /// An ISO 4217 code, such as EUR.
    #[arg(long)]
    currency: Option<String>,
    #[arg(long, value_name = "ID")]
    campaign_id: Option<String>,
    #[arg(long, value_name = "SYSTEM")]
    source_system: Option<String>,
    #[arg(long, value_name = "ID")]
    owner_id: Option<String>,
    /// The number of the client that is the owner.
    #[arg(long, value_name = "NUMBER")]
    client_external_id: Option<String>,
    #[arg(long, value_name = "ID")]
    external_id: Option<String>,
    /// The least total amount, such as 5000 or 1250.50.
    #[arg(long, value_name = "AMOUNT", value_parser = number, allow_hyphen_values = true)]
    min_amount: Option<Number>,
    /// The greatest total amount.
    #[arg(long, value_name = "AMOUNT", value_parser = number, allow_hyphen_values = true)]
    max_amount: Option<Number>,
    /// The fewest days since the due date; negative before it.
    #[arg(long, value_name = "DAYS", allow_hyphen_values = true)]
    days_past_due_min: Option<i64>,
    /// The most days since the due date; negative before it.
    #[arg(long, value_name = "DAYS", allow_hyphen_values = true)]
    days_past_due_max: Option<i64>,
    /// Accounts that were changed at this time or later, such as 2026-11-27T00:00:00Z.
    #[arg(long, value_name = "TIME")]
    updated_since: Option<String>,
}

#[derive(Debug, Args)]
struct Transactions {
    #[command(flatten)]
    common: Common,
    #[command(flatten)]
    filters: TransactionFilters,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Filters")]
struct TransactionFilters {
    /// The account of the transactions, such as its IBAN.
    #[arg(long, value_name = "IDENTIFIER")]
    account_identifier: Option<String>,
    /// The first value date, such as 2026-01-01.
    #[arg(long, value_name = "DATE")]
    from: Option<String>,
    /// The last value date.
    #[arg(long, value_name = "DATE")]
    to: Option<String>,
}

impl AccountFilters {
    fn named(self) -> Vec<(&'static str, Option<Value>)> {
        let text = |text: Option<String>| text.map(Value::String);
        vec![
            ("status", text(self.status)),
            ("type", text(self.kind)),
            ("currency", text(self.currency)),
            ("campaign_id", text(self.campaign_id)),
            ("source_system", text(self.source_system)),
            ("owner_id", text(self.owner_id)),
            ("client_external_id", text(self.client_external_id)),
            ("external_id", text(self.external_id)),
            ("min_amount", self.min_amount.map(Value::Number)),
            ("max_amount", self.max_amount.map(Value::Number)),
            ("days_past_due_min", self.days_past_due_min.map(Value::from)),
            ("days_past_due_max", self.days_past_due_max.map(Value::from)),
            ("updated_since", text(self.updated_since)),
        ]
    }
}

impl TransactionFilters {
    fn named(self) -> Vec<(&'static str, Option<Value>)> {
        let filters = [("account_identifier", self.account_identifier), ("from", self.from), ("to", self.to)];
        filters.map(|(name, text)| (name, text.map(Value::String))).into()
    }
}

/// A decimal number, exactly as it was written.
fn number(text: &str) -> Result<Number, &'static str> {
    serde_json::from_str(text).map_err(|_| "expected a decimal number such as 1250 or 1250.75")
}

pub(crate) async fn run(session: &Session, Export { subject }: Export) -> Result<Outcome> {
    let api = session.api()?;
    let (path, common, filters) = match subject {
        Subject::Accounts(accounts) => {
            let Accounts { common, filters } = *accounts;
            ("/api/v1/export/accounts", common, filters.named())
        }
        Subject::Transactions(transactions) => {
            let Transactions { common, filters } = *transactions;
            ("/api/v1/export/transactions", common, filters.named())
        }
    };
    let body = Value::Object(body(&session.config, &common, filters)?);
    let answer = api.post(path, &body, &Uuid::new_v4().to_string()).await?;
    if answer.status == StatusCode::ACCEPTED {
        let id = answer.document()?.text_of("export_id").parse();
        let id = id.map_err(|_| anyhow!("Saldo has accepted the export but named no job."))?;
        fetch(session, &api, &id, &common.file).await?;
    } else {
        let mut sink = Sink::create(&common.file)?;
        sink.write_all(&answer.body)?;
        sink.finish()?;
    }
    if common.file != Path::new("-") {
        note(&format!("The export is in {}.", common.file.display()));
    }
    Ok(Outcome::Done)
}

/// The body of the request: the members of the profile, and those of the command line, which take precedence.
fn body(
    config: &Config,
    common: &Common,
    filters: Vec<(&'static str, Option<Value>)>,
) -> Result<Map<String, Value>> {
    let mut body = match &common.profile {
        Some(name) => config.profile(ProfileKind::Export, name)?,
        None => Map::new(),
    };
    if let Some(format) = common.format.clone().or_else(|| format_of(&common.file)) {
        body.insert("format".to_owned(), format.into());
    }
    body.entry("format").or_insert_with(|| "csv".into());
    if let Some(columns) = &common.columns {
        body.insert("columns".to_owned(), columns.clone().into());
    }
    if common.raw {
        body.insert("profile".to_owned(), "raw".into());
    }
    if common.bom {
        body.insert("bom".to_owned(), true.into());
    }
    let texts = [
        ("locale", &common.locale),
        ("delimiter", &common.delimiter),
        ("decimal_separator", &common.decimal_separator),
    ];
    for (name, text) in texts {
        if let Some(text) = text {
            body.insert(name.to_owned(), text.as_str().into());
        }
    }
    let filters = filters.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    let filters: Vec<_> = filters.collect();
    if !filters.is_empty() {
        let all = body.entry("filters").or_insert_with(|| Map::new().into());
        let Value::Object(all) = all else { bail!("`filters` of the profile is not a table.") };
        all.extend(filters);
    }
    Ok(body)
}

/// The format that a file's name says.
fn format_of(file: &Path) -> Option<String> {
    let extension = file.extension()?.to_str()?.to_lowercase();
    Some(if extension == "jsonl" { "ndjson".to_owned() } else { extension })
}

/// Waits for the end of an export and writes its file.
///
/// # Errors
/// When the export has failed, or its file was not received as a whole.
pub(crate) async fn fetch(session: &Session, api: &Api, id: &JobId, file: &Path) -> Result<()> {
    let mut attempt = 1;
    loop {
        // Each reading of the job has a new link.
        let job = job::ended(session, api, id).await?;
        let Some(url) = job.json["url"].as_str() else {
            let why = job.json["reason"]
                .as_str()
                .map_or_else(|| format!("it is {}", job.text_of("status")), str::to_owned);
            bail!("{id} has no file: {why}. Run `saldo export` again.");
        };
        match receive(api, &job, url, file).await {
            Err(error) if attempt < DOWNLOADS_MAX && file != Path::new("-") && is_temporary(&error) => {
                attempt += 1;
            }

            received => return received,
        }
    }
}

fn is_temporary(error: &anyhow::Error) -> bool {
    error.downcast_ref().is_some_and(crate::api::LinkError::is_temporary)
}

async fn receive(api: &Api, job: &Document, url: &str, file: &Path) -> Result<()> {
    let bytes = job.json["bytes"].as_u64();
    let progress = Progress::of_bytes("Receiving", bytes);
    let mut sink = Sink::create(file)?;
    let arrived = api.download(Download { url, bytes }, &mut sink, &progress).await?;
    let is_whole = bytes.is_none_or(|bytes| bytes == arrived.bytes)
        && job.json["sha256"].as_str().is_none_or(|sha256| sha256 == HEXLOWER.encode(&arrived.sha256));
    if !is_whole {
        bail!(
            "the file has not arrived as it was written. Run `saldo jobs download` with the same job again."
        );
    }
    sink.finish()
}
