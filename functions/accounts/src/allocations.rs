//! The resource `/v1/accounts/{id}/allocations`: what reduces an open item without its source.

use axum::extract::State;
use axum::{Extension, Json};
use saldo_domain::date::Date;
use saldo_domain::id::{AccountId, AllocationId};
use saldo_domain::money::{Currency, Decimal, as_number};
use saldo_domain::receivable::{Allocation, AllocationKind};
use saldo_http::openapi::Amount;
use saldo_http::{Caller, FilteredPage, PageAfter, Parameters, PathId, Problem};
use serde::Serialize;
use utoipa::ToSchema;

use crate::Stores;

/// An allocation to an open item.
#[derive(Serialize, ToSchema)]
#[schema(as = Allocation, example = json!({
    "id": "all_01990000-0000-7000-8000-000000000000", "account_id": "acc_mfrggzdfmztwq2lk", "kind": "adjustment",
    "amount": 100, "currency": "EUR", "made_on": "2026-03-16", "posted_at": null, "total_amount": 1000, "as_of": "2026-03-15"
}))]
pub(crate) struct View {
    id: AllocationId,
    account_id: AccountId,
    #[schema(value_type = AllocationKind)]
    kind: &'static str,
    /// The amount by which it reduces what is owed; negative if it raises it.
    #[schema(value_type = Amount)]
    #[serde(serialize_with = "as_number")]
    amount: Decimal,
    /// The currency: it counts while the account has this one.
    currency: Currency,
    /// The day on which it was made.
    made_on: Date,
    /// The day on which the source acknowledged an adjustment, null before.
    #[schema(required)]
    posted_at: Option<Date>,
    /// The source's latest figure when it was made.
    #[schema(value_type = Amount)]
    #[serde(serialize_with = "as_number")]
    total_amount: Decimal,
    /// The day of that figure.
    as_of: Date,
}

/// Lists the allocations of an account
///
/// In the order in which they were made: the adjustments by which its balance was set.
#[utoipa::path(
    get, path = "/v1/accounts/{id}/allocations", operation_id = "list_allocations", tag = "Accounts",
    params(("id" = AccountId, Path), PageAfter<AllocationId>),
    responses((status = 200, description = "A page of allocations", body = FilteredPage<View>)),
)]
pub(crate) async fn list(
    State(stores): State<Stores>,
    Extension(caller): Extension<Caller>,
    PathId(id): PathId<AccountId>,
    Parameters(PageAfter { limit, starting_after }): Parameters<PageAfter<AllocationId>>,
) -> Result<Json<FilteredPage<View>>, Problem> {
    let page = stores.accounts.allocations(caller.org(), &id, starting_after.as_ref(), limit.get()).await?;
    let (allocations, has_more) = page.ok_or_else(Problem::not_found)?;
    let next = allocations.last().filter(|_| has_more).map(|last| last.id.clone());
    let view = |allocation: Allocation| View {
        id: allocation.id,
        account_id: id.clone(),
        kind: allocation.kind.into(),
        amount: allocation.amount,
        currency: allocation.currency,
        made_on: allocation.made_on,
        posted_at: allocation.posted_at,
        total_amount: allocation.total_amount,
        as_of: allocation.as_of,
    };
    Ok(Json(FilteredPage::new(allocations.into_iter().map(view).collect(), next)))
}
