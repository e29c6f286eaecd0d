//! `GET /api/v1/import/{job_id}`: the counts of an import and the first of its findings.

use axum::extract::State;
use axum::{Extension, Json};
use jiff::Timestamp;
use saldo::app::App;
use saldo::fields::Severity;
use saldo::http::{Caller, PathId, Problem};
use saldo::id::ImportId;
use saldo::import::ImportSummary;
use serde::Serialize;

use crate::find;
use crate::reports::{Entry, first_findings};

/// The findings of each severity that are listed with the job itself.
const INLINE_MAX: usize = 1_000;

#[derive(Serialize)]
pub(crate) struct Details {
    #[serde(flatten)]
    summary: ImportSummary,
    errors: Vec<Entry>,
    warnings: Vec<Entry>,
}

pub(crate) async fn job(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    PathId(id): PathId<ImportId>,
) -> Result<Json<Details>, Problem> {
    let job = find(&app, caller.org(), &id).await?;
    let (errors, warnings) = match (job.counts.failed, job.counts.warnings) {
        (0, 0) => Default::default(),
        _ => (
            first_findings(&app, &job, Severity::Error, INLINE_MAX).await?,
            first_findings(&app, &job, Severity::Warning, INLINE_MAX).await?,
        ),
    };
    Ok(Json(Details { summary: ImportSummary::of(&job, Timestamp::now()), errors, warnings }))
}
