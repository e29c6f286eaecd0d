//! Synchronization with banks, in the terms of the finX API: `/rest/accesses`, their synchronizations and challenges,
//! and the accounts and transactions that these imported.

mod rest;

use saldo_http::Routes;
use saldo_store::app::App;

/// The routes of the function, except notifications.
#[must_use]
pub fn routes(app: &App) -> Routes {
    rest::routes(app)
}
