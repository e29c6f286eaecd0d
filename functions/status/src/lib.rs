//! How imports are doing: one job, its errors, and the list of jobs.

mod errors;
mod job;
mod list;
mod refused;
mod reports;

use saldo::app::App;
use saldo::http::{Problem, Routes};
use saldo::id::{ImportId, OrgId};
use saldo::import::ImportJob;
use saldo::key::Scope;

/// The routes of the function.
#[must_use]
pub fn routes(app: &App) -> Routes {
    Routes::new(app)
        .get("/api/v1/import", Scope::Import, list::list)
        .get("/api/v1/import/{job_id}", Scope::Import, job::job)
        .get("/api/v1/import/{job_id}/errors", Scope::Import, errors::errors)
}

/// The import with this id, if the organization has it.
async fn find(app: &App, org: &OrgId, id: &ImportId) -> Result<ImportJob, Problem> {
    app.imports.get(org, id).await?.ok_or_else(Problem::not_found)
}
