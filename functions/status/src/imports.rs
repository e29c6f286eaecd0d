//! The resource `/api/v1/import` for readers: the list of imports, and one import with its first errors and warnings.

use axum::extract::State;
use axum::{Extension, Json};
use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use saldo_domain::fields::Severity;
use saldo_domain::id::ImportId;
use saldo_domain::import::{ControlTotals, ImportOptions, ImportSummary};
use saldo_http::{Caller, FilteredPage, PageAfter, Parameters, PathId, Problem};
use serde::Serialize;
use utoipa::ToSchema;

use crate::Stores;
use crate::filter::Query;
use crate::find;
use crate::reports::{Entry, first_findings};

/// The jobs whose chunks are added up concurrently. Most jobs of a page have ended and need no addition.
const SUMS_IN_FLIGHT: usize = 8;
/// The findings of each severity that are shown with an import.
const INLINE_MAX: usize = 1_000;

/// Lists imports
///
/// Newest first. A page with a filter reads a bounded number of imports: it may have fewer entries than `limit`, even none,
/// and still have a next page.
#[utoipa::path(
    get, path = "/api/v1/import", operation_id = "list_imports", tag = "Imports",
    params(Query),
    responses((status = 200, description = "A page of imports", body = FilteredPage<ImportSummary>)),
)]
pub(crate) async fn list(
    State(stores): State<Stores>,
    Extension(caller): Extension<Caller>,
    Parameters(Query { page, filter }): Parameters<Query>,
) -> Result<Json<FilteredPage<ImportSummary>>, Problem> {
    let now = Timestamp::now();
    let PageAfter { limit, starting_after: after } = page;
    let page = stores.imports.list_filtered(caller.org(), &filter, after.as_ref(), limit.get()).await?;
    let imports = page.jobs.into_iter().map(|job| stores.imports.with_progress(job));
    let summaries = stream::iter(imports).buffered(SUMS_IN_FLIGHT);
    let data = summaries.map_ok(|import| ImportSummary::of(&import, now)).try_collect().await?;
    Ok(Json(FilteredPage::new(data, page.next)))
}

/// An import, with its first errors and warnings.
#[derive(Serialize, ToSchema)]
#[schema(as = ImportDetails, example = json!({
    "job_id": "imp_01980d3c-6f2a-7c41-9b7e-3f1d2a5b8c90", "status": "completed_with_errors", "total_records": 2,
    "imported": 1, "updated": 0, "unchanged": 0, "superseded": 0, "failed": 1, "processed": 2, "rows_per_second": 40,
    "seconds_remaining": null, "created_at": "2026-03-16T09:30:00.000Z",
    "completed_at": "2026-03-16T09:30:00.050Z",
    "control_totals": {
        "read": { "rows": 2, "amounts": { "ARS": "57500.00" } },
        "imported": { "rows": 1, "amounts": { "ARS": "45000.00" } },
        "updated": { "rows": 0, "amounts": {} },
        "unchanged": { "rows": 0, "amounts": {} },
        "superseded": { "rows": 0, "amounts": {} },
        "failed": { "rows": 1, "amounts": { "ARS": "12500.00" } }
    },
    "errors": [{
        "index": 1, "external_id": "INV-2026-0099", "field": "contact.phone", "code": "invalid_phone",
        "reason": "not a phone number in E.164 form, such as +5491155551234: + and country code, digits only, as many as the country uses"
    }],
    "warnings": []
}))]
pub(crate) struct Details {
    #[serde(flatten)]
    summary: ImportSummary,
    control_totals: ControlTotals,
    /// The options of the import, with those of its profile; absent if it has none.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    options: Option<Box<ImportOptions>>,
    /// The first errors, for which rows were refused.
    #[schema(max_items = 1_000)]
    errors: Vec<Entry>,
    /// The first warnings. A row with warnings alone is imported.
    #[schema(max_items = 1_000)]
    warnings: Vec<Entry>,
}

/// Shows an import
///
/// Its status, the counts of its rows, their control totals, and the first 1,000 errors and warnings.
#[utoipa::path(
    get, path = "/api/v1/import/{job_id}", operation_id = "read_import", tag = "Imports",
    params(("job_id" = ImportId, Path)),
    responses((status = 200, description = "The import", body = Details)),
)]
pub(crate) async fn read(
    State(stores): State<Stores>,
    Extension(caller): Extension<Caller>,
    PathId(id): PathId<ImportId>,
) -> Result<Json<Details>, Problem> {
    let import = find(&stores, caller.org(), &id).await?;
    let errors = first_findings(&stores, &import, Severity::Error, INLINE_MAX).await?;
    let mut warnings: Vec<_> = import.warnings().iter().map(Entry::of_file).collect();
    warnings.extend(first_findings(&stores, &import, Severity::Warning, INLINE_MAX - warnings.len()).await?);
    let (summary, control_totals) =
        (ImportSummary::of(&import, Timestamp::now()), ControlTotals::of(&import));
    // The summary says whether it is a dry run.
    let options = ImportOptions { dry_run: None, ..*import.job.notation.options };
    let options = Some(Box::new(options)).filter(|options| **options != ImportOptions::default());
    Ok(Json(Details { summary, control_totals, options, errors, warnings }))
}
