//! `POST /api/v1/import`: accepts a payload, or names an uploaded file, and creates a job.

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use jiff::Timestamp;
use saldo_domain::fields::{Finding, FindingCode, PayloadError, PayloadErrorKind};
use saldo_domain::id::{ImportId, OrgId};
use saldo_domain::import::{
    Accepted, FileName, Format, ImportJob, ImportOfUpload, ImportOptions, ImportStatus, Notation,
    PayloadFile, SCOPES_MAX, StatedOptions, Upload, UsedProfile,
};
use saldo_formats::read;
use saldo_formats::read::{HEAD_BYTES, ImportMembers, ReadError, check_workbook};
use saldo_http::{Caller, Parameters, Payload, Problem, Seed};
use saldo_jobs::import::{message, read_by_range};
use saldo_store::Limits;
use saldo_store::files::ImportFiles;
use saldo_store::queue::ImportTask;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::Stores;
use crate::error::ImportError;
use crate::options::{Effective, OptionsIn};
use crate::parameters::Query;
use crate::rows::{LinesBody, NewBody, TableBody, WorkbookBody};
use crate::uploads::{head_of, sent};

/// The media type of a workbook in Office Open XML.
pub(crate) const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
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
/// that `mapping` and `columns` assign to fields. Other options state how the file writes amounts, dates and cells. An
/// import profile has such options, too; those of the request take precedence. Every row needs a name and an amount, unless
/// it names an account that exists.
#[utoipa::path(
    post, path = "/api/v1/import", operation_id = "import_accounts", tag = "Imports",
    params(Query),
    request_body(content(
        (NewBody = "application/json"),
        (LinesBody = "application/x-ndjson"),
        (LinesBody = "application/ndjson"),
        (TableBody = "text/csv"),
        (WorkbookBody = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    )),
    responses(
        (status = 202, description = "The import runs", body = Answer, headers(("Location", description = "Its path"))),
        (status = 400, description = "`no_rows`; `row_too_long`; `rows_too_short`: more rows than a body of this size can hold; `other_format`; `invalid_gzip`; of CSV and XLSX: `no_known_column`, `missing_column`, `duplicate_column`, \
            `repeated_header`, `no_header_line`, `too_many_columns`, `header_too_long`; of CSV: `unclosed_quote`, `misquoted`; of XLSX: `invalid_workbook`, `workbook_too_large`, `no_such_sheet`, `merged_cells`"),
        (status = 409, description = "`nothing_uploaded`: the file was not uploaded yet"),
        (status = 422, description = "`too_many_scopes`: there are complete files of as many scopes as there may be"),
    ),
)]
pub(crate) async fn accept(
    State(stores): State<Stores>,
    Extension(caller): Extension<Caller>,
    Extension(Seed(seed)): Extension<Seed>,
    Parameters(Query(stated)): Parameters<Query>,
    payload: Payload,
) -> Result<Response, Problem> {
    let (id, org) = (ImportId::of_seed(seed), caller.org());
    let job = match Box::pin(new_job(&stores, org, id.clone(), stated, payload)).await {
        Ok(job) => job,
        // An earlier attempt of this request may have been accepted, with the profile as it was then.
        Err(refused) => stores.imports.get(org, &id).await?.ok_or(refused)?,
    };
    let message = message(&job, ImportTask::Plan);
    stores.plan_queue.hand_over(&stores.imports, &job, message).await?;

    let location = format!("/api/v1/import/{}", job.id);
    let ImportJob { id: job_id, status, total_records, dry_run, .. } = job;
    let answer = Answer { job_id, status, total_records, dry_run };
    Ok((StatusCode::ACCEPTED, [(LOCATION, location)], Json(answer)).into_response())
}

/// The job of a request, whose payload is stored and which is entered among the open imports.
async fn new_job(
    stores: &Stores,
    org: &OrgId,
    id: ImportId,
    stated: StatedOptions,
    payload: Payload,
) -> Result<ImportJob, Problem> {
    let (media_type, format) = format(payload.media_type.as_deref())?;
    nothing_was_replaced(&payload)?;
    let beside =
        if format == Format::Json { ImportMembers::of(&payload.bytes) } else { ImportMembers::default() };
    let (accepted, filename, (place, scopes_before)) = match beside {
        ImportMembers { upload_id: true, .. } => {
            let (accepted, filename) = of_upload(stores, org, stated, &payload).await?;
            let place = place(stores, org, &id, &accepted).await?;
            (accepted, filename, place)
        }
        ImportMembers { dry_run, .. } => {
            let in_body = ImportOptions { dry_run: flag(dry_run.as_ref())?, ..ImportOptions::default() };
            let stated = StatedOptions { profile: None, options: in_body }.or(stated);
            let options = Effective::of(stores, org, stated, OptionsIn::Query).await?;
            let accepted = of_payload(stores, &ImportFiles::of(org, &id), format, options, &payload)?;
            let file = stores.files.put(&accepted.payload.name, media_type, payload.bytes);
            let file = async { file.await.map_err(Problem::from) };
            let (place, ()) = tokio::try_join!(place(stores, org, &id, &accepted), file)?;
            (accepted, None, place)
        }
    };
    let job = ImportJob::accepted(id, org.clone(), accepted, Timestamp::now());
    Ok(ImportJob { place, scopes_before, filename, ..job })
}

