//! The function that accepts and cancels imports of accounts: `/api/v1/import`. The binaries of this crate plan an
//! import, process its chunks, and handle dead letters.

mod accept;
mod cancel;
mod error;
mod parameters;
mod rows;
mod stores;
mod uploads;

use saldo_domain::key::Scope;
use saldo_http::Routes;
use utoipa_axum::routes;

pub use stores::Stores;

/// The routes of the function.
#[must_use]
pub fn routes(stores: Stores) -> Routes<Stores> {
    Routes::new(stores)
        .with(Scope::Import, routes!(accept::accept))
        .with(Scope::Import, routes!(uploads::create))
        .with(Scope::Import, routes!(uploads::read))
        .with(Scope::Import, routes!(cancel::cancel))
}
