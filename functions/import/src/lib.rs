//! The import of accounts: `POST /api/v1/import` accepts a payload, or a file that was
//! uploaded, and queues it; the planner cuts it into chunks and queues those; workers process
//! them; what can't be processed ends among the dead letters, which close its books.

mod accept;
mod body;
mod cancel;
mod error;
mod uploads;

use saldo_domain::key::Scope;
use saldo_http::Routes;
use saldo_store::app::App;
use utoipa_axum::routes;

/// The routes of the function.
#[must_use]
pub fn routes(app: &App) -> Routes {
    Routes::new(app)
        .with(Scope::Import, routes!(accept::accept))
        .with(Scope::Import, routes!(uploads::create))
        .with(Scope::Import, routes!(cancel::cancel))
}
