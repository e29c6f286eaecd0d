//! The documentation of the API: the OpenAPI document at `/openapi.json`, and at `/docs` a page that shows it and
//! sends requests. No route requires a key or reads any data. API Gateway also sends all requests to this function
//! for which it has no route; it answers them with 404 or 405, from the paths in the document.

mod document;
mod fallback;
mod page;

use saldo_http::openapi::Documentation;
use saldo_http::{Routes, route};

/// The routes of the function.
#[must_use]
pub fn routes<D: Documentation>() -> Routes<(), D> {
    Routes::new(())
        .with_public(route!(document::document))
        .with_public(route!(page::page))
        .with_public(route!(page::file))
}

/// The routes of the deployed function, which knows the paths of all others.
#[must_use]
pub fn fallback_routes() -> Routes {
    routes().with_other_functions(fallback::documented())
}
