//! A row of an import that a test writes itself, without a job and a worker.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use local::App;
use saldo_domain::changed_by::ChangedBy;
use saldo_domain::id::{AccountId, ImportId, OrgId};
use saldo_domain::import::{RawRow, Refused, RowBody, RowDefaults, RowDone, RowRules, RowWrite, Shape};
use saldo_store::Seen;
use serde_json::Value;

/// Writes a row into the account with this id, as it was `seen`. The organization's currency is ARS, and the amount is as of
/// today.
///
/// # Errors
/// [`Refused`], as a worker would report it.
///
/// # Panics
/// When the row is invalid, or DynamoDB fails.
pub async fn write_row(
    app: &App,
    org: &OrgId,
    import: &ImportId,
    id: &AccountId,
    row: &Value,
    seen: &Seen,
) -> Result<RowDone, Refused> {
    let raw = RawRow { index: 0, line: None, body: RowBody::Json(row.to_string().into()) };
    let currency = "ARS".parse().expect("a currency");
    let checked = raw.check(&Shape::Objects, &RowRules::default(), currency);
    let upsert = checked.upsert.expect("a good row");
    let now = Timestamp::now();
    let day = now.to_zoned(TimeZone::UTC).date();
    let defaults = RowDefaults { currency, as_of: day, as_of_max: day, amounts: None };
    let (marks, scopes, lists, skips_days) = (true, &[][..], false, false);
    let write = RowWrite { import, marks, id, upsert: &upsert, defaults, scopes, lists, skips_days, now };
    let by = ChangedBy::import(import.clone());
    app.accounts.import(org, &write, Some(seen), &by).await.expect("DynamoDB")
}
