//! Exports that are small enough for an answer.

use futures::TryStreamExt;
use saldo_domain::export::ExportSpec;
use saldo_domain::id::OrgId;
use saldo_http::AnswerBody;
use saldo_jobs::export::pieces;
use saldo_store::failure::Failure;
use saldo_store::metrics;

use crate::Stores;

/// The file, if it fits in an answer and can be read in time.
pub(crate) async fn file(
    stores: &Stores,
    org: &OrgId,
    spec: &ExportSpec,
) -> Result<Option<Vec<u8>>, Failure> {
    let fitting = fitting(stores, org, spec);
    match tokio::time::timeout(stores.limits.inline_export_time, fitting).await {
        Ok(file) => file,
        // A filter that few of very many records match: a worker has the time to read them all.
        Err(_) => Ok(None),
    }
}

async fn fitting(stores: &Stores, org: &OrgId, spec: &ExportSpec) -> Result<Option<Vec<u8>>, Failure> {
    let mut body = AnswerBody::default();
    let mut rows = 0;
    let mut pieces = pieces(&stores.records, org, spec);
    while let Some(piece) = pieces.try_next().await? {
        if !body.push(&piece.bytes) {
            return Ok(None);
        }
        rows += piece.records as u64;
    }
    metrics::exported(rows);
    Ok(Some(body.into()))
}
