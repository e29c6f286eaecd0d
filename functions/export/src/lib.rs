//! Exports of accounts and transactions: small ones are the answer itself, large ones a job
//! whose worker writes a file to be fetched by a link.

mod accept;
mod dead_letters;
mod file;
mod inline;
mod job;
mod list;
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
    Routes::new(app)
        .post("/api/v1/export/accounts", Scope::Export, accept::accounts)
        .post("/api/v1/export/transactions", Scope::Export, accept::transactions)
        .get("/api/v1/export", Scope::Export, list::list)
        .get("/api/v1/export/{export_id}", Scope::Export, job::job)
}
