//! Synchronization with banks, in the terms of the finX API: `/rest/accesses`, their synchronizations and challenges,
//! and the accounts and transactions that these imported. `main.rs` adds the routes of notifications.

mod accesses;
mod accounts;
mod callback;
mod callback_url;
mod catalog;
mod challenge_view;
mod challenges;
mod error;
mod parameters;
mod stores;
mod syncs;
mod transactions;
mod window;

use saldo_domain::key::Scope;
use saldo_http::Routes;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::routes;

pub use stores::Stores;

/// The routes of accesses, synchronizations and challenges, and of the accounts and transactions at banks.
#[must_use]
pub fn routes(stores: Stores) -> Routes<Stores> {
    Routes::new(stores)
        .with(Scope::Sync, routes!(catalog::catalog))
        .with(Scope::Sync, routes!(accesses::create))
        .with(Scope::Sync, routes!(accesses::list))
        .with(Scope::Sync, routes!(accesses::read))
        .with(Scope::Sync, routes!(accesses::delete))
        .with(Scope::Sync, routes!(accesses::remove_pin))
        .with(Scope::Sync, routes!(accesses::delete_pin))
        .with(Scope::Sync, routes!(syncs::create))
        .with(Scope::Sync, routes!(syncs::list))
        .with(Scope::Sync, routes!(syncs::read))
        .with_public(routes!(callback::callback))
        .with(Scope::Sync, routes!(challenges::list))
        .with(Scope::Sync, routes!(challenges::read))
        .with(Scope::Sync, routes!(challenges::respond))
        .with(Scope::Sync, routes!(accounts::list))
        .with(Scope::Sync, routes!(accounts::read))
        .with(Scope::Sync, routes!(accounts::delete))
        .with(Scope::Sync, routes!(accounts::balance))
        .with(Scope::Sync, routes!(transactions::list))
        .with(Scope::Sync, routes!(transactions::of_account))
        .with(Scope::Sync, routes!(transactions::read))
}

/// An empty object: the operation succeeded, and there is nothing to report.
#[derive(Serialize, ToSchema)]
#[schema(as = EmptyObject, example = json!({}))]
#[serde(deny_unknown_fields)]
pub(crate) struct Nothing {}
