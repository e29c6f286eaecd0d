//! `GET /api/v1/import`: the organization's imports, newest first.

use axum::extract::State;
use axum::{Extension, Json};
use saldo::app::App;
use saldo::http::{Caller, Limit, Page, Parameters, Problem};
use saldo::id::ImportId;
use serde::Deserialize;

use crate::job::Summary;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Query {
    #[serde(default)]
    limit: Limit,
    /// The last job of the page before.
    starting_after: Option<ImportId>,
}

pub(crate) async fn list(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Parameters(query): Parameters<Query>,
) -> Result<Json<Page<Summary>>, Problem> {
    let one_more = query.limit.get() + 1;
    let jobs = app.imports.list(caller.org(), query.starting_after.as_ref(), one_more).await?;
    Ok(Json(Page::of(jobs.into_iter().map(Summary::from).collect(), query.limit)))
}
