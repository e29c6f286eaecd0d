//! The function that exports accounts and transactions: `/api/v1/export`.

mod exports;
mod inline;
mod rows;
mod stores;

use saldo_domain::key::Scope;
use saldo_http::openapi::Documentation;
use saldo_http::{Routes, route};

pub use stores::Stores;

/// The routes of the function.
#[must_use]
pub fn routes<D: Documentation>(stores: Stores) -> Routes<Stores, D> {
    Routes::new(stores)
        .with(Scope::Export, route!(exports::accounts))
        .with(Scope::Export, route!(exports::transactions))
        .with(Scope::Export, route!(exports::list))
        .with(Scope::Export, route!(exports::read))
}
