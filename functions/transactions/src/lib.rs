//! The function that imports and lists transactions: `/api/public/v1/transactions`.

mod import;
mod transactions;

use saldo_domain::key::Scope;
use saldo_http::Routes;
use saldo_store::app::App;
use utoipa_axum::routes;

/// The routes of the function.
#[must_use]
pub fn routes(app: &App) -> Routes {
    Routes::new(app)
        .with(Scope::TransactionsRead, routes!(transactions::by_identifier))
        .with(Scope::TransactionsWrite, routes!(import::import))
        .with(Scope::TransactionsRead, routes!(transactions::of_account))
}
