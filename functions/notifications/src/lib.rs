//! Notifications: `/rest/notifications`, where applications register the URLs to which Saldo sends notifications.
//! The binaries of this crate send them and handle their dead letters.

mod deliveries;
mod error;
mod notifications;
mod webhook;

use saldo_domain::key::Scope;
use saldo_http::Routes;
use saldo_store::app::App;
use utoipa::OpenApi;
use utoipa_axum::routes;

use webhook::Webhook;

/// The routes, which the function `sync` serves.
#[must_use]
pub fn routes(app: &App) -> Routes {
    Routes::new(app)
        .with(Scope::Notifications, routes!(notifications::list))
        .with(Scope::Notifications, routes!(notifications::create))
        .with(Scope::Notifications, routes!(notifications::read))
        .with(Scope::Notifications, routes!(notifications::change))
        .with(Scope::Notifications, routes!(notifications::delete))
        .with(Scope::Notifications, routes!(deliveries::list))
        .with_webhooks(Webhook::openapi())
}
