//! `GET /api/v1/keys`: the organization's keys, revoked ones included.

use axum::extract::State;
use axum::{Extension, Json};
use saldo_domain::id::KeyId;
use saldo_http::{Caller, Page, PageAfter, Parameters, Problem};
use saldo_store::app::App;

use crate::view::View;

/// Lists keys
///
/// Those that were revoked or have expired, too, in the order of their ids, and never the keys themselves.
#[utoipa::path(
    get, path = "/api/v1/keys", operation_id = "list_keys", tag = "Keys",
    params(PageAfter<KeyId>),
    responses((status = 200, description = "A page of keys", body = Page<View>)),
)]
pub(crate) async fn list(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Parameters(query): Parameters<PageAfter<KeyId>>,
) -> Result<Json<Page<View>>, Problem> {
    let page = app.keys.list(caller.org(), query.starting_after.as_ref(), query.limit.get()).await?;
    let (keys, has_more) = page;
    Ok(Json(Page { data: keys.into_iter().map(View::from).collect(), has_more }))
}

#[cfg(test)]
mod tests {
    use saldo_http::FromParameters;
    use saldo_http::openapi::query_parameters;

    use super::*;

    #[test]
    fn what_is_described_is_what_is_read() {
        assert_eq!(query_parameters::<__path_list>(), PageAfter::<KeyId>::NAMES);
    }
}
