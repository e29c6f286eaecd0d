//! The function that previews, accepts, confirms and cancels imports of accounts: `/api/v1/import` and `/v1/imports`, and keeps
//! their profiles: `/v1/import_profiles`. The binaries of this crate plan an
//! import, process its chunks, and handle dead letters.

mod accept;
mod cancel;
mod confirm;
mod error;
mod options;
mod parameters;
mod preview;
mod preview_view;
mod profiles;
mod rows;
mod stores;
mod uploads;

use saldo_domain::key::Scope;
use saldo_http::openapi::Documentation;
use saldo_http::{Routes, route};

pub use stores::Stores;

/// The routes of the function.
#[must_use]
pub fn routes<D: Documentation>(stores: Stores) -> Routes<Stores, D> {
    Routes::new(stores)
        .with(Scope::Import, route!(accept::accept))
        .with(Scope::Import, route!(uploads::create))
        .with(Scope::Import, route!(uploads::read))
        .with(Scope::Import, route!(cancel::cancel))
        .with(Scope::Import, route!(confirm::confirm))
        .with(Scope::Import, route!(preview::preview))
        .with(Scope::Import, route!(profiles::list))
        .with(Scope::Import, route!(profiles::create))
        .with(Scope::Import, route!(profiles::read))
        .with(Scope::Import, route!(profiles::change))
        .with(Scope::Import, route!(profiles::delete))
        .with(Scope::Import, route!(profiles::read_version))
}
