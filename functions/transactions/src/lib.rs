//! The function that imports and lists transactions: `/api/public/v1/transactions`.

mod import;
mod stores;
mod transactions;

use saldo_domain::key::Scope;
use saldo_http::openapi::Documentation;
use saldo_http::{Routes, route};

pub use stores::Stores;

/// The routes of the function.
#[must_use]
pub fn routes<D: Documentation>(stores: Stores) -> Routes<Stores, D> {
    Routes::new(stores)
        .with(Scope::TransactionsRead, route!(transactions::by_identifier))
        .with(Scope::TransactionsWrite, route!(import::import))
        .with(Scope::TransactionsRead, route!(transactions::of_account))
}
