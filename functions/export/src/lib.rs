//! The function that exports accounts and transactions: `/api/v1/export`.

mod exports;
mod inline;
mod rows;
mod stores;

use saldo_domain::key::Scope;
use saldo_http::Routes;
use utoipa_axum::routes;

pub use stores::Stores;

/// The routes of the function.
#[must_use]
pub fn routes(stores: Stores) -> Routes<Stores> {
    Routes::new(stores)
        .with(Scope::Export, routes!(exports::accounts))
        .with(Scope::Export, routes!(exports::transactions))
        .with(Scope::Export, routes!(exports::list))
        .with(Scope::Export, routes!(exports::read))
}
