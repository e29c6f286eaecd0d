//! The resource `/v1/accounts`: accounts of every origin, one by one.

use axum::extract::State;
use axum::http::header::LOCATION;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use jiff::Timestamp;
use saldo_domain::account::{
    Account, AccountChange, AccountFilter, AccountStatus, AccountType, ExternalId, NewAccount,
    NumberedClient, OwnerId,
};
use saldo_domain::bounds::Bounds;
use saldo_domain::date::Date;
use saldo_domain::fields::{Fields, Finding, FindingCode};
use saldo_domain::id::AccountId;
use saldo_http::openapi::{AmountText, EntityTags};
use saldo_http::{
    Caller, FilteredPage, FromParameters, Limit, Parameters, PathId, Payload, Preconditions, Problem, Seed,
    etag_header,
};
use saldo_store::{CHANGE_ATTEMPTS_MAX, Moment};

use crate::Stores;
use crate::view::View;

/// The parameters of a list of accounts.
pub(crate) struct Query {
    limit: Limit,
    filter: AccountFilter,
    client_external_id: Option<ExternalId>,
    starting_after: Option<AccountId>,
}

impl FromParameters for Query {
    const NAMES: &'static [&'static str] = &[
        "limit",
        "type",
        "owner_id",
        "client_external_id",
        "external_id",
        "status",
        "due_before",
        "due_after",
        "min_open_amount",
        "starting_after",
    ];

    fn read(parameters: &mut Fields<'_>) -> Option<Self> {
        let limit = parameters.patch("limit", str::parse).value().unwrap_or_default();
        let due_before: Option<Date> = parameters.day("due_before").value();
        let due_after: Option<Date> = parameters.day("due_after").value();
        let due_date = Bounds {
            from: due_after.map(|day| day.tomorrow().unwrap_or(Date::MAX)),
            to: due_before.map(|day| day.yesterday().unwrap_or(Date::MIN)),
        };
        let filter = AccountFilter {
            kind: parameters.text("type").value(),
            owner_id: parameters.text("owner_id").value(),
            external_id: parameters.patch("external_id", str::parse).value(),
            status: parameters.text("status").value(),
            due_date,
            min_open_amount: parameters.amount("min_open_amount").value(),
            ..AccountFilter::default()
        };
        let client_external_id: Option<ExternalId> =
            parameters.patch("client_external_id", str::parse).value();
        if filter.owner_id.is_some() && client_external_id.is_some() {
            let reason = "owner_id is there, too; leave one of them out";
            parameters.report(Finding::in_field("client_external_id", FindingCode::InvalidValue, reason));
        }
        let starting_after = parameters.patch("starting_after", str::parse).value();
        Some(Self { limit, filter, client_external_id, starting_after })
    }
}

/// Lists accounts
///
/// In the order of their ids. All filters must match; an account without a value for a filter does not match it. With a
/// filter, a page may have fewer accounts than `limit`, or none, and still have a next one.
#[utoipa::path(
    get, path = "/v1/accounts", operation_id = "list_accounts", tag = "Accounts",
    params(
        ("limit" = inline(Option<Limit>), Query, description = "How many"),
        ("type" = Option<AccountType>, Query, description = "Only accounts of this type"),
        ("owner_id" = Option<OwnerId>, Query, description = "Only accounts of this owner"),
        ("client_external_id" = Option<ExternalId>, Query, description = "Only accounts of the client with this number; instead of `owner_id`"),
        ("external_id" = Option<ExternalId>, Query, description = "Only the account with this id of its source"),
        ("status" = Option<AccountStatus>, Query, description = "Only accounts whose status reads so: `resolved` includes `active` ones of which nothing is owed"),
        ("due_before" = Option<Date>, Query, description = "Only accounts due before this day"),
        ("due_after" = Option<Date>, Query, description = "Only accounts due after this day"),
        ("min_open_amount" = Option<AmountText>, Query, description = "Only accounts of which at least this is still owed"),
        ("starting_after" = Option<AccountId>, Query, description = "The `next_starting_after` of the page before"),
    ),
    responses((status = 200, description = "A page of accounts", body = FilteredPage<View>)),
)]
pub(crate) async fn list(
    State(stores): State<Stores>,
    Extension(caller): Extension<Caller>,
    Parameters(Query { limit, mut filter, client_external_id, starting_after }): Parameters<Query>,
) -> Result<Json<FilteredPage<View>>, Problem> {
    let org = caller.org();
    let of_client = client_external_id.map(|number| NumberedClient::new(org, number).owner_id);
    filter.owner_id = filter.owner_id.or(of_client);
    let scopes = stores.imports.scopes(org).await?;
    let page = stores.accounts.list(org, &filter, &scopes, starting_after.as_ref(), limit.get()).await?;
    let (accounts, next) = page;
    Ok(Json(FilteredPage::new(accounts.into_iter().map(View::from).collect(), next)))
}

/// Creates an account
#[utoipa::path(
    post, path = "/v1/accounts", operation_id = "create_account", tag = "Accounts",
    request_body(content((NewAccount = "application/json"), (NewAccount = "application/x-www-form-urlencoded"))),
    responses((
        status = 201, description = "The account", body = View,
        headers(("ETag", description = "The state it is in"), ("Location", description = "Its path")),
    )),
)]
pub(crate) async fn create(
    State(stores): State<Stores>,
    Extension(caller): Extension<Caller>,
    Extension(Seed(seed)): Extension<Seed>,
    payload: Payload,
) -> Result<impl IntoResponse, Problem> {
    let body: NewAccount = payload.json_or_form()?;
    let account = body.create(AccountId::of_seed(seed), Timestamp::now());
    let account = stores.accounts.create(caller.org(), account, &caller.changed_by()).await?;
    let location = format!("/v1/accounts/{}", account.id);
    Ok((StatusCode::CREATED, [(LOCATION, location)], shown(account)))
}

