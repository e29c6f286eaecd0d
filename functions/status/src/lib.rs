//! The function that shows imports, their errors, their refused rows and their reports: `/api/v1/import`, and
//! what complete files close.

mod closings;
mod error;
mod errors;
mod file;
mod filter;
mod imports;
mod refused;
mod report;
mod reports;
mod stores;

use saldo_domain::id::{ImportId, OrgId};
use saldo_domain::import::Import;
use saldo_domain::key::Scope;
use saldo_http::openapi::Documentation;
use saldo_http::{Problem, Routes, route};

pub use stores::Stores;

/// The routes of the function.
#[must_use]
pub fn routes<D: Documentation>(stores: Stores) -> Routes<Stores, D> {
    Routes::new(stores)
        .with(Scope::Import, route!(imports::list))
        .with(Scope::Import, route!(imports::read))
        .with(Scope::Import, route!(errors::errors))
        .with(Scope::Import, route!(report::report))
        .with(Scope::Import, route!(closings::closings))
}

/// The import with this id, if the organization has it.
async fn find(stores: &Stores, org: &OrgId, id: &ImportId) -> Result<Import, Problem> {
    stores.imports.find(org, id).await?.ok_or_else(Problem::not_found)
}
