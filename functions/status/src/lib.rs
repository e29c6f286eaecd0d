//! How imports are doing: one job, its errors, and the list of jobs.

mod errors;
mod job;
mod list;
mod refused;
mod reports;

use axum::Router;
use axum::routing::get;
use saldo::app::App;
use saldo::http::{Problem, scoped};
use saldo::id::{ImportId, OrgId};
use saldo::import::ImportJob;
use saldo::key::Scope;

/// The routes of the function.
pub fn router(app: &App) -> Router {
    let routes = Router::new()
        .route("/api/v1/import", get(list::list))
        .route("/api/v1/import/{job_id}", get(job::job))
        .route("/api/v1/import/{job_id}/errors", get(errors::errors))
        .with_state(app.clone());
    scoped(app, Scope::Import, routes)
}

/// The import with this id, if the organization has it.
async fn find(app: &App, org: &OrgId, id: &ImportId) -> Result<ImportJob, Problem> {
    app.imports.get(org, id).await?.ok_or_else(Problem::not_found)
}
