//! `GET /api/v1/import`: the organization's imports, newest first.

use axum::extract::State;
use axum::{Extension, Json};
use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use saldo_domain::id::ImportId;
use saldo_domain::import::ImportSummary;
use saldo_http::{Caller, Page, PageAfter, Parameters, Problem};
use saldo_store::app::App;

/// The jobs whose chunks are added up at the same time. Most jobs of a page have ended and need none.
const SUMS_IN_FLIGHT: usize = 8;

/// Lists imports
///
/// Newest first.
#[utoipa::path(
    get, path = "/api/v1/import", operation_id = "list_imports", tag = "Imports",
    params(PageAfter<ImportId>),
    responses((status = 200, description = "A page of imports", body = Page<ImportSummary>)),
)]
pub(crate) async fn list(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Parameters(query): Parameters<PageAfter<ImportId>>,
) -> Result<Json<Page<ImportSummary>>, Problem> {
    let now = Timestamp::now();
    let limit = query.limit.get();
    let (jobs, has_more) = app.imports.list(caller.org(), query.starting_after.as_ref(), limit).await?;
    let imports = jobs.into_iter().map(|job| app.imports.with_progress(job));
    let summaries = stream::iter(imports).buffered(SUMS_IN_FLIGHT);
    let data = summaries.map_ok(|import| ImportSummary::of(&import, now)).try_collect().await?;
    Ok(Json(Page { data, has_more }))
}
