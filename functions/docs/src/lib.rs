//! What the API can do: the OpenAPI document at `/openapi.json`, and a page that shows it, and
//! sends requests, at `/docs`. Neither asks for a key or touches any data. Requests that are no
//! other function's are answered here, too: by what the document says there is.

mod document;
mod fallback;
mod page;

use axum::Router;
use saldo_http::Routes;
use saldo_store::app::App;
use utoipa_axum::routes;

/// The routes of the function.
#[must_use]
pub fn routes(app: &App) -> Routes {
    Routes::new(app)
        .with_public(routes!(document::document))
        .with_public(routes!(page::page))
        .with_public(routes!(page::file))
}

/// Its routes, and those of whatever no other function takes: for a function that is alone.
pub fn alone(app: &App) -> Router {
    let routes = routes(app);
    let fallback = fallback::routes(routes.table());
    Router::from(routes).merge(fallback)
}