/// Shows an account
#[utoipa::path(
    get, path = "/v1/accounts/{id}", operation_id = "read_account", tag = "Accounts",
    params(
        ("id" = AccountId, Path),
        ("If-Match" = inline(Option<EntityTags>), Header, description = "The states it may be in: `*` or ETags"),
        ("If-None-Match" = Option<String>, Header, description = "The states that the caller has: `*` or ETags"),
    ),
    responses(
        (status = 200, description = "The account", body = View, headers(("ETag", description = "The state it is in"))),
        (status = 304, description = "The caller has it in this state", headers(("ETag", description = "The state it is in"))),
        (status = 412, description = "`precondition_failed`: it is in another state"),
    ),
)]
pub(crate) async fn read(
    State(stores): State<Stores>,
    Extension(caller): Extension<Caller>,
    PathId(id): PathId<AccountId>,
    preconditions: Preconditions,
) -> Result<Response, Problem> {
    let scopes = stores.imports.scopes(caller.org()).await?;
    let account = stores.accounts.get_stated(caller.org(), &id, &scopes).await?;
    let account = account.ok_or_else(Problem::not_found)?;
    preconditions.admit(&account.revision)?;
    if preconditions.has(&account.revision) {
        return Ok((StatusCode::NOT_MODIFIED, etag_header(&account.revision)).into_response());
    }
    Ok(shown(account).into_response())
}

/// Changes an account
///
/// Absent fields keep their values. The `balance` of an account that an import has made is minus what is still owed: setting it
/// records an adjustment of the difference, which counts whatever the source states later.
#[utoipa::path(
    put, path = "/v1/accounts/{id}", operation_id = "change_account", tag = "Accounts",
    params(
        ("id" = AccountId, Path),
        ("If-Match" = inline(Option<EntityTags>), Header, description = "The states it may be in: `*` or ETags"),
        ("If-None-Match" = Option<String>, Header, description = "The states it may not be in: `*` or ETags"),
    ),
    request_body(content((AccountChange = "application/json"), (AccountChange = "application/x-www-form-urlencoded"))),
    responses(
        (status = 200, description = "The account", body = View, headers(("ETag", description = "The state it is in"))),
        (status = 412, description = "`precondition_failed`: it is in another state"),
    ),
)]
pub(crate) async fn change(
    State(stores): State<Stores>,
    Extension(caller): Extension<Caller>,
    PathId(id): PathId<AccountId>,
    preconditions: Preconditions,
    payload: Payload,
) -> Result<impl IntoResponse, Problem> {
    let change: AccountChange = payload.json_or_form()?;
    let exactly = preconditions.name_a_state();
    for _ in 0..CHANGE_ATTEMPTS_MAX {
        let scopes = &stores.imports.scopes(caller.org()).await?;
        let seen = stores.accounts.get_for_change(caller.org(), &id).await?.ok_or_else(Problem::not_found)?;
        preconditions.admit_change(&seen.revision)?;
        change.check(&seen)?;
        let is_adjusted = seen.is_imported() && (change.balance.is_some() || change.currency.is_some());
        let (now, by) = (Timestamp::now(), caller.changed_by());
        let today = if is_adjusted { stores.day_at(caller.org(), now).await? } else { Date::MIN };
        let moment = Moment { now, today, scopes };
        let changed = stores.accounts.change(caller.org(), &seen, &change, exactly, moment, &by).await?;
        if let Some(changed) = changed? {
            return Ok(shown(changed));
        }
    }
    Err(Problem::unavailable())
}

/// Deletes an account permanently
///
/// With its allocations.
#[utoipa::path(
    delete, path = "/v1/accounts/{id}", operation_id = "delete_account", tag = "Accounts",
    params(
        ("id" = AccountId, Path),
        ("If-Match" = inline(Option<EntityTags>), Header, description = "The states it may be in: `*` or ETags"),
        ("If-None-Match" = Option<String>, Header, description = "The states it may not be in: `*` or ETags"),
    ),
    responses(
        (status = 204, description = "The account was deleted"),
        (status = 412, description = "`precondition_failed`: it is in another state"),
    ),
)]
pub(crate) async fn delete(
    State(stores): State<Stores>,
    Extension(caller): Extension<Caller>,
    PathId(id): PathId<AccountId>,
    preconditions: Preconditions,
) -> Result<StatusCode, Problem> {
    for _ in 0..CHANGE_ATTEMPTS_MAX {
        let Some(seen) = stores.accounts.get(caller.org(), &id).await? else {
            stores.accounts.delete_rest(caller.org(), &id).await?;
            return Err(Problem::not_found());
        };
        preconditions.admit_change(&seen.revision)?;
        let exactly = preconditions.name_a_state();
        if seen.bank.is_some() {
            // Pending transactions are not booked, and only the account refers to them.
            stores.transactions.forget_pending(caller.org(), &seen).await?;
        }
        let (now, by) = (Timestamp::now(), caller.changed_by());
        if stores.accounts.delete(caller.org(), &seen, exactly, now, &by).await? {
            return Ok(StatusCode::NO_CONTENT);
        }
    }
    Err(Problem::unavailable())
}

/// The answer that shows an account, with its revision as `ETag`.
fn shown(account: Account) -> ([(HeaderName, HeaderValue); 1], Json<View>) {
    (etag_header(&account.revision), Json(account.into()))
}

#[cfg(test)]
mod tests {
    use saldo_http::openapi::query_parameters;

    use super::*;

    #[test]
    fn list_describes_its_parameters() {
        assert_eq!(query_parameters::<__path_list>(), Query::NAMES);
    }
}
