//! The function that lists, creates, reads, changes and deletes accounts, and acknowledges their adjustments: `/v1/accounts`
//! and `/v1/postings`.

mod accounts;
mod allocations;
mod postings;
mod stores;
mod view;

use saldo_domain::key::Scope;
use saldo_http::openapi::Documentation;
use saldo_http::{Routes, route};

pub use stores::Stores;

/// The routes of the function.
#[must_use]
pub fn routes<D: Documentation>(stores: Stores) -> Routes<Stores, D> {
    Routes::new(stores)
        .with(Scope::AccountsRead, route!(accounts::list))
        .with(Scope::AccountsWrite, route!(accounts::create))
        .with(Scope::AccountsRead, route!(accounts::read))
        .with(Scope::AccountsWrite, route!(accounts::change))
        .with(Scope::AccountsWrite, route!(accounts::delete))
        .with(Scope::AccountsRead, route!(allocations::list))
        .with(Scope::AccountsWrite, route!(postings::acknowledge))
}
