//! Accounts, one by one: `/v1/accounts`.

mod body;
mod change;
mod create;
mod delete;
mod list;
mod read;
mod view;

use saldo_domain::key::Scope;
use saldo_http::Routes;
use saldo_store::app::App;
use utoipa_axum::routes;

/// How often a change is tried on an account that others are changing. Each attempt loses
/// only to a write that succeeded meanwhile.
const ATTEMPTS_MAX: usize = 16;

/// The routes of the function.
#[must_use]
pub fn routes(app: &App) -> Routes {
    Routes::new(app)
        .with(Scope::AccountsRead, routes!(list::list))
        .with(Scope::AccountsWrite, routes!(create::create))
        .with(Scope::AccountsRead, routes!(read::read))
        .with(Scope::AccountsWrite, routes!(change::change))
        .with(Scope::AccountsWrite, routes!(delete::delete))
}
