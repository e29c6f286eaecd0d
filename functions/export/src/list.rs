//! `GET /api/v1/export`: the organization's exports, newest first.

use axum::extract::State;
use axum::{Extension, Json};
use jiff::Timestamp;
use saldo_domain::id::ExportId;
use saldo_http::{Caller, Page, PageAfter, Parameters, Problem};
use saldo_store::app::App;

use crate::job::Summary;

/// Lists exports
///
/// Those that were handed over by a link, newest first.
#[utoipa::path(
    get, path = "/api/v1/export", operation_id = "list_exports", tag = "Exports",
    params(PageAfter<ExportId>),
    responses((status = 200, description = "A page of exports", body = Page<Summary>)),
)]
pub(crate) async fn list(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Parameters(query): Parameters<PageAfter<ExportId>>,
) -> Result<Json<Page<Summary>>, Problem> {
    let limit = query.limit.get();
    let (jobs, has_more) = app.exports.list(caller.org(), query.starting_after.as_ref(), limit).await?;
    let now = Timestamp::now();
    Ok(Json(Page { data: jobs.iter().map(|job| Summary::of(job, now)).collect(), has_more }))
}
