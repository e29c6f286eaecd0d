//! `GET /api/v1/import/{job_id}`: the counts of an import and the first of its findings.

use axum::extract::State;
use axum::{Extension, Json};
use jiff::Timestamp;
use saldo_domain::fields::Severity;
use saldo_domain::id::ImportId;
use saldo_domain::import::ImportSummary;
use saldo_http::{Caller, PathId, Problem};
use saldo_store::app::App;
use serde::Serialize;
use utoipa::ToSchema;

use crate::find;
use crate::reports::{Entry, first_findings};

/// The findings of each severity that are listed with the job itself.
const INLINE_MAX: usize = 1_000;

/// An import and what was found in its rows.
#[derive(Serialize, ToSchema)]
#[schema(as = ImportDetails, example = json!({
    "job_id": "imp_01980d3c-6f2a-7c41-9b7e-3f1d2a5b8c90", "status": "completed_with_errors", "total_records": 2,
    "imported": 1, "updated": 0, "superseded": 0, "failed": 1, "processed": 2, "rows_per_second": 40,
    "seconds_remaining": null, "created_at": "2026-03-16T09:30:00.000Z",
    "completed_at": "2026-03-16T09:30:00.050Z",
    "errors": [{
        "index": 1, "external_id": "INV-2026-0099", "field": "contact.phone", "code": "invalid_phone",
        "reason": "not a phone number in E.164 form, such as +5491155551234"
    }],
    "warnings": []
}))]
pub(crate) struct Details {
    #[serde(flatten)]
    summary: ImportSummary,
    /// What rows were refused for: the first of all.
    #[schema(max_items = 1_000)]
    errors: Vec<Entry>,
    /// What is odd about rows that were not refused for it: the first of all.
    #[schema(max_items = 1_000)]
    warnings: Vec<Entry>,
}

/// Shows an import
///
/// How it is doing, what became of its rows, and the first 1,000 errors and warnings.
#[utoipa::path(
    get, path = "/api/v1/import/{job_id}", operation_id = "read_import", tag = "Imports",
    params(("job_id" = ImportId, Path)),
    responses((status = 200, description = "The import", body = Details)),
)]
pub(crate) async fn job(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    PathId(id): PathId<ImportId>,
) -> Result<Json<Details>, Problem> {
    let import = find(&app, caller.org(), &id).await?;
    let errors = first_findings(&app, &import, Severity::Error, INLINE_MAX).await?;
    let warnings = first_findings(&app, &import, Severity::Warning, INLINE_MAX).await?;
    Ok(Json(Details { summary: ImportSummary::of(&import, Timestamp::now()), errors, warnings }))
}
