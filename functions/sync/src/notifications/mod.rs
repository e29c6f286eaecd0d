//! Notifications: `/rest/notifications`, the worker that tells endpoints of events and
//! delivers to them, and the end of what was given up.

mod body;
mod change;
mod create;
mod delete;
mod deliveries;
mod error;
mod list;
mod read;
mod view;
mod webhook;

use saldo_domain::key::Scope;
use saldo_http::Routes;
use utoipa::OpenApi;
use utoipa_axum::routes;

use webhook::Webhook;

/// Adds the routes of notifications.
pub(crate) fn routes(routes: Routes) -> Routes {
    routes
        .with(Scope::Notifications, routes!(list::list))
        .with(Scope::Notifications, routes!(create::create))
        .with(Scope::Notifications, routes!(read::read))
        .with(Scope::Notifications, routes!(change::change))
        .with(Scope::Notifications, routes!(delete::delete))
        .with(Scope::Notifications, routes!(deliveries::list))
        .with_webhooks(Webhook::openapi())
}
