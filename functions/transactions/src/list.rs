//! An account's transactions, newest first: by the identifier they were imported under, or
//! by the account's id.

use std::str::FromStr;

use axum::extract::State;
use axum::{Extension, Json};
use saldo_domain::account::AccountIdentifier;
use saldo_domain::bounds::Bounds;
use saldo_domain::date::{self, Date};
use saldo_domain::fields::{Fields, FindingCode};
use saldo_domain::id::{AccountId, OrgId};
use saldo_domain::transaction::Place;
use saldo_http::{Caller, CursorPage, FromParameters, Limit, NOT_A_CURSOR, Parameters, PathId, Problem};
use saldo_store::app::App;

use crate::view::View;

const LIMIT: &str = "limit";
const CURSOR: &str = "cursor";
const FROM: &str = "from";
const TO: &str = "to";
const ACCOUNT_IDENTIFIER: &str = "accountIdentifier";

/// Which page of an account's transactions.
pub(crate) struct Window {
    limit: Limit,
    days: Bounds<Date>,
    after: Option<Place>,
}

impl FromParameters for Window {
    const NAMES: &'static [&'static str] = &[LIMIT, CURSOR, FROM, TO];

    fn read(parameters: &mut Fields) -> Option<Self> {
        let limit = parameters.patch(LIMIT, str::parse).value().unwrap_or_default();
        let after =
            parameters.patch(CURSOR, |cursor| Place::from_str(cursor).map_err(|_| NOT_A_CURSOR)).value();
        let from = parameters.patch(FROM, date::parse).value();
        let to = parameters.patch(TO, date::parse).value();
        let days = Bounds { from, to };
        if days.are_crossed() {
            return parameters.refuse(FROM, FindingCode::InvalidValue, "from is after to").value();
        }
        Some(Self { limit, days, after })
    }
}

/// Which account's, and which page of them.
pub(crate) struct Query {
    account: AccountIdentifier,
    window: Window,
}

impl FromParameters for Query {
    const NAMES: &'static [&'static str] = &[ACCOUNT_IDENTIFIER, LIMIT, CURSOR, FROM, TO];

    fn read(parameters: &mut Fields) -> Option<Self> {
        let account = parameters.required(ACCOUNT_IDENTIFIER, Fields::text);
        let window = Window::read(parameters);
        Some(Self { account: account?, window: window? })
    }
}

/// Lists the transactions of an account by its identifier
///
/// Newest first, by their valuta dates. There may be no account of that identifier: transactions need none.
#[utoipa::path(
    get, path = "/api/public/v1/transactions", operation_id = "list_transactions", tag = "Transactions",
    params(
        ("accountIdentifier" = AccountIdentifier, Query, description = "What the transactions call their account, such as an IBAN"),
        ("limit" = inline(Option<Limit>), Query, description = "How many"),
        ("cursor" = Option<String>, Query, pattern = r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])\.[0-9]{19}\.txn_[a-z2-7]{16,32}$", description = "The `next_cursor` of the page before"),
        ("from" = Option<Date>, Query, description = "Only transactions valued on this day or later"),
        ("to" = Option<Date>, Query, description = "Only transactions valued on this day or earlier"),
    ),
    responses((status = 200, description = "A page of transactions", body = CursorPage<View>)),
)]
pub(crate) async fn by_identifier(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Parameters(Query { account, window }): Parameters<Query>,
) -> Result<Json<CursorPage<View>>, Problem> {
    page(&app, caller.org(), &account, window).await
}

/// Lists the transactions of an account
///
/// Newest first, by their valuta dates.
#[utoipa::path(
    get, path = "/v1/accounts/{id}/transactions", operation_id = "list_account_transactions", tag = "Transactions",
    params(
        ("id" = AccountId, Path),
        ("limit" = inline(Option<Limit>), Query, description = "How many"),
        ("cursor" = Option<String>, Query, pattern = r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])\.[0-9]{19}\.txn_[a-z2-7]{16,32}$", description = "The `next_cursor` of the page before"),
        ("from" = Option<Date>, Query, description = "Only transactions valued on this day or later"),
        ("to" = Option<Date>, Query, description = "Only transactions valued on this day or earlier"),
    ),
    responses((status = 200, description = "A page of transactions", body = CursorPage<View>)),
)]
pub(crate) async fn of_account(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    PathId(id): PathId<AccountId>,
    Parameters(window): Parameters<Window>,
) -> Result<Json<CursorPage<View>>, Problem> {
    let account = app.accounts.get(caller.org(), &id).await?.ok_or_else(Problem::not_found)?;
    page(&app, caller.org(), &account.transactions_identifier(), window).await
}

async fn page(
    app: &App,
    org: &OrgId,
    account: &AccountIdentifier,
    Window { limit, days, after }: Window,
) -> Result<Json<CursorPage<View>>, Problem> {
    let page = app.transactions.list(org, account, days, after.as_ref(), limit.get()).await?;
    let (transactions, has_more) = page;
    let next_cursor = transactions.last().filter(|_| has_more).map(|last| Place::of(last).to_string());
    Ok(Json(CursorPage::new(transactions.into_iter().map(View::from).collect(), next_cursor)))
}

#[cfg(test)]
mod tests {
    use saldo_http::openapi::query_parameters;

    use super::*;

    #[test]
    fn what_is_described_is_what_is_read() {
        assert_eq!(query_parameters::<__path_by_identifier>(), Query::NAMES);
        assert_eq!(query_parameters::<__path_of_account>(), Window::NAMES);
    }
}
