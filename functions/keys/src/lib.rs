//! API keys: `/api/v1/keys`.

mod body;
mod create;
mod error;
mod list;
mod revoke;
mod view;

use saldo_domain::key::Scope;
use saldo_http::Routes;
use saldo_store::app::App;
use utoipa_axum::routes;

/// The routes of the function.
#[must_use]
pub fn routes(app: &App) -> Routes {
    Routes::new(app)
        .with(Scope::Keys, routes!(list::list))
        .with(Scope::Keys, routes!(create::create))
        .with(Scope::Keys, routes!(revoke::revoke))
}
