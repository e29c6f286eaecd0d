//! The import of accounts: `POST /api/v1/import` accepts a payload, or a file that was
//! uploaded, and queues it; the planner cuts it into chunks and queues those; workers process
//! them; what can't be processed ends among the dead letters, which close its books.

mod accept;
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

pub use dead_letters::handle as handle_dead_letters;
pub use redrive::{Redriven, redrive};
pub use worker::handle;

/// The routes of the function.
#[must_use]
pub fn routes(app: &App) -> Routes {
    Routes::new(app)
        .post("/api/v1/import", Scope::Import, accept::accept)
        .post("/api/v1/import/uploads", Scope::Import, uploads::create)
        .post("/api/v1/import/{job_id}/cancel", Scope::Import, cancel::cancel)
}
