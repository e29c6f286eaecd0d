//! `POST /api/public/v1/transactions`: up to 1,000 transactions, of which those that are
//! not there yet are added. A transaction that is wrong keeps no other from being stored.

use std::collections::HashMap;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::{Extension, Json};
use jiff::Timestamp;
use saldo::app::App;
use saldo::failure::Failure;
use saldo::fields::Finding;
use saldo::http::{Caller, Payload, Problem, Seed};
use saldo::id::TransactionId;
use saldo::store::Kept;
use saldo::transaction::{Batch, Transaction};
use serde::Serialize;

/// The transactions one request may have.
const TRANSACTIONS_MAX: usize = 1_000;

#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Receipt {
    existing_transactions: usize,
    new_transactions: usize,
    error_transactions: usize,
    errors: Vec<RowError>,
}

#[derive(Serialize)]
struct RowError {
    /// Which transaction of the request, counting from 0.
    index: usize,
    field: Option<String>,
    code: &'static str,
    detail: String,
}

/// What became of a transaction of the request.
enum Fate {
    New,
    Existing,
    Refused(Vec<Finding>),
}

pub(crate) async fn import(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Extension(Seed(seed)): Extension<Seed>,
    payload: Payload,
) -> Result<impl IntoResponse, Problem> {
    let elements = payload.json_elements("transactions", TRANSACTIONS_MAX)?;
    let mut batch = Batch::new(caller.org(), Timestamp::now());
    let (same, mut fates) = sort_out(elements.iter().map(|element| batch.read(element)));
    let first = same.values().filter_map(|same| same.first()).map(|(_, transaction)| transaction);
    let first: Vec<_> = first.collect();
    let kept = app.transactions.keep(caller.org(), &first, seed, app.limits.writes_in_flight).await?;
    for (id, same) in &same {
        let kept = kept.get(id).ok_or_else(|| Failure::missing("a transaction that was kept"))?;
        fates.extend(compare(same, *kept));
    }
    fates.sort_by_key(|(index, _)| *index);
    Ok((StatusCode::CREATED, Json(receipt(fates))))
}

/// Transactions of a request that are the same one, each with its index, in their order.
type Same = Vec<(usize, Transaction)>;

/// Brings together what is the same transaction, and tells what is none.
fn sort_out(
    rows: impl Iterator<Item = Result<Transaction, Vec<Finding>>>,
) -> (HashMap<TransactionId, Same>, Vec<(usize, Fate)>) {
    let mut same: HashMap<_, Same> = HashMap::new();
    let mut refused = Vec::new();
    for (index, row) in rows.enumerate() {
        match row {
            Ok(transaction) => same.entry(transaction.id.clone()).or_default().push((index, transaction)),
            Err(findings) => refused.push((index, Fate::Refused(findings))),
        }
    }
    (same, refused)
}

/// Compares transactions that are the same one with what is stored of it.
fn compare(same: &Same, Kept { mut new, money }: Kept) -> impl Iterator<Item = (usize, Fate)> {
    same.iter().map(move |(index, sent)| match sent.money.conflict_with(&money) {
        Some(conflict) => (*index, Fate::Refused(vec![conflict])),
        // The first, which is the one that was stored.
        None if std::mem::take(&mut new) => (*index, Fate::New),
        None => (*index, Fate::Existing),
    })
}

fn receipt(fates: Vec<(usize, Fate)>) -> Receipt {
    let mut receipt = Receipt::default();
    for (index, fate) in fates {
        match fate {
            Fate::New => receipt.new_transactions += 1,
            Fate::Existing => receipt.existing_transactions += 1,
            Fate::Refused(findings) => {
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
