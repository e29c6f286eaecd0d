//! `saldo preview`: shows how a file is written, which columns fill which fields, and what an import would store of its first
//! rows. Stores nothing. Writes the proposed options into a file for `saldo import --options`.

mod table;

use std::fs::File;
use std::io::{self, Read, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, bail};
use clap::Args;
use serde_json::{Map, Value};

use crate::answer::{Outcome, Output, note, print};
use crate::api::Document;
use crate::file::Sink;
use crate::flags::Flags;
use crate::import;
use crate::options::{self, Chosen};
use crate::session::Session;

const PREVIEWS: &str = "/v1/imports/preview";
/// The media type of a file whose format follows from its bytes.
const BYTES: &str = "application/octet-stream";
/// The media type of a request that names an upload.
const JSON: &str = "application/json";
/// What is sent of a file: one byte more than the API reads, so that it knows that there is more.
const PART_BYTES: u64 = 1_000_001;
/// The first bytes of a workbook, which is a ZIP archive.
const ZIP: &[u8] = b"PK\x03\x04";
/// The bytes of a workbook that a request takes. A larger one is uploaded: its list of parts is at its end.
const BODY_BYTES_MAX: u64 = 4_000_000;

/// The bytes of a path with options: API Gateway takes 10,240 bytes of request line and headers. With more options, a file is
/// uploaded, and the options are in the body that names it.
const PATH_BYTES_MAX: usize = 8_000;

const EXAMPLES: &str = "\
Examples:
  saldo preview debitoren.csv
  saldo preview debitoren.csv --save-options erp.json
  saldo preview aging.csv --date-format MM/DD/YYYY --save-options erp.json
  saldo preview debitoren.xlsx --sheet 'Offene Posten'
  saldo import debitoren.csv --options erp.json --wait

Exit status:
  0  nothing has to be chosen, and no row that was read is refused
  1  something has to be chosen, or some rows would be refused
  2  the file can't be imported, or the command has failed";

/// Shows how a file is written and what an import would store of it.
///
/// Reads the first 1,000,000 bytes, or the first rows of a sheet of a workbook, and stores nothing. A workbook of more than
/// 4,000,000 bytes is uploaded for that; `saldo import` does not upload it again. A date format or a separator is proposed only if all values that
/// were read prove it. Where they don't, the command lists the choices: state one with an option, and look again.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Preview {
    /// The file; `-` for standard input.
    file: PathBuf,
    /// The profile with options: the table [import.NAME] of config.toml, or else the import profile in Saldo.
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
    /// A file with options, such as one of --save-options.
    #[arg(long, value_name = "FILE")]
    options: Option<PathBuf>,
    #[command(flatten)]
    flags: Flags,
    /// Write the proposed options into this file, for `saldo import --options`; `-` for standard output.
    #[arg(long, value_name = "FILE")]
    save_options: Option<PathBuf>,
}

pub(crate) async fn run(session: &Session, preview: Preview) -> Result<Outcome> {
    let api = session.api()?;
    let chosen = Chosen {
        profile: preview.profile.as_deref(),
        file: preview.options.as_deref(),
        flags: &preview.flags,
    };
    let options = options::of(&session.config, &api, chosen).await?;
    let path = path(&options);
    let answer = match part(&preview.file)? {
        Part::Bytes(part) if path.len() <= PATH_BYTES_MAX => api.post_bytes(&path, BYTES, part).await,
        Part::Bytes(_) if preview.file == Path::new("-") => {
            bail!("standard input can't be previewed with so many options. Name the file.")
        }
        Part::Bytes(_) | Part::LargeWorkbook => {
            let upload_id = import::upload(session, &api, &preview.file).await?;
            let mut body = options.clone();
            body.insert("upload_id".to_owned(), upload_id.into());
            api.post_bytes(PREVIEWS, JSON, Value::Object(body).to_string().into_bytes()).await
        }
    };
    let answer = answer.map_err(|error| match error.refusal() {
        Some(refusal) if refusal.status.as_u16() == 400 => {
            anyhow!("{} can't be imported: {error}", preview.file.display())
        }
        _ => error.into(),
    })?;
    let document = answer.document()?;
    let is_on_stdout = preview.save_options.as_deref() == Some(Path::new("-"));
    match session.output {
        _ if is_on_stdout => {}
        Output::Json => print(&document.text)?,
        Output::Table => print(&table::of(&document.json))?,
    }
    if let Some(file) = &preview.save_options {
        save(file, &document.json["options"])?;
        if !is_on_stdout {
            let shown = file.display();
            note(&match has(&document, "ambiguities") {
                true => format!(
                    "The options are in {shown}. They lack what is to be chosen: state it, and preview again."
                ),
                false => {
                    format!("The options are in {shown}. Import with `saldo import FILE --options {shown}`.")
                }
            });
        }
    }
    Ok(outcome(&document))
}

