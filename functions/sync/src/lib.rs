//! Accounts kept in step with banks, in the finX API's words: accesses, synchronizations and
//! their challenges, what they brought, and notifications of it.

mod connector;
mod notifications;
mod resolver;
mod rest;
pub mod schedule;
mod worker;

use saldo::app::App;
use saldo::http::Routes;

pub use notifications::handle as handle_notifications;
pub use notifications::handle_dead_letters as handle_notification_dead_letters;
pub use worker::{handle, handle_dead_letters};

/// The routes of the function.
#[must_use]
pub fn routes(app: &App) -> Routes {
    notifications::routes(rest::routes(app))
}
