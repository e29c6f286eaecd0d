//! `POST /api/public/v1/transactions`: up to 1,000 transactions, of which those that are
//! not there yet are added. A transaction that is wrong keeps no other from being stored.

use std::collections::HashMap;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::{Extension, Json};
use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use saldo::app::App;
use saldo::failure::Failure;
use saldo::fields::Finding;
use saldo::http::{Caller, Payload, Problem, Seed};
use saldo::id::{OrgId, TransactionId};
use saldo::store::Kept;
use saldo::transaction::{Batch, Transaction};
use serde::Serialize;
use uuid::Uuid;

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
    let found = app.transactions.find(caller.org(), first, seed).await?;
    let new = same.values().flatten().filter(|(_, transaction)| !found.contains_key(&transaction.id));
    let accounts = new.map(|(_, transaction)| &transaction.account_identifier).collect();
    app.transactions.note_accounts(caller.org(), accounts).await?;
    let stored =
        same.into_iter().map(|(id, same)| store(&app, caller.org(), same, found.get(&id).copied(), seed));
    let stored: Vec<_> = stored.collect();
    let mut stored = stream::iter(stored).buffer_unordered(app.limits.writes_in_flight);
    while let Some(same) = stored.try_next().await? {
        fates.extend(same);
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

/// Stores the first of them, if none was found, and compares them all with what is stored
/// then.
async fn store(
    app: &App,
    org: &OrgId,
    same: Same,
    found: Option<Kept>,
    seed: Uuid,
) -> Result<Vec<(usize, Fate)>, Failure> {
    let Kept { mut new, money } = match (found, same.first()) {
        (Some(found), _) => found,
        (None, Some((_, first))) => app.transactions.put(org, first, seed).await?,
        (None, None) => return Ok(Vec::new()),
    };
    let fate = |(index, sent): (usize, Transaction)| match sent.money.conflict_with(&money) {
        Some(conflict) => (index, Fate::Refused(vec![conflict])),
        // The first, which is the one that was stored.
        None if std::mem::take(&mut new) => (index, Fate::New),
        None => (index, Fate::Existing),
    };
    Ok(same.into_iter().map(fate).collect())
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
