//! Clients, the accounts they own, and what the balances mean: `/api/clients`.

mod body;
mod change;
mod create;
mod delete;
mod error;
mod list;
mod read;
mod view;

use saldo_domain::key::Scope;
use saldo_http::Routes;
use saldo_store::app::App;
use utoipa_axum::routes;

/// The routes of the function.
#[must_use]
pub fn routes(app: &App) -> Routes {
    Routes::new(app)
        .with(Scope::ClientsRead, routes!(list::list))
        .with(Scope::ClientsWrite, routes!(create::create))
        .with(Scope::ClientsRead, routes!(read::read))
        .with(Scope::ClientsWrite, routes!(change::change))
        .with(Scope::ClientsWrite, routes!(delete::delete))
}
