//! `POST /api/v1/import`: a payload in, or the name of a file that was uploaded; a job out.

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use jiff::Timestamp;
use saldo_domain::fields::{Fields, Finding, FindingCode, InvalidValue};
use saldo_domain::id::{ImportId, OrgId, UploadId};
use saldo_domain::import::{
    Accepted, DecimalSeparator, Format, ImportJob, ImportStatus, Mapping, Notation, PayloadFile,
};
use saldo_formats::read;
use saldo_formats::read::ImportMembers;
use saldo_http::{Caller, FromParameters, Parameters, Payload, Problem, Seed};
use saldo_jobs::import::message;
use saldo_store::app::{App, Limits};
use saldo_store::files::{Facts, ImportFiles, uploaded_file};
use saldo_store::queue::ImportTask;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::body::{Lines, New, Table};

/// What is wrong with the id of an upload.
const NO_UPLOAD: &str = "not the upload_id of a file that was asked for in the last days";

/// The media types accepted, each with its format.
const FORMATS: [(&str, Format); 4] = [
    ("application/json", Format::Json),
    ("application/x-ndjson", Format::Ndjson),
    ("application/ndjson", Format::Ndjson),
    ("text/csv", Format::Csv),
];

/// What a request says of an import besides its rows: in the query, or, of a file that was
/// uploaded, in the body.
#[derive(Default)]
pub(crate) struct ImportOptions {
    /// From the file's columns to fields.
    mapping: Option<Mapping>,
    decimal_separator: Option<DecimalSeparator>,
    dry_run: Option<bool>,
}

impl FromParameters for ImportOptions {
    const NAMES: &'static [&'static str] = &["mapping", "decimal_separator", "dry_run"];

    fn read(parameters: &mut Fields) -> Option<Self> {
        Some(Self::of(parameters))
    }
}

impl ImportOptions {
    /// The fields of a body that speaks of a file.
    pub(crate) const FIELDS: [&'static str; 4] = ["upload_id", "mapping", "decimal_separator", "dry_run"];

    fn of(fields: &mut Fields) -> Self {
        Self {
            mapping: mapping(fields),
            decimal_separator: fields.patch("decimal_separator", str::parse).value(),
            dry_run: fields.boolean("dry_run").value(),
        }
    }

    /// What is said here or, where nothing is, there.
    fn or(self, other: Self) -> Self {
        Self {
            mapping: self.mapping.or(other.mapping),
            decimal_separator: self.decimal_separator.or(other.decimal_separator),
            dry_run: self.dry_run.or(other.dry_run),
        }
    }

    /// How a payload is written of which this is said, if it can be said of such.
    fn notation(self, format: Format, gzip: bool) -> Result<Notation, Vec<Finding>> {
        let said =
            [("mapping", self.mapping.is_some()), ("decimal_separator", self.decimal_separator.is_some())];
        if format != Format::Csv && said.iter().any(|(_, said)| *said) {
            let said = said.into_iter().filter(|(_, said)| *said);
            let reason = "only of CSV can this be said";
            return Err(said
                .map(|(name, _)| Finding::in_field(name, FindingCode::InvalidValue, reason))
                .collect());
        }
        let (mapping, decimal_separator) =
            (self.mapping.unwrap_or_default(), self.decimal_separator.unwrap_or_default());
        Ok(Notation { format, mapping, decimal_separator, gzip, in_request: false })
    }
}

/// An import that was accepted.
#[derive(Serialize, ToSchema)]
#[schema(as = AcceptedImport, example = json!({
    "job_id": "imp_01980d3c-6f2a-7c41-9b7e-3f1d2a5b8c90", "status": "processing", "total_records": 2
}))]
struct Answer {
    job_id: ImportId,
    status: ImportStatus,
    /// The rows; null if they are in a file.
    #[schema(required)]
    total_records: Option<u64>,
    /// Whether nothing is written to any account; there if it is so.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    dry_run: bool,
}

/// Imports accounts
///
/// The rows are in the body, or in a file that was sent by the link of an upload. The import runs on its own:
/// look at its `Location` to see what becomes of each row. Rows that something is wrong with keep no others from
/// being imported. A row with the `external_id` of an account that is there changes that account.
///
/// The cells of CSV may be separated by commas, semicolons or tabs. The headers of columns are the names of
/// fields, whatever their case, blanks and underscores, or are in `mapping`.
#[utoipa::path(
    post, path = "/api/v1/import", operation_id = "import_accounts", tag = "Imports",
    params(ImportOptions),
    request_body(content(
        (New = "application/json"),
        (Lines = "application/x-ndjson"),
        (Lines = "application/ndjson"),
        (Table = "text/csv"),
    )),
    responses(
        (status = 202, description = "The import runs", body = Answer, headers(("Location", description = "Its path"))),
        (status = 400, description = "`no_rows`; `row_too_long`; `rows_too_short`: more rows than a body of this size can hold; of CSV: `no_known_column`, `duplicate_column`, \
            `too_many_columns`, `header_too_long`, `unclosed_quote`, `misquoted`"),
        (status = 409, description = "`nothing_uploaded`: the file was not sent yet"),
    ),
)]
pub(crate) async fn accept(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Extension(Seed(seed)): Extension<Seed>,
    Parameters(options): Parameters<ImportOptions>,
    payload: Payload,
) -> Result<Response, Problem> {
    let (media_type, format) = format(payload.media_type.as_deref())?;
    nothing_was_replaced(&payload)?;
    let (id, org) = (ImportId::of_seed(seed), caller.org().clone());
    let beside =
        if format == Format::Json { ImportMembers::of(&payload.bytes) } else { ImportMembers::default() };
    let accepted = match beside {
        ImportMembers { upload_id: true, .. } => of_upload(&app, &org, options, &payload).await?,
        ImportMembers { dry_run, .. } => {
            let options =
                ImportOptions { dry_run: flag(dry_run.as_ref())?, ..ImportOptions::default() }.or(options);
            of_payload(&app, &ImportFiles::of(&org, &id), media_type, format, options, payload).await?
        }
    };
    let job = ImportJob::accepted(id, org, accepted, Timestamp::now());
    let message = message(&job, ImportTask::Plan);
    app.plan_queue.hand_over(&app.imports, &job, message).await?;

    let location = format!("/api/v1/import/{}", job.id);
    let ImportJob { id: job_id, status, total_records, dry_run, .. } = job;
    let answer = Answer { job_id, status, total_records, dry_run };
    Ok((StatusCode::ACCEPTED, [(LOCATION, location)], Json(answer)).into_response())
}

