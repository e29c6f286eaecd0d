//! Accounts kept in step with banks, in the finX API's words: accesses, synchronizations and
//! their challenges, what they brought, and notifications of it.

mod notifications;
mod rest;

use saldo_http::Routes;
use saldo_store::app::App;

/// The routes of the function.
#[must_use]
pub fn routes(app: &App) -> Routes {
    notifications::routes(rest::routes(app))
}
