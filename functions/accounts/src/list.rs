//! `GET /v1/accounts`: the organization's accounts, whoever made them.

use axum::extract::State;
use axum::{Extension, Json};
use saldo_domain::account::{AccountFilter, AccountType, OwnerId};
use saldo_domain::fields::Fields;
use saldo_domain::id::AccountId;
use saldo_http::{Caller, FromParameters, Limit, Page, Parameters, Problem};
use saldo_store::app::App;

use crate::view::View;

pub(crate) struct Query {
    limit: Limit,
    filter: AccountFilter,
    starting_after: Option<AccountId>,
}

impl FromParameters for Query {
    const NAMES: &'static [&'static str] = &["limit", "type", "owner_id", "starting_after"];

    fn read(parameters: &mut Fields) -> Option<Self> {
        let limit = parameters.patch("limit", str::parse).value().unwrap_or_default();
        let kind = parameters.text("type").value();
        let owner_id = parameters.text("owner_id").value();
        let starting_after = parameters.patch("starting_after", str::parse).value();
        Some(Self {
            limit,
            filter: AccountFilter { kind, owner_id, ..AccountFilter::default() },
            starting_after,
        })
    }
}

/// Lists accounts
///
/// In the order of their ids.
#[utoipa::path(
    get, path = "/v1/accounts", operation_id = "list_accounts", tag = "Accounts",
    params(
        ("limit" = inline(Option<Limit>), Query, description = "How many"),
        ("type" = Option<AccountType>, Query, description = "Only accounts of this type"),
        ("owner_id" = Option<OwnerId>, Query, description = "Only accounts of this owner"),
        ("starting_after" = Option<AccountId>, Query, description = "The last account of the page before"),
    ),
    responses((status = 200, description = "A page of accounts", body = Page<View>)),
)]
pub(crate) async fn list(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Parameters(Query { limit, filter, starting_after }): Parameters<Query>,
) -> Result<Json<Page<View>>, Problem> {
    let page = app.accounts.list(caller.org(), &filter, starting_after.as_ref(), limit.get()).await?;
    let (accounts, has_more) = page;
    let data = accounts.into_iter().map(View::from).collect();
    Ok(Json(Page { data, has_more }))
}

#[cfg(test)]
mod tests {
    use saldo_http::openapi::query_parameters;

    use super::*;

    #[test]
    fn what_is_described_is_what_is_read() {
        assert_eq!(query_parameters::<__path_list>(), Query::NAMES);
    }
}
