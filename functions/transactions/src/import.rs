//! `POST /api/public/v1/transactions`: up to 1,000 transactions, of which those that are
//! not there yet are added. A transaction that is wrong keeps no other from being stored.

use std::collections::HashMap;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use axum::{Extension, Json};
use jiff::Timestamp;
use saldo::app::App;
use saldo::failure::Failure;
use saldo::fields::{Finding, FindingCode};
use saldo::http::{Caller, Payload, Problem, Seed, json_elements};
use saldo::id::{OrgId, TransactionId};
use saldo::in_flight::in_order;
use saldo::transaction::{Booked, Occurrences, Transaction};
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

/// The transactions of a request that are the same one, each with its index: at least one.
struct Same {
    first: (usize, Transaction),
    others: Vec<(usize, Booked)>,
}

pub(crate) async fn import(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Extension(Seed(seed)): Extension<Seed>,
    headers: HeaderMap,
    payload: Payload,
) -> Result<impl IntoResponse, Problem> {
    let elements = json_elements("transactions", TRANSACTIONS_MAX, &headers, &payload)?;
    let (now, mut occurrences) = (Timestamp::now(), Occurrences::default());
    let rows = elements.iter().map(|row| Transaction::read(row, caller.org(), &mut occurrences, now));
    let (distinct, mut fates) = sort_out(rows);
    let stored = distinct.into_iter().map(|same| store(&app, caller.org(), same, seed));
    fates.extend(in_order(app.limits.writes_in_flight, stored.collect()).await?.into_iter().flatten());
    fates.sort_by_key(|(index, _)| *index);
    Ok((StatusCode::CREATED, Json(receipt(fates))))
}

/// Brings together what is the same transaction, and tells what is none.
fn sort_out(
    rows: impl Iterator<Item = Result<Transaction, Vec<Finding>>>,
) -> (Vec<Same>, Vec<(usize, Fate)>) {
    let mut distinct: Vec<Same> = Vec::new();
    let mut places: HashMap<TransactionId, usize> = HashMap::new();
    let mut refused = Vec::new();
    for (index, row) in rows.enumerate() {
        match row {
            Err(findings) => refused.push((index, Fate::Refused(findings))),
            Ok(transaction) => match places.get(&transaction.id).and_then(|place| distinct.get_mut(*place)) {
                Some(same) => same.others.push((index, transaction.money)),
                None => {
                    places.insert(transaction.id.clone(), distinct.len());
                    distinct.push(Same { first: (index, transaction), others: Vec::new() });
                }
            },
        }
    }
    (distinct, refused)
}

/// Stores a transaction and compares all that claim to be it with what is stored.
async fn store(app: &App, org: &OrgId, same: Same, seed: Uuid) -> Result<Vec<(usize, Fate)>, Failure> {
    let (index, first) = same.first;
    let kept = app.transactions.put(org, &first, seed).await?;
    let compared = |money: Booked| match conflict(&money, &kept.money) {
        Some(conflict) => Fate::Refused(vec![conflict]),
        None => Fate::Existing,
    };
    let first = match compared(first.money) {
        Fate::Existing if kept.new => Fate::New,
        fate => fate,
    };
    let others = same.others.into_iter().map(|(index, money)| (index, compared(money)));
    Ok([(index, first)].into_iter().chain(others).collect())
}

/// In what a transaction differs from the stored one that has its id.
fn conflict(sent: &Booked, stored: &Booked) -> Option<Finding> {
    let field = if sent.currency != stored.currency {
        "currency"
    } else if sent.amount != stored.amount {
        "amount"
    } else if sent.direction != stored.direction {
        "creditDebit"
    } else {
        return None;
    };
    let reason = "the transaction with this id was stored with another value, which stays";
    Some(Finding::in_field(field, FindingCode::Conflict, reason))
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
