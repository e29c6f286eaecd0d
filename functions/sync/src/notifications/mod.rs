//! Notifications: `/rest/notifications`, the worker that tells endpoints of events and
//! delivers to them, and the end of what was given up.

mod body;
mod change;
mod client;
mod create;
mod dead_letters;
mod delete;
mod deliveries;
mod list;
mod read;
mod view;
mod worker;

use saldo::http::Routes;
use saldo::key::Scope;
use utoipa::OpenApi;
use utoipa_axum::routes;

pub use dead_letters::handle as handle_dead_letters;
pub use worker::handle;

/// What endpoints are told.
#[derive(OpenApi)]
#[openapi(paths(client::call))]
struct Told;

/// Adds the routes of notifications.
pub(crate) fn routes(routes: Routes) -> Routes {
    routes
        .with(Scope::Notifications, routes!(list::list))
        .with(Scope::Notifications, routes!(create::create))
        .with(Scope::Notifications, routes!(read::read))
        .with(Scope::Notifications, routes!(change::change))
        .with(Scope::Notifications, routes!(delete::delete))
        .with(Scope::Notifications, routes!(deliveries::list))
        .telling(Told::openapi())
}
