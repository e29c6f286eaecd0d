//! Transactions: their import, which adds each of them once, and their listing.

mod import;
mod list;
mod view;

use saldo::app::App;
use saldo::http::Routes;
use saldo::key::Scope;

/// The routes of the function.
#[must_use]
pub fn routes(app: &App) -> Routes {
    Routes::new(app)
        .get("/api/public/v1/transactions", Scope::TransactionsRead, list::by_identifier)
        .post("/api/public/v1/transactions", Scope::TransactionsWrite, import::import)
        .get("/v1/accounts/{id}/transactions", Scope::TransactionsRead, list::of_account)
}
