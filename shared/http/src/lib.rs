//! HTTP: what every function's routes have in common.
//!
//! A function names its routes, each with its scope, in [`Routes`], so that no route is
//! open by oversight; [`service`] then refuses ambiguous headers, and gives every answer its request id
//! and security headers, every error its problem document, and unknown paths and methods their 404
//! and 405.

mod answer;
mod auth;
mod body;
mod extract;
mod headers;
mod idempotent;
mod observe;
pub mod openapi;
mod page;
mod preconditions;
mod problem;
mod routes;

use axum::Router;
use axum::middleware::from_fn;
use tower_http::catch_panic::CatchPanicLayer;

pub use answer::{ANSWER_BYTES_MAX, AnswerBody};
pub use auth::Caller;
pub use body::{BODY_BYTES_MAX, Payload};
pub use extract::{FromParameters, Parameters, PathId};
pub use idempotent::{KeptInstead, Seed};
pub use page::{CursorPage, Limit, NOT_A_CURSOR, Page, PageAfter};
pub use preconditions::{Preconditions, etag_header};
pub use problem::Problem;
pub use routes::{Route, Routes};

/// Turns routes into the service that answers requests.
pub fn service(routes: impl Into<Router>) -> Router {
    let routes: Router = routes.into();
    routes
        .fallback(async || Problem::no_such_path())
        .method_not_allowed_fallback(async || Problem::method_not_allowed())
        .layer(from_fn(headers::refuse_ambiguous))
        .layer(CatchPanicLayer::custom(observe::panicked))
        .layer(from_fn(observe::observe))
}
