//! The HTTP side of all functions: authentication, idempotency, problem documents and the OpenAPI document.
//!
//! A function lists its routes in [`Routes`], each with the scope that it requires, so that no route is open by
//! oversight. [`service`] makes them a service: it refuses ambiguous headers, adds a request id and security headers to
//! every answer, writes every error as a problem document, and answers unknown paths and methods with 404 and 405.

mod answer;
mod auth;
mod body;
mod extract;
pub mod finx;
mod guard;
mod headers;
mod idempotent;
mod observe;
pub mod openapi;
mod page;
mod paths;
mod preconditions;
mod problem;
mod reads_parameters;
mod request_id;
mod routes;

use axum::Router;
use axum::middleware::from_fn;
use tower_http::catch_panic::CatchPanicLayer;

pub use answer::{ANSWER_BYTES_MAX, AnswerBody};
pub use auth::Caller;
pub use body::{BODY_BYTES_MAX, Payload};
pub use extract::{FromParameters, Parameters, PathId};
pub use guard::{Guard, KeptAnswers};
pub use idempotent::{KeptInstead, Seed};
pub use page::{CursorPage, FilteredPage, Limit, NOT_A_CURSOR, Page, PageAfter};
pub use preconditions::{Preconditions, etag_header};
pub use problem::{IntoProblem, Problem};
pub use reads_parameters::ReadsParameters;
pub use routes::{Route, Routes};
#[doc(hidden)]
pub use utoipa_axum; // for the macro `route`

/// Turns routes into the service that answers requests.
pub fn service<S>(routes: Routes<S>) -> Router {
    routes
        .into_router()
        .layer(from_fn(headers::refuse_ambiguous))
        .layer(CatchPanicLayer::custom(observe::panicked))
        .layer(from_fn(observe::observe))
}
