//! The import of accounts: `POST /api/v1/import` accepts a payload and queues it; the
//! worker plans it and processes its chunks; what can't be processed ends among the dead
//! letters, which close its books.

mod accept;
mod chunk;
mod dead_letters;
mod plan;
mod tell;
mod worker;

use saldo::app::App;
use saldo::http::Routes;
use saldo::key::Scope;

pub use dead_letters::handle as handle_dead_letters;
pub use worker::handle;

/// The routes of the function.
#[must_use]
pub fn routes(app: &App) -> Routes {
    Routes::new(app).post("/api/v1/import", Scope::Import, accept::accept)
}
