//! The resource `/api/v1/export`: exports of accounts and transactions. A small export is the answer; a large one is a
//! job that writes a file.

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, LOCATION};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use jiff::Timestamp;
use saldo_domain::date::{Date, in_milliseconds};
use saldo_domain::export::{
    Delivery, ExportJob, ExportRequest, ExportSpec, ExportStatus, ExportedFile, Format, NewAccountExport,
    NewTransactionExport, Subject,
};
use saldo_domain::id::{ExportId, OrgId};
use saldo_http::{Caller, Page, PageAfter, Parameters, PathId, Payload, Problem, Seed};
use saldo_store::failure::Failure;
use saldo_store::files::Link;
use saldo_store::queue::ExportMessage;
use serde::Serialize;
use utoipa::ToSchema;

use crate::Stores;
use crate::inline;
use crate::rows::{ExportedAccount, ExportedTransaction, ExportedWorkbook};

/// An export in lists.
#[derive(Serialize, ToSchema)]
#[schema(as = Export, example = json!({
    "export_id": "exp_01980d3c-6f2a-7c41-9b7e-3f1d2a5b8c90", "type": "accounts", "format": "csv",
    "status": "completed", "rows": 4, "bytes": 812,
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "created_at": "2026-03-16T09:30:00.000Z", "completed_at": "2026-03-16T09:30:01.000Z",
    "available_until": "2026-03-23T09:30:01.000Z"
}))]
pub(crate) struct Summary {
    export_id: ExportId,
    r#type: Kind,
    format: Format,
    status: Status,
    /// The accounts or transactions in the file.
    #[schema(required)]
    rows: Option<u64>,
    /// The length of the file.
    #[schema(required)]
    bytes: Option<u64>,
    /// The SHA-256 of the bytes of the file.
    #[schema(required, pattern = "^[0-9a-f]{64}$")]
    sha256: Option<String>,
    /// Why the export failed.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(required, format = DateTime)]
    completed_at: Option<String>,
    /// The time at which the file is deleted.
    #[schema(required, format = DateTime)]
    available_until: Option<String>,
}

/// What is exported.
#[derive(Serialize, ToSchema)]
#[schema(as = ExportType)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Accounts,
    Transactions,
}

/// The status of an export.
#[derive(Serialize, ToSchema)]
#[schema(as = ExportStatus)]
#[serde(rename_all = "snake_case")]
enum Status {
    Processing,
    Completed,
    Failed,
    /// It was completed, and its file has been deleted.
    Expired,
}

/// An export with a link to its file, while that exists.
#[derive(Serialize, ToSchema)]
#[schema(as = ExportDetails, example = json!({
    "export_id": "exp_01980d3c-6f2a-7c41-9b7e-3f1d2a5b8c90", "type": "accounts", "format": "csv",
    "status": "completed", "rows": 4, "bytes": 812,
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "created_at": "2026-03-16T09:30:00.000Z", "completed_at": "2026-03-16T09:30:01.000Z",
    "available_until": "2026-03-23T09:30:01.000Z",
    "url": "https://bucket.s3.eu-central-1.amazonaws.com/exports/...?X-Amz-Signature=...",
    "expires_at": "2026-03-16T09:45:02.000Z"
}))]
pub(crate) struct Details {
    #[serde(flatten)]
    summary: Summary,
    /// A link to the file, a new one each time.
    #[schema(required, format = "uri")]
    url: Option<String>,
    /// The time at which the link expires.
    #[schema(required, format = DateTime)]
    expires_at: Option<String>,
}

impl Summary {
    fn of(job: &ExportJob, now: Timestamp) -> Self {
        let Some(ExportedFile { rows, bytes, sha256 }) = job.file() else {
            return Self::without_file(job);
        };
        let expired = job.kept_until().is_some_and(|until| until <= now);
        let status = if expired { Status::Expired } else { Status::Completed };
        Self { status, rows: Some(rows), bytes: Some(bytes), sha256: Some(sha256), ..Self::without_file(job) }
    }

