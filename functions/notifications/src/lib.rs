//! Notifications: `/rest/notifications`, where applications register the URLs to which Saldo sends notifications.
//! The binaries of this crate send them and handle their dead letters.

mod deliveries;
mod error;
mod notifications;
mod stores;
mod webhook;

use saldo_domain::key::Scope;
use saldo_http::Routes;
use utoipa::OpenApi;
use utoipa_axum::routes;

pub use stores::Stores;

use webhook::Webhook;

/// The routes, which the function `sync` serves.
#[must_use]
pub fn routes(stores: Stores) -> Routes<Stores> {
    Routes::new(stores)
        .with(Scope::Notifications, routes!(notifications::list))
        .with(Scope::Notifications, routes!(notifications::create))
        .with(Scope::Notifications, routes!(notifications::read))
        .with(Scope::Notifications, routes!(notifications::change))
        .with(Scope::Notifications, routes!(notifications::delete))
        .with(Scope::Notifications, routes!(deliveries::list))
        .with_webhooks(Webhook::openapi())
}
