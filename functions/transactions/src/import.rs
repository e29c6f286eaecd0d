//! `POST /api/public/v1/transactions`: imports up to 1,000 transactions and adds those that are new. An invalid
//! transaction does not keep the others from being stored.

use std::collections::HashMap;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::{Extension, Json};
use jiff::Timestamp;
use saldo_domain::fields::{Finding, FindingCode};
use saldo_domain::id::TransactionId;
use saldo_domain::transaction::{
    Batch, NewTransactions, Source, TRANSACTIONS, TRANSACTIONS_MAX, Transaction,
};
use saldo_http::{Caller, Payload, Problem, Seed};
use saldo_store::Kept;
use saldo_store::failure::Failure;
use serde::Serialize;
use utoipa::ToSchema;

use crate::Stores;

// The descriptions below name the bound.
const _: () = assert!(TRANSACTIONS_MAX == 1_000);

/// The result of an import of transactions. The three counts add up to the number of transactions sent.
#[derive(Default, Serialize, ToSchema)]
#[schema(as = TransactionReceipt, example = json!({
    "existingTransactions": 0, "newTransactions": 1, "errorTransactions": 0, "errors": []
}))]
#[serde(rename_all = "camelCase")]
struct Receipt {
    /// The transactions that were stored before.
    #[schema(maximum = 1_000)]
    existing_transactions: usize,
    /// The transactions that were added.
    #[schema(maximum = 1_000)]
    new_transactions: usize,
    /// The transactions that were not stored.
    #[schema(maximum = 1_000)]
    error_transactions: usize,
    /// The errors of the transactions that were not stored.
    errors: Vec<RowError>,
}

/// An error of a transaction.
#[derive(Serialize, ToSchema)]
#[schema(as = TransactionError)]
struct RowError {
    /// The index of the transaction in the request, from 0.
    #[schema(maximum = 999)]
    index: usize,
    /// The field; null if the error concerns the whole transaction.
    #[schema(required)]
    field: Option<String>,
    #[schema(value_type = FindingCode)]
    code: &'static str,
    /// The error, for people.
    detail: String,
}

/// The result of a transaction of the request.
enum Outcome {
    New,
    Existing,
    Refused(Vec<Finding>),
}

/// Imports transactions, each once
///
/// A transaction that was imported before, or is in the request twice, counts as existing and changes nothing. One
/// that is invalid, or that differs in amount, direction, currency or `valutaAt` from the stored one with its id,
/// counts as an error; the others are stored. Identical transactions without ids are distinguished by their order in
/// the request, so sending the same request again adds nothing. Transactions that banks report are separate: an import
/// does not replace them, and they do not count as existing.
#[utoipa::path(
    post, path = "/api/public/v1/transactions", operation_id = "import_transactions", tag = "Transactions",
    request_body = NewTransactions,
    responses((status = 201, description = "The result", body = Receipt)),
)]
pub(crate) async fn import(
    State(stores): State<Stores>,
    Extension(caller): Extension<Caller>,
    Extension(Seed(seed)): Extension<Seed>,
    payload: Payload,
) -> Result<impl IntoResponse, Problem> {
    let elements = payload.json_elements(TRANSACTIONS, TRANSACTIONS_MAX)?;
    let mut batch = Batch::new(caller.org(), Timestamp::now());
    let (same, mut outcomes) = group_by_id(elements.iter().map(|element| batch.read(element)));
    let first = same.values().filter_map(|same| same.first()).map(|(_, transaction)| transaction);
    let first: Vec<_> = first.collect();
    let kept = stores.transactions.keep(caller.org(), &first, seed, &caller.changed_by()).await?;
    for (id, same) in &same {
        let kept = kept.get(id).ok_or_else(|| Failure::missing("a transaction that was kept"))?;
        outcomes.extend(compare(same, *kept));
    }
    outcomes.sort_by_key(|(index, _)| *index);
    Ok((StatusCode::CREATED, Json(receipt(outcomes))))
}

/// Transactions of a request with the same id, each with its index, in their order.
type Same = Vec<(usize, Transaction)>;

/// Groups the valid transactions by id, and lists the invalid ones.
fn group_by_id(
    rows: impl Iterator<Item = Result<Transaction, Vec<Finding>>>,
) -> (HashMap<TransactionId, Same>, Vec<(usize, Outcome)>) {
    let mut same: HashMap<_, Same> = HashMap::new();
    let mut refused = Vec::new();
    for (index, row) in rows.enumerate() {
        match row {
            Ok(transaction) => same.entry(transaction.id.clone()).or_default().push((index, transaction)),
            Err(findings) => refused.push((index, Outcome::Refused(findings))),
        }
    }
    (same, refused)
}

/// Compares transactions with the same id with the stored one.
fn compare(same: &Same, Kept { mut new, stored }: Kept) -> impl Iterator<Item = (usize, Outcome)> {
    same.iter().map(move |(index, sent)| match sent.booking().conflict_with(&stored, Source::Api) {
        Some(conflict) => (*index, Outcome::Refused(vec![conflict])),
        // The first one was stored.
        None if std::mem::take(&mut new) => (*index, Outcome::New),
        None => (*index, Outcome::Existing),
    })
}

fn receipt(outcomes: Vec<(usize, Outcome)>) -> Receipt {
    let mut receipt = Receipt::default();
    for (index, outcome) in outcomes {
        match outcome {
            Outcome::New => receipt.new_transactions += 1,
            Outcome::Existing => receipt.existing_transactions += 1,
            Outcome::Refused(findings) => {
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
