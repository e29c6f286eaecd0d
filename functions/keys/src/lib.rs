//! The function that lists, creates and revokes API keys: `/api/v1/keys`.

mod error;
mod keys;

use saldo_domain::key::Scope;
use saldo_http::Routes;
use saldo_store::app::App;
use utoipa_axum::routes;

/// The routes of the function.
#[must_use]
pub fn routes(app: &App) -> Routes {
    Routes::new(app)
        .with(Scope::Keys, routes!(keys::list))
        .with(Scope::Keys, routes!(keys::create))
        .with(Scope::Keys, routes!(keys::revoke))
}
