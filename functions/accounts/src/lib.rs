//! The function that lists, creates, reads, changes and deletes accounts: `/v1/accounts`.

mod accounts;
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
        .with(Scope::AccountsRead, routes!(accounts::list))
        .with(Scope::AccountsWrite, routes!(accounts::create))
        .with(Scope::AccountsRead, routes!(accounts::read))
        .with(Scope::AccountsWrite, routes!(accounts::change))
        .with(Scope::AccountsWrite, routes!(accounts::delete))
}
