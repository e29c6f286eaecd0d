//! Exports of accounts and transactions: small ones are the answer itself, large ones a job
//! whose worker writes a file to be fetched by a link.

mod accept;
mod body;
mod inline;
mod job;
mod list;

use saldo_domain::key::Scope;
use saldo_http::Routes;
use saldo_store::app::App;
use utoipa_axum::routes;

/// The routes of the function.
#[must_use]
pub fn routes(app: &App) -> Routes {
    Routes::new(app)
        .with(Scope::Export, routes!(accept::accounts))
        .with(Scope::Export, routes!(accept::transactions))
        .with(Scope::Export, routes!(list::list))
        .with(Scope::Export, routes!(job::job))
}
