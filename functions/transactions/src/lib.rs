//! The function that imports and lists transactions: `/api/public/v1/transactions`.

mod import;
mod stores;
mod transactions;

use saldo_domain::key::Scope;
use saldo_http::Routes;
use utoipa_axum::routes;

pub use stores::Stores;

/// The routes of the function.
#[must_use]
pub fn routes(stores: Stores) -> Routes<Stores> {
    Routes::new(stores)
        .with(Scope::TransactionsRead, routes!(transactions::by_identifier))
        .with(Scope::TransactionsWrite, routes!(import::import))
        .with(Scope::TransactionsRead, routes!(transactions::of_account))
}