/// Refuses bodies with replacement characters. API Gateway passes JSON and `text/…` on as text and replaces what is not
/// UTF-8; in a CSV of names that loss would go unnoticed.
pub(crate) fn nothing_was_replaced(payload: &Payload) -> Result<(), Problem> {
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

/// The import's place in the order of the organization's imports, and the number of scopes of which the organization has
/// complete files. A dry run writes nothing, so it takes no place. Too many scopes are refused before it is taken.
async fn place(
    stores: &Stores,
    org: &OrgId,
    id: &ImportId,
    accepted: &Accepted,
) -> Result<(ImportId, usize), Problem> {
    let Accepted { notation, dry_run, .. } = accepted;
    if let Some(scope) = notation.options.complete_scope() {
        let scopes = stores.imports.scopes(org).await?;
        if scopes.len() >= SCOPES_MAX && !scopes.iter().any(|of| of.scope == *scope) {
            return Err(ImportError::TooManyScopes.into());
        }
    }
    let (place, scopes) = match dry_run {
        true => (id.clone(), stores.imports.scopes(org).await?),
        false => stores.imports.enter(org, id, Timestamp::now()).await?,
    };
    Ok((place, scopes.len()))
}

/// The rows are in the request.
fn of_payload(
    stores: &Stores,
    files: &ImportFiles,
    format: Format,
    options: Effective,
    Payload { bytes, .. }: &Payload,
) -> Result<Accepted, Problem> {
    if options.options.format.is_some_and(|stated| stated != format) {
        let reason = "not the format of the body, which its Content-Type states";
        return Err(Problem::invalid_value_of("format", reason));
    }
    let (notation, profile) = options.notation(format, false)?;
    let notation = Notation { in_request: true, ..notation };
    let total_records = read::count(&notation, &**bytes)?;
    let payload = PayloadFile { name: files.payload(), bytes: bytes.len() as u64, etag: None };
    Ok(accepted(stores, payload, notation, profile, Some(total_records)))
}

/// The rows are in a file that was uploaded, with this name.
async fn of_upload(
    stores: &Stores,
    org: &OrgId,
    of_query: StatedOptions,
    payload: &Payload,
) -> Result<(Accepted, Option<FileName>), Problem> {
    let body: ImportOfUpload = payload.json()?;
    let ImportOfUpload { upload_id: id, stated } = body;
    let options = Effective::of(stores, org, stated.or(of_query), OptionsIn::Body).await?;
    let (upload, file) = sent(stores, org, &id).await?;
    let (notation, profile) = checked(stores, &upload, &file, options).await?;
    Ok((accepted(stores, file, notation, profile, None), upload.filename))
}

/// The notation of an uploaded file, whose head is read: a file in another format, or without columns that it needs, is
/// refused before the import begins.
async fn checked(
    stores: &Stores,
    upload: &Upload,
    file: &PayloadFile,
    options: Effective,
) -> Result<(Notation, Option<UsedProfile>), Problem> {
    let head = head_of(stores, file, HEAD_BYTES).await?;
    let stated = options.options.format.or(upload.format);
    let filename = upload.filename.as_ref().map(FileName::as_str);
    let format = read::format_of(&head, upload.gzip, stated, filename)?;
    let (notation, profile) = options.notation(format, upload.gzip)?;
    let is_whole = head.len() as u64 == file.bytes;
    let checked = if format == Format::Xlsx && !is_whole {
        let of_file = notation.clone();
        let checked = read_by_range(&stores.files, file, move |source| check_workbook(&of_file, source));
        checked.await?.ok_or(ImportError::NothingUploaded)?
    } else {
        read::check_head(&notation, &head, is_whole)
    };
    match checked {
        Ok(()) => Ok((notation, profile)),
        Err(ReadError::Payload(PayloadError {
            kind: kind @ PayloadErrorKind::UnmatchedColumns { .. },
            ..
        })) => Err(kind.findings().into()),
        Err(error) => Err(error.into()),
    }
}

fn accepted(
    stores: &Stores,
    payload: PayloadFile,
    notation: Notation,
    profile: Option<UsedProfile>,
    total_records: Option<u64>,
) -> Accepted {
    let Limits { rows_per_chunk, chunks_at_once, .. } = stores.limits;
    let dry_run = notation.options.dry_run.unwrap_or_default();
    Accepted { payload, notation, profile, total_records, dry_run, rows_per_chunk, chunks_at_once }
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
