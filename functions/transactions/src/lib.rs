//! Transactions: their import, which adds each of them once, and their listing.

mod body;
mod import;
mod list;
mod view;

use saldo_domain::key::Scope;
use saldo_http::Routes;
use saldo_store::app::App;
use utoipa_axum::routes;

/// The routes of the function.
#[must_use]
pub fn routes(app: &App) -> Routes {
    Routes::new(app)
        .with(Scope::TransactionsRead, routes!(list::by_identifier))
        .with(Scope::TransactionsWrite, routes!(import::import))
        .with(Scope::TransactionsRead, routes!(list::of_account))
}