    fn without_file(job: &ExportJob) -> Self {
        Self {
            export_id: job.id.clone(),
            r#type: match job.spec.subject {
                Subject::Accounts { .. } => Kind::Accounts,
                Subject::Transactions { .. } => Kind::Transactions,
            },
            format: job.spec.format,
            status: if job.status == ExportStatus::Failed { Status::Failed } else { Status::Processing },
            rows: None,
            bytes: None,
            sha256: None,
            reason: job.reason.clone(),
            created_at: in_milliseconds(job.created_at),
            completed_at: job.completed_at.map(in_milliseconds),
            available_until: job.kept_until().map(in_milliseconds),
        }
    }
}

/// An export that was accepted.
#[derive(Serialize, ToSchema)]
#[schema(as = AcceptedExport, example = json!({
    "export_id": "exp_01980d3c-6f2a-7c41-9b7e-3f1d2a5b8c90", "status": "processing"
}))]
struct Accepted {
    export_id: ExportId,
    status: Status,
}

/// Exports accounts
///
/// The answer is the file if it has at most 4,000,000 bytes, unless `delivery` is `link`. Otherwise the export runs in
/// the background: read its `Location` for a link to the file.
#[utoipa::path(
    post, path = "/api/v1/export/accounts", operation_id = "export_accounts", tag = "Exports",
    request_body = NewAccountExport,
    responses(
        (
            status = 200, description = "The file",
            headers(("Content-Disposition", description = "The name of the file; not of JSON")),
            content(
                (Vec<ExportedAccount> = "application/json"),
                (String = "text/csv", example = json!("id,external_id,contact.name,total_amount,currency\nacc_mfrggzdfmztwq2lk,INV-2026-0042,María García,45000,ARS\n")),
                (String = "application/x-ndjson", example = json!("{\"id\":\"acc_mfrggzdfmztwq2lk\",\"external_id\":\"INV-2026-0042\",\"total_amount\":45000,\"currency\":\"ARS\"}\n")),
                (ExportedWorkbook = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
            ),
        ),
        (
            status = 202, description = "The export runs", body = Accepted,
            headers(("Location", description = "Its path")),
        ),
    ),
)]
pub(crate) async fn accounts(
    State(stores): State<Stores>,
    Extension(caller): Extension<Caller>,
    Extension(seed): Extension<Seed>,
    payload: Payload,
) -> Result<Response, Problem> {
    let body: NewAccountExport = payload.json()?;
    let today = today(&stores, caller.org()).await?;
    respond(&stores, &caller, seed, body.on(caller.org(), today)).await
}

/// Exports transactions
///
/// The answer is the file if it has at most 4,000,000 bytes, unless `delivery` is `link`. Otherwise the export runs in
/// the background: read its `Location` for a link to the file.
#[utoipa::path(
    post, path = "/api/v1/export/transactions", operation_id = "export_transactions", tag = "Exports",
    request_body = NewTransactionExport,
    responses(
        (
            status = 200, description = "The file",
            headers(("Content-Disposition", description = "The name of the file; not of JSON")),
            content(
                (Vec<ExportedTransaction> = "application/json"),
                (String = "text/csv", example = json!("accountIdentifier,transactionId,creditDebit,amount,currency,valutaAt\nDE89370400440532013000,2026/01/15-7,debit,3.50,EUR,2026-01-15\n")),
                (String = "application/x-ndjson", example = json!("{\"accountIdentifier\":\"DE89370400440532013000\",\"amount\":\"3.50\",\"currency\":\"EUR\",\"valutaAt\":\"2026-01-15\"}\n")),
                (ExportedWorkbook = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
            ),
        ),
        (
            status = 202, description = "The export runs", body = Accepted,
            headers(("Location", description = "Its path")),
        ),
    ),
)]
pub(crate) async fn transactions(
    State(stores): State<Stores>,
    Extension(caller): Extension<Caller>,
    Extension(seed): Extension<Seed>,
    payload: Payload,
) -> Result<Response, Problem> {
    let body: NewTransactionExport = payload.json()?;
    let today = today(&stores, caller.org()).await?;
    respond(&stores, &caller, seed, body.on(today)).await
}

