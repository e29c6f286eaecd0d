//! The function that lists, creates, reads, changes and deletes accounts: `/v1/accounts`.

mod accounts;
mod view;

use saldo_domain::key::Scope;
use saldo_http::Routes;
use saldo_store::app::App;
use utoipa_axum::routes;

/// The routes of the function.
#[must_use]
pub fn routes(app: &App) -> Routes {
    Routes::new(app)
        .with(Scope::AccountsRead, routes!(accounts::list))
        .with(Scope::AccountsWrite, routes!(accounts::create))
        .with(Scope::AccountsRead, routes!(accounts::read))
        .with(Scope::AccountsWrite, routes!(accounts::change))
        .with(Scope::AccountsWrite, routes!(accounts::delete))
}
