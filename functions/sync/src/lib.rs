//! Accounts kept in step with banks, in the finX API's words: accesses, synchronizations and
//! their challenges, what they brought, and notifications of it.

use saldo::app::App;
use saldo::http::Routes;

/// The routes of the function.
#[must_use]
pub fn routes(app: &App) -> Routes {
    Routes::new(app)
}
