//! An account's transactions, newest first: by the identifier they were imported under, or
//! by the account's id.

use std::str::FromStr;

use axum::extract::State;
use axum::{Extension, Json};
use saldo::account::AccountIdentifier;
use saldo::app::App;
use saldo::bounds::Bounds;
use saldo::date::{self, Date};
use saldo::fields::{Fields, FindingCode};
use saldo::http::{Caller, CursorPage, FromParameters, Limit, NOT_A_CURSOR, Parameters, PathId, Problem};
use saldo::id::{AccountId, OrgId};
use saldo::transaction::Place;

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

pub(crate) async fn by_identifier(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Parameters(Query { account, window }): Parameters<Query>,
) -> Result<Json<CursorPage<View>>, Problem> {
    page(&app, caller.org(), &account, window).await
}

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
