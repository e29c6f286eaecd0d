//! The function that lists, creates, reads, changes and deletes clients: `/api/clients`.

mod clients;
mod error;
mod view;

use saldo_domain::key::Scope;
use saldo_http::Routes;
use saldo_store::app::App;
use utoipa_axum::routes;

/// The routes of the function.
#[must_use]
pub fn routes(app: &App) -> Routes {
    Routes::new(app)
        .with(Scope::ClientsRead, routes!(clients::list))
        .with(Scope::ClientsWrite, routes!(clients::create))
        .with(Scope::ClientsRead, routes!(clients::read))
        .with(Scope::ClientsWrite, routes!(clients::change))
        .with(Scope::ClientsWrite, routes!(clients::delete))
}
