//! The resource `/api/v1/import/{job_id}/errors`: all errors of an import in pages, or the refused rows as a file.

use std::str::FromStr;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use futures::TryStreamExt;
use saldo_domain::fields::{Fields, InvalidValue, Severity};
use saldo_domain::id::ImportId;
use saldo_domain::import::{ImportJob, ImportStatus};
use saldo_http::{Caller, CursorPage, FromParameters, Limit, NOT_A_CURSOR, Parameters, PathId, Problem};
use utoipa::ToSchema;

use crate::Stores;
use crate::file::{LinkedFile, Notation};
use crate::reports::{Entry, entries, in_line, load};
use crate::{find, refused};

/// The parameters of a page of errors.
pub(crate) struct Query {
    limit: Limit,
    cursor: Cursor,
}

impl FromParameters for Query {
    const NAMES: &'static [&'static str] = &["limit", "cursor"];

    fn read(parameters: &mut Fields<'_>) -> Option<Self> {
        let limit = parameters.patch("limit", str::parse).value().unwrap_or_default();
        Some(Self { limit, cursor: parameters.patch("cursor", str::parse).value().unwrap_or_default() })
    }
}

/// The start of a page: a chunk, and the number of its errors before the page.
#[derive(Clone, Copy, Default)]
pub(crate) struct Cursor {
    chunk: u32,
    offset: usize,
}

impl FromStr for Cursor {
    type Err = InvalidValue;

    fn from_str(cursor: &str) -> Result<Self, InvalidValue> {
        let parsed = cursor.split_once('-').and_then(|(chunk, offset)| {
            // Small enough to add one.
            let chunk = chunk.parse().ok().filter(|chunk| *chunk < u32::MAX / 2)?;
            Some(Self { chunk, offset: offset.parse().ok()? })
        });
        parsed.ok_or(NOT_A_CURSOR)
    }
}

impl From<Cursor> for String {
    fn from(cursor: Cursor) -> Self {
        format!("{}-{}", cursor.chunk, cursor.offset)
    }
}

/// A page of errors or, if a file was requested, a link to a large file.
#[derive(ToSchema)]
#[schema(as = ImportErrors)]
#[serde(untagged)]
#[allow(dead_code, reason = "it is described, never made")]
enum PageOrLink {
    Page(CursorPage<Entry>),
    File(LinkedFile),
}

/// Lists the errors of an import, or its refused rows
///
/// In the order of the rows. While the import runs, more errors can follow, and `has_more` is true.
///
/// With `Accept: text/csv` the answer is a file of the refused rows as they were sent, with a column `reason`, to be
/// corrected and imported again. An apostrophe precedes cells that a spreadsheet might treat as formulas; an import
/// removes it. With `Accept: application/x-ndjson` rows of JSON are as they were sent; CSV stays CSV. Use it for rows of
/// JSON of which only some have an `external_id`: as CSV, an import would refuse the others, as their `reason` says. If
/// the file has more than 4,000,000 bytes, the answer is JSON with a link to it.
#[utoipa::path(
    get, path = "/api/v1/import/{job_id}/errors", operation_id = "list_import_errors", tag = "Imports",
    params(
        ("job_id" = ImportId, Path),
        ("limit" = inline(Option<Limit>), Query, description = "How many; ignored for a file"),
        ("cursor" = Option<String>, Query, pattern = "^[0-9]{1,9}-[0-9]{1,19}$", description = "The `next_cursor` of the page before"),
    ),
    responses(
        (
            status = 200, description = "A page of errors; a file of refused rows, or a link to it",
            headers(("Content-Disposition", description = "The name of the file; only for files")),
            content(
                (PageOrLink = "application/json"),
                (String = "text/csv", example = json!("contact.name,contact.phone,total_amount,reason\nMaría García,12,45000,\"contact.phone: not a phone number in E.164 form, such as +5491155551234: + and country code, digits only, as many as the country uses\"\n")),
                (String = "application/x-ndjson", example = json!("{\"contact\":{\"name\":\"María García\",\"phone\":\"12\"},\"total_amount\":45000}\n")),
            ),
        ),
        (status = 409, description = "`import_in_progress`: a file is available when the import has ended"),
    ),
)]
pub(crate) async fn errors(
    State(stores): State<Stores>,
    Extension(caller): Extension<Caller>,
    PathId(id): PathId<ImportId>,
    Parameters(query): Parameters<Query>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let import = find(&stores, caller.org(), &id).await?;
    let job = &import.job;
    match Notation::wanted(&headers) {
        Some(notation) => Box::pin(refused::file(&stores, job, notation)).await,
        None => Ok(Json(Box::pin(page(&stores, job, query)).await?).into_response()),
    }
}

async fn page(
    stores: &Stores,
    job: &ImportJob,
    Query { limit, cursor }: Query,
) -> Result<CursorPage<Entry>, Problem> {
    let mut data = Vec::new();
    // After the last chunk that was read.
    let mut next = cursor;
    let mut chunks = std::pin::pin!(in_line(stores, job, cursor.chunk));
    while let Some(part) = chunks.try_next().await? {
        let before = if part.number == cursor.chunk { cursor.offset } else { 0 };
        next = Cursor { chunk: part.number + 1, offset: 0 };
        if part.counts.failed == 0 {
            continue;
        }
        let report = load(stores, job, &part).await?;
        for (entry, offset) in entries(&report, Severity::Error).zip(0..).skip(before) {
            if data.len() == limit.get() {
                let next = Cursor { chunk: part.number, offset };
                return Ok(CursorPage::new(data, Some(next.into())));
            }
            data.push(entry);
        }
    }
    // While the import runs, more errors can follow.
    let next_cursor = (job.status == ImportStatus::Processing).then(|| next.into());
    Ok(CursorPage::new(data, next_cursor))
}

#[cfg(test)]
mod tests {
    use saldo_http::openapi::query_parameters;

    use super::*;

    #[test]
    fn operation_describes_its_parameters() {
        assert_eq!(query_parameters::<__path_errors>(), Query::NAMES);
    }
}
