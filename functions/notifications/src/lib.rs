//! Notifications: `/rest/notifications`, where applications register the URLs to which Saldo sends notifications.
//! The binaries of this crate send them and handle their dead letters.

mod deliveries;
mod error;
mod notifications;
mod stores;
mod webhook;

use saldo_domain::key::Scope;
use saldo_http::openapi::Documentation;
use saldo_http::{Routes, route};
use utoipa::OpenApi;

pub use stores::Stores;

use webhook::Webhook;

/// The routes, which the function `sync` serves.
#[must_use]
pub fn routes<D: Documentation>(stores: Stores) -> Routes<Stores, D> {
    Routes::new(stores)
        .with(Scope::Notifications, route!(notifications::list))
        .with(Scope::Notifications, route!(notifications::create))
        .with(Scope::Notifications, route!(notifications::read))
        .with(Scope::Notifications, route!(notifications::change))
        .with(Scope::Notifications, route!(notifications::delete))
        .with(Scope::Notifications, route!(deliveries::list))
        .with_webhooks(Webhook::openapi)
}
