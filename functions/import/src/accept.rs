//! `POST /api/v1/import`: accepts a payload, or names an uploaded file, and creates a job.

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use jiff::Timestamp;
use saldo_domain::fields::{Finding, FindingCode};
use saldo_domain::id::{ImportId, OrgId};
use saldo_domain::import::{
    Accepted, FileName, Format, ImportJob, ImportOfUpload, ImportOptions, ImportStatus, Notation,
    PayloadFile, UNKNOWN_UPLOAD,
};
use saldo_formats::read;
use saldo_formats::read::ImportMembers;
use saldo_http::{Caller, Parameters, Payload, Problem, Seed};
use saldo_jobs::import::message;
use saldo_store::Limits;
use saldo_store::failure::Failure;
use saldo_store::files::{Facts, ImportFiles, uploaded_file};
use saldo_store::queue::ImportTask;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::Stores;
use crate::error::ImportError;
use crate::parameters::Query;
use crate::rows::{Lines, New, Table, Workbook};

/// The media type of a workbook in Office Open XML.
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
/// The media types accepted, each with its format.
const FORMATS: [(&str, Format); 5] = [
    ("application/json", Format::Json),
    ("application/x-ndjson", Format::Ndjson),
    ("application/ndjson", Format::Ndjson),
    ("text/csv", Format::Csv),
    (XLSX, Format::Xlsx),
];

/// An import that was accepted.
#[derive(Serialize, ToSchema)]
#[schema(as = AcceptedImport, example = json!({
    "job_id": "imp_01980d3c-6f2a-7c41-9b7e-3f1d2a5b8c90", "status": "processing", "total_records": 2
}))]
struct Answer {
    job_id: ImportId,
    status: ImportStatus,
    /// The number of rows; null for an uploaded file.
    #[schema(required)]
    total_records: Option<u64>,
    /// Whether the import writes nothing; present only if it is so.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    dry_run: bool,
}

/// Imports accounts
///
/// The rows are in the body, or in an uploaded file. The import runs in the background: read its `Location` for the
/// result of each row. Invalid rows do not keep the others from being imported. A row with the `external_id` of an
/// existing account changes that account.
///
/// The header of CSV, and of a sheet of XLSX, is the first line with names of fields (ignoring case, blanks and underscores) or with the columns
/// that `mapping` and `columns` assign to fields. Other options state how the file writes amounts, dates and cells.
#[utoipa::path(
    post, path = "/api/v1/import", operation_id = "import_accounts", tag = "Imports",
    params(Query),
    request_body(content(
        (New = "application/json"),
        (Lines = "application/x-ndjson"),
        (Lines = "application/ndjson"),
        (Table = "text/csv"),
        (Workbook = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    )),
    responses(
        (status = 202, description = "The import runs", body = Answer, headers(("Location", description = "Its path"))),
        (status = 400, description = "`no_rows`; `row_too_long`; `rows_too_short`: more rows than a body of this size can hold; of CSV and XLSX: `no_known_column`, `missing_column`, `duplicate_column`, `repeated_header`, \
            `no_header_line`, `other_format`, `too_many_columns`, `header_too_long`; of CSV: `unclosed_quote`, `misquoted`; of XLSX: `invalid_workbook`, `workbook_too_large`, `no_such_sheet`, `merged_cells`"),
        (status = 409, description = "`nothing_uploaded`: the file was not uploaded yet"),
    ),
)]
pub(crate) async fn accept(
    State(stores): State<Stores>,
    Extension(caller): Extension<Caller>,
    Extension(Seed(seed)): Extension<Seed>,
    Parameters(Query(options)): Parameters<Query>,
    payload: Payload,
) -> Result<Response, Problem> {
    let (media_type, format) = format(payload.media_type.as_deref())?;
    nothing_was_replaced(&payload)?;
    let (id, org) = (ImportId::of_seed(seed), caller.org().clone());
    let beside =
        if format == Format::Json { ImportMembers::of(&payload.bytes) } else { ImportMembers::default() };
    let (accepted, filename, place) = match beside {
        ImportMembers { upload_id: true, .. } => {
            let (accepted, filename) = of_upload(&stores, &org, options, &payload).await?;
            let place = place(&stores, &org, &id, &accepted).await?;
            (accepted, filename, place)
        }
        ImportMembers { dry_run, .. } => {
            let options =
                ImportOptions { dry_run: flag(dry_run.as_ref())?, ..ImportOptions::default() }.or(options);
            let accepted = of_payload(&stores, &ImportFiles::of(&org, &id), format, options, &payload)?;
            let file = stores.files.put(&accepted.payload.name, media_type, payload.bytes);
            let (place, ()) = tokio::try_join!(place(&stores, &org, &id, &accepted), file)?;
            (accepted, None, place)
        }
    };
    let job = ImportJob { place, filename, ..ImportJob::accepted(id, org, accepted, Timestamp::now()) };
    let message = message(&job, ImportTask::Plan);
    stores.plan_queue.hand_over(&stores.imports, &job, message).await?;

    let location = format!("/api/v1/import/{}", job.id);
    let ImportJob { id: job_id, status, total_records, dry_run, .. } = job;
    let answer = Answer { job_id, status, total_records, dry_run };
    Ok((StatusCode::ACCEPTED, [(LOCATION, location)], Json(answer)).into_response())
}

