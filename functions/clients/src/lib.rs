//! The function that lists, creates, reads, changes and deletes clients: `/api/clients`.

mod clients;
mod error;
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
        .with(Scope::ClientsRead, route!(clients::list))
        .with(Scope::ClientsWrite, route!(clients::create))
        .with(Scope::ClientsRead, route!(clients::read))
        .with(Scope::ClientsWrite, route!(clients::change))
        .with(Scope::ClientsWrite, route!(clients::delete))
}