/// API Gateway hands JSON and `text/…` on as text, with a replacement character for all that is no
/// UTF-8. What such a body said is lost, and nobody would notice in a CSV of names.
fn nothing_was_replaced(payload: &Payload) -> Result<(), Problem> {
    let text = str::from_utf8(&payload.bytes).unwrap_or_default();
    match text.contains(char::REPLACEMENT_CHARACTER) {
        true => Err(Problem::unreadable(
            "invalid_encoding",
            "the body has U+FFFD, which on its way here replaces all that is not UTF-8; \
             such files can be uploaded",
        )),
        false => Ok(()),
    }
}

/// The rows are in the request.
async fn of_payload(
    app: &App,
    files: &ImportFiles,
    media_type: &str,
    format: Format,
    options: ImportOptions,
    Payload { bytes, .. }: Payload,
) -> Result<Accepted, Problem> {
    let dry_run = options.dry_run.unwrap_or_default();
    let notation = options.notation(format, false).map_err(Problem::invalid_parameters)?;
    let notation = Notation { in_request: true, ..notation };
    let total_records = read::count(&notation, &*bytes)?;
    let payload = PayloadFile { name: files.payload(), bytes: bytes.len() as u64, etag: None };
    app.files.put(&payload.name, media_type, bytes).await?;
    Ok(accepted(app, payload, notation, Some(total_records), dry_run))
}

/// The rows are in a file that was uploaded.
async fn of_upload(
    app: &App,
    org: &OrgId,
    of_query: ImportOptions,
    payload: &Payload,
) -> Result<Accepted, Problem> {
    let mut fields = payload.json_fields(&ImportOptions::FIELDS)?;
    let id: Option<UploadId> = fields.required("upload_id", |fields, name| {
        fields.patch(name, |id| id.parse().map_err(|_| InvalidValue(NO_UPLOAD)))
    });
    let options = ImportOptions::of(&mut fields).or(of_query);
    let id = fields.finish(id)?;
    let unknown = || Problem::from(Finding::in_field("upload_id", FindingCode::InvalidValue, NO_UPLOAD));
    let upload = app.uploads.get(org, &id).await?.ok_or_else(unknown)?;
    let name = uploaded_file(org, &id);
    let sent = app.files.facts(&name).await?;
    // What was announced is the file, be S3 as strict as it may.
    let sent = sent.filter(|sent| upload.sha256.is_none() || sent.sha256 == upload.sha256);
    let Facts { bytes, etag, .. } = sent.ok_or_else(Problem::nothing_uploaded)?;
    let dry_run = options.dry_run.unwrap_or_default();
    let notation = options.notation(upload.format, upload.gzip)?;
    Ok(accepted(app, PayloadFile { name, bytes, etag }, notation, None, dry_run))
}

fn accepted(
    app: &App,
    payload: PayloadFile,
    notation: Notation,
    total_records: Option<u64>,
    dry_run: bool,
) -> Accepted {
    let Limits { rows_per_chunk, chunks_at_once, .. } = app.limits;
    Accepted { payload, notation, total_records, dry_run, rows_per_chunk, chunks_at_once }
}

fn flag(json: Option<&Value>) -> Result<Option<bool>, Problem> {
    match json {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Bool(flag)) => Ok(Some(*flag)),
        Some(_) => {
            Err(Finding::in_field("dry_run", FindingCode::InvalidType, "expected true or false").into())
        }
    }
}

/// A mapping, which is an object in a body and the text of one in a query.
fn mapping(fields: &mut Fields) -> Option<Mapping> {
    let read = match fields.take("mapping")? {
        Value::Null => return None,
        Value::String(json) => serde_json::from_str(&json),
        json => serde_json::from_value(json),
    };
    let refused = |error: serde_json::Error| {
        fields.report(Finding::in_field("mapping", FindingCode::InvalidValue, error.to_string()));
    };
    // One that renames nothing is none.
    read.map_err(refused).ok().filter(|mapping| *mapping != Mapping::default())
}

fn format(media_type: Option<&str>) -> Result<(&'static str, Format), Problem> {
    FORMATS
        .into_iter()
        .find(|(name, _)| media_type == Some(name))
        .ok_or_else(|| Problem::unsupported_media_type("application/json, application/x-ndjson, text/csv"))
}

#[cfg(test)]
mod tests {
    use saldo_http::openapi::query_parameters;

    use super::*;

    #[test]
    fn what_is_described_is_what_is_read() {
        assert_eq!(query_parameters::<__path_accept>(), ImportOptions::NAMES);
    }
}
