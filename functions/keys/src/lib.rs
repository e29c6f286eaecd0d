//! The function that lists, creates and revokes API keys: `/api/v1/keys`.

mod error;
mod keys;
mod stores;

use saldo_domain::key::Scope;
use saldo_http::openapi::Documentation;
use saldo_http::{Routes, route};

pub use stores::Stores;

/// The routes of the function.
#[must_use]
pub fn routes<D: Documentation>(stores: Stores) -> Routes<Stores, D> {
    Routes::new(stores)
        .with(Scope::Keys, route!(keys::list))
        .with(Scope::Keys, route!(keys::create))
        .with(Scope::Keys, route!(keys::revoke))
}
