//! `GET /api/v1/keys`: the organization's keys, revoked ones included.

use axum::extract::State;
use axum::{Extension, Json};
use saldo::app::App;
use saldo::http::{Caller, Page, PageAfter, Parameters, Problem};
use saldo::id::KeyId;

use crate::view::View;

pub(crate) async fn list(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Parameters(query): Parameters<PageAfter<KeyId>>,
) -> Result<Json<Page<View>>, Problem> {
    let page = app.keys.list(caller.org(), query.starting_after.as_ref(), query.limit.get()).await?;
    let (keys, has_more) = page;
    Ok(Json(Page { data: keys.into_iter().map(View::from).collect(), has_more }))
}