/// Today in the organization's time zone.
async fn today(stores: &Stores, org: &OrgId) -> Result<Date, Failure> {
    let organization = stores.keys.organization(org).await?;
    let organization = organization.ok_or_else(|| Failure::missing("the organization of an export"))?;
    Ok(organization.day_at(Timestamp::now()))
}

async fn respond(
    stores: &Stores,
    caller: &Caller,
    Seed(seed): Seed,
    ExportRequest { spec, delivery }: ExportRequest,
) -> Result<Response, Problem> {
    if delivery == Delivery::Auto
        && let Some(content) = inline::file(stores, caller.org(), &spec).await?
    {
        return Ok(answer(&spec, content));
    }
    let job = ExportJob::accepted(ExportId::of_seed(seed), caller.org().clone(), spec, Timestamp::now());
    let message = ExportMessage { org: job.org.clone(), export: job.id.clone() };
    stores.export_queue.hand_over(&stores.exports, &job, message).await?;
    let accepted = Accepted { export_id: job.id, status: Status::Processing };
    let location = format!("/api/v1/export/{}", accepted.export_id);
    Ok((StatusCode::ACCEPTED, [(LOCATION, location)], Json(accepted)).into_response())
}

/// The file as the answer. A browser shows JSON and saves the other formats.
fn answer(spec: &ExportSpec, content: Vec<u8>) -> Response {
    let mut answer = ([(CONTENT_TYPE, spec.format.media_type())], content).into_response();
    if spec.format != Format::Json
        && let Ok(disposition) = spec.disposition().try_into()
    {
        answer.headers_mut().insert(CONTENT_DISPOSITION, disposition);
    }
    answer
}

/// Lists exports
///
/// Those that were delivered by a link, newest first.
#[utoipa::path(
    get, path = "/api/v1/export", operation_id = "list_exports", tag = "Exports",
    params(PageAfter<ExportId>),
    responses((status = 200, description = "A page of exports", body = Page<Summary>)),
)]
pub(crate) async fn list(
    State(stores): State<Stores>,
    Extension(caller): Extension<Caller>,
    Parameters(query): Parameters<PageAfter<ExportId>>,
) -> Result<Json<Page<Summary>>, Problem> {
    let limit = query.limit.get();
    let (jobs, has_more) = stores.exports.list(caller.org(), query.starting_after.as_ref(), limit).await?;
    let now = Timestamp::now();
    Ok(Json(Page { data: jobs.iter().map(|job| Summary::of(job, now)).collect(), has_more }))
}

/// Shows an export
///
/// With a link to its file, once that is complete.
#[utoipa::path(
    get, path = "/api/v1/export/{export_id}", operation_id = "read_export", tag = "Exports",
    params(("export_id" = ExportId, Path)),
    responses((status = 200, description = "The export", body = Details)),
)]
pub(crate) async fn read(
    State(stores): State<Stores>,
    Extension(caller): Extension<Caller>,
    PathId(id): PathId<ExportId>,
) -> Result<Json<Details>, Problem> {
    let job = stores.exports.get(caller.org(), &id).await?.ok_or_else(Problem::not_found)?;
    let now = Timestamp::now();
    let link = link(&stores, &job, now).await?;
    let expires_at = link.as_ref().map(|link| in_milliseconds(link.expires_at));
    Ok(Json(Details { summary: Summary::of(&job, now), url: link.map(|link| link.url), expires_at }))
}

/// A new link to the file, while the file exists.
async fn link(stores: &Stores, job: &ExportJob, now: Timestamp) -> Result<Option<Link>, Failure> {
    let kept = job.kept_until().is_some_and(|until| until > now);
    match job.attempt().filter(|_| kept) {
        Some(attempt) => stores.files.link(&attempt.file, stores.limits.link_valid).await.map(Some),
        None => Ok(None),
    }
}
