//! The function that exports accounts and transactions: `/api/v1/export`.

mod exports;
mod inline;
mod rows;

use saldo_domain::key::Scope;
use saldo_http::Routes;
use saldo_store::app::App;
use utoipa_axum::routes;

/// The routes of the function.
#[must_use]
pub fn routes(app: &App) -> Routes {
    Routes::new(app)
        .with(Scope::Export, routes!(exports::accounts))
        .with(Scope::Export, routes!(exports::transactions))
        .with(Scope::Export, routes!(exports::list))
        .with(Scope::Export, routes!(exports::read))
}
