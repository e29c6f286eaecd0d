//! The function that lists, creates and revokes API keys: `/api/v1/keys`.

mod error;
mod keys;
mod stores;

use saldo_domain::key::Scope;
use saldo_http::Routes;
use utoipa_axum::routes;

pub use stores::Stores;

/// The routes of the function.
#[must_use]
pub fn routes(stores: Stores) -> Routes<Stores> {
    Routes::new(stores)
        .with(Scope::Keys, routes!(keys::list))
        .with(Scope::Keys, routes!(keys::create))
        .with(Scope::Keys, routes!(keys::revoke))
}