/// Refuses bodies with replacement characters. API Gateway passes JSON and `text/…` on as text and replaces what is not
/// UTF-8; in a CSV of names that loss would go unnoticed.
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

/// The import's place in the order of the organization's imports. A dry run writes nothing, so it takes none.
async fn place(
    stores: &Stores,
    org: &OrgId,
    id: &ImportId,
    accepted: &Accepted,
) -> Result<ImportId, Failure> {
    match accepted.dry_run {
        true => Ok(id.clone()),
        false => stores.imports.enter(org, id, Timestamp::now()).await,
    }
}

/// The rows are in the request.
fn of_payload(
    stores: &Stores,
    files: &ImportFiles,
    format: Format,
    options: ImportOptions,
    Payload { bytes, .. }: &Payload,
) -> Result<Accepted, Problem> {
    let dry_run = options.dry_run.unwrap_or_default();
    let notation = Notation::with(options, format, false).map_err(Problem::invalid_parameters)?;
    let notation = Notation { in_request: true, ..notation };
    let total_records = read::count(&notation, &**bytes)?;
    let payload = PayloadFile { name: files.payload(), bytes: bytes.len() as u64, etag: None };
    Ok(accepted(stores, payload, notation, Some(total_records), dry_run))
}

/// The rows are in a file that was uploaded, with this name.
async fn of_upload(
    stores: &Stores,
    org: &OrgId,
    of_query: ImportOptions,
    payload: &Payload,
) -> Result<(Accepted, Option<FileName>), Problem> {
    let body: ImportOfUpload = payload.json()?;
    let ImportOfUpload { upload_id: id, options } = body;
    let options = options.or(of_query);
    let unknown = || Problem::from(Finding::in_field("upload_id", FindingCode::InvalidValue, UNKNOWN_UPLOAD));
    let upload = stores.uploads.get(org, &id).await?.ok_or_else(unknown)?;
    let name = uploaded_file(org, &id);
    let sent = stores.files.facts(&name).await?;
    // S3 has checked the digest; this does not rely on it.
    let sent = sent.filter(|sent| upload.sha256.is_none() || sent.sha256 == upload.sha256);
    let Facts { bytes, etag, .. } = sent.ok_or(ImportError::NothingUploaded)?;
    let dry_run = options.dry_run.unwrap_or_default();
    let notation = Notation::with(options, upload.format, upload.gzip)?;
    let payload = PayloadFile { name, bytes, etag };
    Ok((accepted(stores, payload, notation, None, dry_run), upload.filename))
}

fn accepted(
    stores: &Stores,
    payload: PayloadFile,
    notation: Notation,
    total_records: Option<u64>,
    dry_run: bool,
) -> Accepted {
    let Limits { rows_per_chunk, chunks_at_once, .. } = stores.limits;
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

fn format(media_type: Option<&str>) -> Result<(&'static str, Format), Problem> {
    FORMATS.into_iter().find(|(name, _)| media_type == Some(name)).ok_or_else(|| {
        let accepted = format!("application/json, application/x-ndjson, text/csv, {XLSX}");
        Problem::unsupported_media_type(&accepted)
    })
}
