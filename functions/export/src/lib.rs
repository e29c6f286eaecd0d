//! Exports of accounts and transactions: small ones are the answer itself, large ones a job
//! whose worker writes a file to be fetched by a link.

mod accept;
mod body;
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
use utoipa_axum::routes;

pub use dead_letters::handle as handle_dead_letters;
pub use worker::handle;

/// The routes of the function.
#[must_use]
pub fn routes(app: &App) -> Routes {
    Routes::new(app)
        .with(Scope::Export, routes!(accept::accounts))
        .with(Scope::Export, routes!(accept::transactions))
        .with(Scope::Export, routes!(list::list))
        .with(Scope::Export, routes!(job::job))
}
