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
use saldo_http::openapi::Documentation;
use saldo_http::{Routes, route};
use serde::Serialize;
use utoipa::ToSchema;

pub use stores::Stores;

/// The routes of accesses, synchronizations and challenges, and of the accounts and transactions at banks.
#[must_use]
pub fn routes<D: Documentation>(stores: Stores) -> Routes<Stores, D> {
    Routes::new(stores)
        .with(Scope::Sync, route!(catalog::catalog))
        .with(Scope::Sync, route!(accesses::create))
        .with(Scope::Sync, route!(accesses::list))
        .with(Scope::Sync, route!(accesses::read))
        .with(Scope::Sync, route!(accesses::delete))
        .with(Scope::Sync, route!(accesses::remove_pin))
        .with(Scope::Sync, route!(accesses::delete_pin))
        .with(Scope::Sync, route!(syncs::create))
        .with(Scope::Sync, route!(syncs::list))
        .with(Scope::Sync, route!(syncs::read))
        .with_public(route!(callback::callback))
        .with(Scope::Sync, route!(challenges::list))
        .with(Scope::Sync, route!(challenges::read))
        .with(Scope::Sync, route!(challenges::respond))
        .with(Scope::Sync, route!(accounts::list))
        .with(Scope::Sync, route!(accounts::read))
        .with(Scope::Sync, route!(accounts::delete))
        .with(Scope::Sync, route!(accounts::balance))
        .with(Scope::Sync, route!(transactions::list))
        .with(Scope::Sync, route!(transactions::of_account))
        .with(Scope::Sync, route!(transactions::read))
}

/// An empty object: the operation succeeded, and there is nothing to report.
#[derive(Serialize, ToSchema)]
#[schema(as = EmptyObject, example = json!({}))]
#[serde(deny_unknown_fields)]
pub(crate) struct Nothing {}
