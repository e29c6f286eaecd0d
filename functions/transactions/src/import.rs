//! `POST /api/public/v1/transactions`: up to 1,000 transactions, of which those that are
//! not there yet are added. A transaction that is wrong keeps no other from being stored.

use std::collections::HashMap;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::{Extension, Json};
use jiff::Timestamp;
use saldo_domain::fields::{Finding, FindingCode};
use saldo_domain::id::TransactionId;
use saldo_domain::transaction::{Batch, Source, Transaction};
use saldo_http::{Caller, Payload, Problem, Seed};
use saldo_store::Kept;
use saldo_store::app::App;
use saldo_store::failure::Failure;
use serde::Serialize;
use utoipa::ToSchema;

use crate::body::News;

/// The transactions one request may have.
pub(crate) const TRANSACTIONS_MAX: usize = 1_000;

/// What became of transactions. The three counts add up to those that were sent.
#[derive(Default, Serialize, ToSchema)]
#[schema(as = TransactionReceipt, example = json!({
    "existingTransactions": 0, "newTransactions": 1, "errorTransactions": 0, "errors": []
}))]
#[serde(rename_all = "camelCase")]
struct Receipt {
    /// Those that were stored before.
    #[schema(maximum = 1_000)]
    existing_transactions: usize,
    /// Those that were stored.
    #[schema(maximum = 1_000)]
    new_transactions: usize,
    /// Those that were not stored.
    #[schema(maximum = 1_000)]
    error_transactions: usize,
    /// What is wrong with them.
    errors: Vec<RowError>,
}

/// Something wrong with a transaction.
#[derive(Serialize, ToSchema)]
#[schema(as = TransactionError)]
struct RowError {
    /// Which transaction of the request, counting from 0.
    #[schema(maximum = 999)]
    index: usize,
    /// The field it is in; null if it concerns the whole transaction.
    #[schema(required)]
    field: Option<String>,
    #[schema(value_type = FindingCode)]
    code: &'static str,
    /// What it is, for people.
    detail: String,
}

/// What became of a transaction of the request.
enum RowOutcome {
    New,
    Existing,
    Refused(Vec<Finding>),
}

/// Imports transactions, each of them once
///
/// A transaction that was imported before, or is in the request twice, counts as existing and changes nothing. One
/// that is wrong, or has another amount, direction, currency or `valutaAt` than the one that is stored under its
/// id, counts as an error; the others are stored all the same. Identical transactions without ids are told apart
/// by their order in the request, so that sending the same request again adds nothing. Transactions that banks
/// report are kept apart: none of them is replaced, or counts as existing here.
#[utoipa::path(
    post, path = "/api/public/v1/transactions", operation_id = "import_transactions", tag = "Transactions",
    request_body = News,
    responses((status = 201, description = "What became of the transactions", body = Receipt)),
)]
pub(crate) async fn import(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Extension(Seed(seed)): Extension<Seed>,
    payload: Payload,
) -> Result<impl IntoResponse, Problem> {
    let elements = payload.json_elements("transactions", TRANSACTIONS_MAX)?;
    let mut batch = Batch::new(caller.org(), Timestamp::now());
    let (same, mut outcomes) = sort_out(elements.iter().map(|element| batch.read(element)));
    let first = same.values().filter_map(|same| same.first()).map(|(_, transaction)| transaction);
    let first: Vec<_> = first.collect();
    let kept = app.transactions.keep(caller.org(), &first, seed, app.limits.writes_in_flight).await?;
    for (id, same) in &same {
        let kept = kept.get(id).ok_or_else(|| Failure::missing("a transaction that was kept"))?;
        outcomes.extend(compare(same, *kept));
    }
    outcomes.sort_by_key(|(index, _)| *index);
    Ok((StatusCode::CREATED, Json(receipt(outcomes))))
}

/// Transactions of a request that are the same one, each with its index, in their order.
type Same = Vec<(usize, Transaction)>;

/// Brings together what is the same transaction, and tells what is none.
fn sort_out(
    rows: impl Iterator<Item = Result<Transaction, Vec<Finding>>>,
) -> (HashMap<TransactionId, Same>, Vec<(usize, RowOutcome)>) {
    let mut same: HashMap<_, Same> = HashMap::new();
    let mut refused = Vec::new();
    for (index, row) in rows.enumerate() {
        match row {
            Ok(transaction) => same.entry(transaction.id.clone()).or_default().push((index, transaction)),
            Err(findings) => refused.push((index, RowOutcome::Refused(findings))),
        }
    }
    (same, refused)
}

/// Compares transactions that are the same one with what is stored of it.
fn compare(same: &Same, Kept { mut new, stored }: Kept) -> impl Iterator<Item = (usize, RowOutcome)> {
    same.iter().map(move |(index, sent)| match sent.booking().conflict_with(&stored, Source::Api) {
        Some(conflict) => (*index, RowOutcome::Refused(vec![conflict])),
        // The first, which is the one that was stored.
        None if std::mem::take(&mut new) => (*index, RowOutcome::New),
        None => (*index, RowOutcome::Existing),
    })
}

fn receipt(outcomes: Vec<(usize, RowOutcome)>) -> Receipt {
    let mut receipt = Receipt::default();
    for (index, outcome) in outcomes {
        match outcome {
            RowOutcome::New => receipt.new_transactions += 1,
            RowOutcome::Existing => receipt.existing_transactions += 1,
            RowOutcome::Refused(findings) => {
                receipt.error_transactions += 1;
                receipt.errors.extend(findings.into_iter().map(|finding| RowError {
                    index,
                    field: finding.field.map(String::from),
                    code: finding.code.name(),
                    detail: finding.reason.into_owned(),
                }));
            }
        }
    }
    receipt
}