/// What is sent of a file.
enum Part {
    /// Its first bytes or, of a workbook, all of them.
    Bytes(Vec<u8>),
    /// A workbook that a request can't hold.
    LargeWorkbook,
}

fn part(file: &Path) -> Result<Part> {
    let is_piped = file == Path::new("-");
    let shown = if is_piped { "standard input".to_owned() } else { file.display().to_string() };
    let source: Box<dyn Read> = if is_piped {
        Box::new(io::stdin().lock())
    } else {
        let opened = match File::open(file) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => bail!("there is no file {shown}."),
            opened => opened.with_context(|| format!("{shown} can't be read"))?,
        };
        if opened.metadata().is_ok_and(|about| about.is_dir()) {
            bail!("{shown} is a folder. Name a file in it.");
        }
        Box::new(opened)
    };
    let part = read_part(source).with_context(|| format!("{shown} can't be read"))?;
    match &part {
        Part::Bytes(bytes) if bytes.is_empty() => bail!("{shown} is empty."),
        Part::LargeWorkbook if is_piped => bail!(
            "a workbook of more than {BODY_BYTES_MAX} bytes can't be previewed from standard input. Name the file."
        ),
        _ => Ok(part),
    }
}

fn read_part(mut source: impl Read) -> io::Result<Part> {
    let mut part = Vec::new();
    source.by_ref().take(PART_BYTES).read_to_end(&mut part)?;
    if part.starts_with(ZIP) {
        source.take(BODY_BYTES_MAX + 1 - part.len() as u64).read_to_end(&mut part)?;
        if part.len() as u64 > BODY_BYTES_MAX {
            return Ok(Part::LargeWorkbook);
        }
    }
    Ok(Part::Bytes(part))
}

/// The path, with the options as a query: texts as they are, other values as JSON.
fn path(options: &Map<String, Value>) -> String {
    let pairs = options.iter().map(|(name, value)| match value {
        Value::String(text) => (name.as_str(), text.clone()),
        other => (name.as_str(), other.to_string()),
    });
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(pairs);
    let query = query.finish();
    if query.is_empty() { PREVIEWS.to_owned() } else { format!("{PREVIEWS}?{query}") }
}

fn save(file: &Path, options: &Value) -> Result<()> {
    let mut sink = Sink::create(file)?;
    serde_json::to_writer_pretty(&mut sink, options)?;
    writeln!(sink)?;
    sink.finish()
}

/// Whether a list of the preview has elements.
fn has(preview: &Document, list: &str) -> bool {
    preview.json[list].as_array().is_some_and(|list| !list.is_empty())
}

/// What the preview means for the exit status.
fn outcome(preview: &Document) -> Outcome {
    if !preview.json["refusal"].is_null() {
        return Outcome::Failed;
    }
    let is_refused = preview.json["read"]["refused"].as_u64().is_some_and(|rows| rows > 0);
    if has(preview, "ambiguities") || has(preview, "missing") || is_refused {
        Outcome::SomeRefused
    } else {
        Outcome::Done
    }
}
