//! `POST /api/v1/export/accounts` and `/transactions`: a file, or a job that will write it.

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, LOCATION};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use jiff::Timestamp;
use saldo_domain::date::Date;
use saldo_domain::export::{
    ACCOUNT_EXPORT_FIELDS, Delivery, ExportJob, ExportRequest, ExportSpec, Format, TRANSACTION_EXPORT_FIELDS,
};
use saldo_domain::id::{ExportId, OrgId};
use saldo_http::{Caller, Payload, Problem, Seed};
use saldo_store::app::App;
use saldo_store::failure::Failure;
use saldo_store::queue::ExportMessage;
use serde::Serialize;
use utoipa::ToSchema;

use crate::body::{ExportedAccount, ExportedTransaction, OfAccounts, OfTransactions};
use crate::inline;
use crate::job::Status;

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
/// A file that fits an answer of 4,000,000 bytes is the answer, unless `delivery` says `link`. Otherwise the
/// answer is an export that runs on its own: look at its `Location` for a link to the file.
#[utoipa::path(
    post, path = "/api/v1/export/accounts", operation_id = "export_accounts", tag = "Exports",
    request_body = OfAccounts,
    responses(
        (
            status = 200, description = "The file",
            headers(("Content-Disposition", description = "The name of the file; not of JSON")),
            content(
                (Vec<ExportedAccount> = "application/json"),
                (String = "text/csv", example = json!("id,external_id,contact.name,total_amount,currency\nacc_mfrggzdfmztwq2lk,INV-2026-0042,María García,45000,ARS\n")),
                (String = "application/x-ndjson", example = json!("{\"id\":\"acc_mfrggzdfmztwq2lk\",\"external_id\":\"INV-2026-0042\",\"total_amount\":45000,\"currency\":\"ARS\"}\n")),
            ),
        ),
        (
            status = 202, description = "The export runs", body = Accepted,
            headers(("Location", description = "Its path")),
        ),
    ),
)]
pub(crate) async fn accounts(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Extension(seed): Extension<Seed>,
    payload: Payload,
) -> Result<Response, Problem> {
    let fields = payload.json_fields(ACCOUNT_EXPORT_FIELDS)?;
    let today = today(&app, caller.org()).await?;
    respond(&app, &caller, seed, ExportRequest::of_accounts(fields, today)?).await
}

/// Exports transactions
///
/// A file that fits an answer of 4,000,000 bytes is the answer, unless `delivery` says `link`. Otherwise the
/// answer is an export that runs on its own: look at its `Location` for a link to the file.
#[utoipa::path(
    post, path = "/api/v1/export/transactions", operation_id = "export_transactions", tag = "Exports",
    request_body = OfTransactions,
    responses(
        (
            status = 200, description = "The file",
            headers(("Content-Disposition", description = "The name of the file; not of JSON")),
            content(
                (Vec<ExportedTransaction> = "application/json"),
                (String = "text/csv", example = json!("accountIdentifier,transactionId,creditDebit,amount,currency,valutaAt\nDE89370400440532013000,2026/01/15-7,debit,3.50,EUR,2026-01-15\n")),
                (String = "application/x-ndjson", example = json!("{\"accountIdentifier\":\"DE89370400440532013000\",\"amount\":\"3.50\",\"currency\":\"EUR\",\"valutaAt\":\"2026-01-15\"}\n")),
            ),
        ),
        (
            status = 202, description = "The export runs", body = Accepted,
            headers(("Location", description = "Its path")),
        ),
    ),
)]
pub(crate) async fn transactions(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Extension(seed): Extension<Seed>,
    payload: Payload,
) -> Result<Response, Problem> {
    let fields = payload.json_fields(TRANSACTION_EXPORT_FIELDS)?;
    let today = today(&app, caller.org()).await?;
    respond(&app, &caller, seed, ExportRequest::of_transactions(fields, today)?).await
}

/// The day it is where the organization is.
async fn today(app: &App, org: &OrgId) -> Result<Date, Failure> {
    let organization = app.keys.organization(org).await?;
    let organization = organization.ok_or_else(|| Failure::missing("the organization of an export"))?;
    Ok(organization.day_at(Timestamp::now()))
}

async fn respond(
    app: &App,
    caller: &Caller,
    Seed(seed): Seed,
    ExportRequest { spec, delivery }: ExportRequest,
) -> Result<Response, Problem> {
    if delivery == Delivery::Auto
        && let Some(content) = inline::file(app, caller.org(), &spec).await?
    {
        return Ok(answer(&spec, content));
    }
    let job = ExportJob::accepted(ExportId::of_seed(seed), caller.org().clone(), spec, Timestamp::now());
    let message = ExportMessage { org: job.org.clone(), export: job.id.clone() };
    app.export_queue.hand_over(&app.exports, &job, message).await?;
    let accepted = Accepted { export_id: job.id, status: Status::Processing };
    let location = format!("/api/v1/export/{}", accepted.export_id);
    Ok((StatusCode::ACCEPTED, [(LOCATION, location)], Json(accepted)).into_response())
}

/// The file as the answer. JSON is an answer like any other; the others are to be saved.
fn answer(spec: &ExportSpec, content: Vec<u8>) -> Response {
    let mut answer = ([(CONTENT_TYPE, spec.format.media_type())], content).into_response();
    if spec.format != Format::Json
        && let Ok(disposition) = spec.disposition().try_into()
    {
        answer.headers_mut().insert(CONTENT_DISPOSITION, disposition);
    }
    answer
}
