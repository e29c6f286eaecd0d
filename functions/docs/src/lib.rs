//! What the API can do: the OpenAPI document at `/openapi.json`, and a page that shows it, and
//! sends requests, at `/docs`. Neither asks for a key or touches any data.

mod document;
mod page;

use saldo::app::App;
use saldo::http::Routes;
use utoipa_axum::routes;

/// The routes of the function.
#[must_use]
pub fn routes(app: &App) -> Routes {
    Routes::new(app)
        .with_public(routes!(document::document))
        .with_public(routes!(page::page))
        .with_public(routes!(page::file))
}
