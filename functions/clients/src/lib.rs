//! The function that lists, creates, reads, changes and deletes clients: `/api/clients`.

mod clients;
mod error;
mod stores;
mod view;

use saldo_domain::key::Scope;
use saldo_http::Routes;
use utoipa_axum::routes;

pub use stores::Stores;

/// The routes of the function.
#[must_use]
pub fn routes(stores: Stores) -> Routes<Stores> {
    Routes::new(stores)
        .with(Scope::ClientsRead, routes!(clients::list))
        .with(Scope::ClientsWrite, routes!(clients::create))
        .with(Scope::ClientsRead, routes!(clients::read))
        .with(Scope::ClientsWrite, routes!(clients::change))
        .with(Scope::ClientsWrite, routes!(clients::delete))
}
