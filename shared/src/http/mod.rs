//! HTTP: what every function's routes have in common.
//!
//! A function's router names its routes, wrapped in [`scoped`] so that no route is open
//! by oversight; [`service`] then gives every answer its request id, every error its
//! problem document, and unknown paths and methods their 404 and 405.

mod auth;
mod extract;
mod idempotent;
mod observe;
mod page;
mod problem;

use axum::Router;
use axum::middleware::from_fn;
use tower_http::catch_panic::CatchPanicLayer;

pub use auth::{Caller, scoped};
pub use extract::{BODY_BYTES_MAX, Parameters, PathId, Payload, media_type};
pub use idempotent::{Seed, idempotent};
pub use page::{Limit, Page};
pub use problem::{InvalidField, Problem};

/// Turns routes into the service that answers requests.
pub fn service(routes: Router) -> Router {
    routes
        .fallback(async || Problem::no_such_path())
        .method_not_allowed_fallback(async || Problem::method_not_allowed())
        .layer(CatchPanicLayer::custom(observe::panicked))
        .layer(from_fn(observe::observe))
}
