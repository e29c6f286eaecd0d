//! `POST /api/v1/export/accounts` and `/transactions`: a file, or a job that will write it.

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, LOCATION};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use jiff::Timestamp;
use saldo::app::App;
use saldo::date::Date;
use saldo::export::{
    ACCOUNT_EXPORT_FIELDS, Delivery, ExportJob, ExportRequest, ExportSpec, ExportStatus, Format,
    TRANSACTION_EXPORT_FIELDS,
};
use saldo::failure::Failure;
use saldo::http::{Caller, Payload, Problem, Seed};
use saldo::id::{ExportId, OrgId};
use saldo::queue::ExportMessage;
use serde::Serialize;

use crate::inline;

#[derive(Serialize)]
struct Accepted {
    export_id: ExportId,
    status: ExportStatus,
}

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
    let accepted = Accepted { export_id: job.id, status: ExportStatus::Processing };
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
