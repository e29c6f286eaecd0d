//! Notifications: `/rest/notifications`, the worker that tells endpoints of events and
//! delivers to them, and the end of what was given up.

mod change;
mod client;
mod create;
mod dead_letters;
mod delete;
mod deliveries;
mod list;
mod read;
mod resolver;
mod view;
mod worker;

use saldo::http::Routes;
use saldo::key::Scope;

pub use dead_letters::handle as handle_dead_letters;
pub use worker::handle;

const NOTIFICATIONS: &str = "/rest/notifications";
const NOTIFICATION: &str = "/rest/notifications/{id}";

/// Adds the routes of notifications.
pub(crate) fn routes(routes: Routes) -> Routes {
    routes
        .get(NOTIFICATIONS, Scope::Notifications, list::list)
        .post(NOTIFICATIONS, Scope::Notifications, create::create)
        .get(NOTIFICATION, Scope::Notifications, read::read)
        .put(NOTIFICATION, Scope::Notifications, change::change)
        .delete(NOTIFICATION, Scope::Notifications, delete::delete)
        .get("/rest/notifications/{id}/deliveries", Scope::Notifications, deliveries::list)
}
