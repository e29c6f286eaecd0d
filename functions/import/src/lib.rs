//! The import of accounts: `POST /api/v1/import` accepts a payload, or a file that was
//! uploaded, and queues it; the planner cuts it into chunks and queues those; workers process
//! them; what can't be processed ends among the dead letters, which close its books.

mod accept;
mod body;
mod cancel;
mod chunk;
mod dead_letters;
mod payload;
mod plan;
mod redrive;
mod tell;
mod uploads;
mod worker;

use saldo::app::App;
use saldo::http::Routes;
use saldo::key::Scope;
use utoipa_axum::routes;

pub use dead_letters::handle as handle_dead_letters;
pub use redrive::{Redriven, redrive};
pub use worker::handle;

/// The routes of the function.
#[must_use]
pub fn routes(app: &App) -> Routes {
    Routes::new(app)
        .with(Scope::Import, routes!(accept::accept))
        .with(Scope::Import, routes!(uploads::create))
        .with(Scope::Import, routes!(cancel::cancel))
}
