//! `POST /v1/postings/acknowledge`: the source has posted adjustments. A line that fails does not keep the others from being
//! acknowledged.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::{Extension, Json};
use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use saldo_domain::account::Acknowledged;
use saldo_domain::date::Date;
use saldo_domain::fields::{Finding, FindingCode};
use saldo_domain::id::{AccountId, AllocationId};
use saldo_domain::receivable::{Acknowledgement, Acknowledgements, LINES, LINES_MAX};
use saldo_http::{Caller, Payload, Problem};
use saldo_store::Moment;
use serde::Serialize;
use utoipa::ToSchema;

use crate::Stores;

// The descriptions below name the bound.
const _: () = assert!(LINES_MAX == 1_000);
/// The accounts whose adjustments are acknowledged at the same time: with 20 milliseconds for reads and transaction, 1,000
/// accounts take about a second.
const ACCOUNTS_IN_FLIGHT: usize = 32;

/// The result of acknowledgements. The three counts add up to the number of lines.
#[derive(Default, Serialize, ToSchema)]
#[schema(as = AcknowledgementReceipt, example = json!({
    "acknowledged": 1, "unchanged": 0, "failed": 0, "lines": [{ "index": 0, "result": "acknowledged", "errors": [] }]
}))]
pub(crate) struct Receipt {
    /// The lines whose day was recorded.
    #[schema(maximum = 1_000)]
    acknowledged: usize,
    /// The lines whose day had been recorded before.
    #[schema(maximum = 1_000)]
    unchanged: usize,
    /// The lines that were not recorded.
    #[schema(maximum = 1_000)]
    failed: usize,
    /// The result of each line, in their order.
    #[schema(max_items = 1_000)]
    lines: Vec<Line>,
}

/// The result of a line.
#[derive(Serialize, ToSchema)]
#[schema(as = AcknowledgedLine)]
struct Line {
    /// The index of the line in the request, from 0.
    #[schema(maximum = 999)]
    index: usize,
    result: LineResult,
    /// Why it failed.
    errors: Vec<LineError>,
}

/// What became of a line.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[schema(as = AcknowledgementResult)]
#[serde(rename_all = "snake_case")]
enum LineResult {
    /// Its day was recorded.
    Acknowledged,
    /// Its day had been recorded before.
    Unchanged,
    /// It was not recorded.
    Failed,
}

/// An error of a line.
#[derive(Serialize, ToSchema)]
#[schema(as = AcknowledgementError)]
struct LineError {
    /// The field; null if the error concerns the whole line.
    #[schema(required)]
    field: Option<String>,
    #[schema(value_type = FindingCode)]
    code: &'static str,
    /// The error, for people.
    detail: String,
}

/// The lines about an account: the index and the adjustment of each, and the days of the adjustments.
type OfAccount = (Vec<(usize, AllocationId)>, BTreeMap<AllocationId, Date>);

/// Acknowledges adjustments that the source has posted
///
/// From then on, the source's figures of the day `posted_at` and later ones are taken to have them. Repeated, it changes
/// nothing; another day replaces the one before. Of several lines about one adjustment, the last one counts, and all have its
/// result.
#[utoipa::path(
    post, path = "/v1/postings/acknowledge", operation_id = "acknowledge_postings", tag = "Accounts",
    request_body = Acknowledgements,
    responses((status = 200, description = "The result of each line", body = Receipt)),
)]
pub(crate) async fn acknowledge(
    State(stores): State<Stores>,
    Extension(caller): Extension<Caller>,
    payload: Payload,
) -> Result<Json<Receipt>, Problem> {
    let lines = payload.json_elements(LINES, LINES_MAX)?;
    let (org, by, now) = (caller.org(), caller.changed_by(), Timestamp::now());
    let (today, scopes) = (stores.day_at(org, now).await?, &stores.imports.scopes(org).await?);
    let moment = Moment { now, today, scopes };
    // The source may be in a time zone where the next day has begun.
    let latest = today.tomorrow().unwrap_or(Date::MAX);
    let (mut accounts, mut results) = (BTreeMap::<AccountId, OfAccount>::new(), Vec::new());
    for (index, line) in lines.iter().enumerate() {
        match Acknowledgement::of(line, latest) {
            Ok(Acknowledgement { account_id, allocation_id, posted_at }) => {
                let (of_account, days) = accounts.entry(account_id).or_default();
                days.insert(allocation_id.clone(), posted_at);
                of_account.push((index, allocation_id));
            }
            Err(findings) => results.push((index, Err(findings))),
        }
    }
    let acknowledge = accounts.into_iter().map(async |(account, (of_account, days))| {
        let done = stores.accounts.acknowledge(org, &account, days, moment, &by).await?;
        let result =
            move |(index, id)| (index, result(done.get(&id).copied().unwrap_or(Acknowledged::Unknown)));
        Ok::<_, Problem>(of_account.into_iter().map(result))
    });
    let acknowledge: Vec<_> = acknowledge.collect();
    let done: Vec<_> = stream::iter(acknowledge).buffer_unordered(ACCOUNTS_IN_FLIGHT).try_collect().await?;
    results.extend(done.into_iter().flatten());
    results.sort_unstable_by_key(|(index, _)| *index);
    Ok(Json(receipt(results)))
}

fn result(acknowledged: Acknowledged) -> Result<LineResult, Vec<Finding>> {
    match acknowledged {
        Acknowledged::Done => Ok(LineResult::Acknowledged),
        Acknowledged::Unchanged => Ok(LineResult::Unchanged),
        Acknowledged::Unknown => {
            let reason = "the account has no adjustment with this id";
            Err(vec![Finding::in_field("allocation_id", FindingCode::InvalidValue, reason)])
        }
        Acknowledged::TooLarge => {
            let reason = "the account's balance would have more than 28 digits";
            Err(vec![Finding::in_field("posted_at", FindingCode::TooManyDigits, reason)])
        }
    }
}

fn receipt(results: Vec<(usize, Result<LineResult, Vec<Finding>>)>) -> Receipt {
    let mut receipt = Receipt::default();
    for (index, result) in results {
        let (result, findings) = match result {
            Ok(result) => (result, Vec::new()),
            Err(findings) => (LineResult::Failed, findings),
        };
        match result {
            LineResult::Acknowledged => receipt.acknowledged += 1,
            LineResult::Unchanged => receipt.unchanged += 1,
            LineResult::Failed => receipt.failed += 1,
        }
        let error = |finding: Finding| LineError {
            field: finding.field.map(String::from),
            code: finding.code.name(),
            detail: finding.reason.into_owned(),
        };
        receipt.lines.push(Line { index, result, errors: findings.into_iter().map(error).collect() });
    }
    receipt
}
