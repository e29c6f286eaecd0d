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
    let limit = query.limit.get();
    let (jobs, has_more) = app.imports.list(caller.org(), query.starting_after.as_ref(), limit).await?;
    let data = jobs.into_iter().map(Summary::from).collect();
    Ok(Json(Page { data, has_more, next_cursor: None }))
}
