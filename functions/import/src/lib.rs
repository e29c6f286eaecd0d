//! The function that accepts and cancels imports of accounts: `/api/v1/import`. The binaries of this crate plan an
//! import, process its chunks, and handle dead letters.

mod accept;
mod cancel;
mod error;
mod parameters;
mod rows;
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
