//! The import of accounts: `POST /api/v1/import` accepts a payload and queues it; the
//! worker plans it and processes its chunks; what can't be processed ends among the dead
//! letters, which close its books.

mod accept;
mod chunk;
mod dead_letters;
mod plan;
mod worker;

use axum::Router;
use axum::routing::post;
use saldo::app::App;
use saldo::http::{idempotent, scoped};
use saldo::key::Scope;

pub use dead_letters::handle as handle_dead_letters;
pub use worker::handle;

/// The routes of the function.
pub fn router(app: &App) -> Router {
    let routes = Router::new().route("/api/v1/import", post(accept::accept)).with_state(app.clone());
    scoped(app, Scope::Import, idempotent(app, routes))
}
