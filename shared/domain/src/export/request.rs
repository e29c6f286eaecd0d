//! What is asked for in an export.

use std::str::FromStr;

use jiff::Span;
use serde_json::Value;

use super::column::named;
use super::{AccountColumn, Column, ExportSpec, Format, Profile, Subject, TransactionColumn};
use crate::account::{Account, AccountFilter};
use crate::bounds::Bounds;
use crate::date::{self, Date};
use crate::fields::{Fields, Finding, FindingCode, InvalidValue, Patch};
use crate::transaction::{Transaction, TransactionFilter};

const FORMAT: &str = "format";
const PROFILE: &str = "profile";
const COLUMNS: &str = "columns";
const DELIVERY: &str = "delivery";
const MIN_AMOUNT: &str = "filters.min_amount";
const MAX_AMOUNT: &str = "filters.max_amount";
const DAYS_PAST_DUE_MIN: &str = "filters.days_past_due_min";
const DAYS_PAST_DUE_MAX: &str = "filters.days_past_due_max";
const STATUS: &str = "filters.status";
const CAMPAIGN_ID: &str = "filters.campaign_id";
const SOURCE_SYSTEM: &str = "filters.source_system";
const CURRENCY: &str = "filters.currency";
const TYPE: &str = "filters.type";
const OWNER_ID: &str = "filters.owner_id";
const EXTERNAL_ID: &str = "filters.external_id";
const UPDATED_SINCE: &str = "filters.updated_since";
const ACCOUNT_IDENTIFIER: &str = "filters.account_identifier";
const FROM: &str = "filters.from";
const TO: &str = "filters.to";

/// The fields of a request for an export of accounts.
pub const ACCOUNT_EXPORT_FIELDS: &[&str] = &[
    FORMAT,
    PROFILE,
    COLUMNS,
    DELIVERY,
    STATUS,
    MIN_AMOUNT,
    MAX_AMOUNT,
    DAYS_PAST_DUE_MIN,
    DAYS_PAST_DUE_MAX,
    CAMPAIGN_ID,
    SOURCE_SYSTEM,
    CURRENCY,
    TYPE,
    OWNER_ID,
    EXTERNAL_ID,
    UPDATED_SINCE,
];

/// The fields of a request for an export of transactions.
pub const TRANSACTION_EXPORT_FIELDS: &[&str] =
    &[FORMAT, PROFILE, COLUMNS, DELIVERY, ACCOUNT_IDENTIFIER, FROM, TO];

/// The days past due that can be asked for, either way: some 2,700 years, so that whichever day
/// is meant is one of the calendar's, which has the years 0 to 9999.
pub const DAYS_MAX: i64 = 1_000_000;

/// How an export gets to whoever asked for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = ExportDelivery, rename_all = "snake_case"))]
pub enum Delivery {
    /// As the answer, while it is small enough for one; otherwise by a link.
    #[default]
    Auto,
    /// By a link.
    Link,
}

impl FromStr for Delivery {
    type Err = InvalidValue;

    fn from_str(name: &str) -> Result<Self, InvalidValue> {
        match name {
            "auto" => Ok(Self::Auto),
            "link" => Ok(Self::Link),
            _ => Err(InvalidValue("expected auto or link")),
        }
    }
}

/// What is asked for in an export.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportRequest {
    /// What is to be exported.
    pub spec: ExportSpec,
    /// How it is to be handed over.
    pub delivery: Delivery,
}

impl ExportRequest {
    /// Reads a request for accounts, made on the organization's day `as_of`.
    ///
    /// # Errors
    /// Everything that is wrong with the fields.
    pub fn of_accounts(fields: Fields, as_of: Date) -> Result<Self, Vec<Finding>> {
        read(fields, as_of, |fields| Subject::Accounts {
            filter: Box::new(account_filter(fields, as_of)),
            columns: columns::<Account, AccountColumn>(fields),
        })
    }

    /// Reads a request for transactions, made on the organization's day `as_of`.
    ///
    /// # Errors
    /// Everything that is wrong with the fields.
    pub fn of_transactions(fields: Fields, as_of: Date) -> Result<Self, Vec<Finding>> {
        read(fields, as_of, |fields| Subject::Transactions {
            filter: transaction_filter(fields),
            columns: columns::<Transaction, TransactionColumn>(fields),
        })
    }
}

fn read(
    mut fields: Fields,
    as_of: Date,
    subject: impl FnOnce(&mut Fields) -> Subject,
) -> Result<ExportRequest, Vec<Finding>> {
    let format = fields.required(FORMAT, |fields, name| fields.patch(name, Format::from_str));
    let subject = subject(&mut fields);
    let profile = fields.patch(PROFILE, Profile::from_str).value().unwrap_or_default();
    let delivery = fields.patch(DELIVERY, Delivery::from_str).value().unwrap_or_default();
    let request =
        format.map(|format| ExportRequest { spec: ExportSpec { format, profile, as_of, subject }, delivery });
    fields.finish(request)
}

fn account_filter(fields: &mut Fields, as_of: Date) -> AccountFilter {
    let status = fields.text(STATUS).value();
    let total_amount = bounds(fields, [MIN_AMOUNT, MAX_AMOUNT], |fields, name| fields.amount(name).value());
    let days_past_due = bounds(fields, [DAYS_PAST_DUE_MIN, DAYS_PAST_DUE_MAX], days);
    let day = |past_due: i64| as_of.saturating_sub(Span::new().days(past_due));
    AccountFilter {
        status,
        total_amount,
        // The more days past due, the earlier the day.
        due_date: Bounds { from: days_past_due.to.map(day), to: days_past_due.from.map(day) },
        campaign_id: fields.text(CAMPAIGN_ID).value(),
        source_system: fields.text(SOURCE_SYSTEM).value(),
        currency: fields.patch(CURRENCY, str::parse).value(),
        kind: fields.text(TYPE).value(),
        owner_id: fields.text(OWNER_ID).value(),
        external_id: fields.text(EXTERNAL_ID).value(),
        updated_since: fields.patch(UPDATED_SINCE, date::parse_moment).value().map(date::next_millisecond),
    }
}

fn transaction_filter(fields: &mut Fields) -> TransactionFilter {
    TransactionFilter {
        account_identifier: fields.text(ACCOUNT_IDENTIFIER).value(),
        valued_on: bounds(fields, [FROM, TO], |fields, name| fields.patch(name, date::parse).value()),
    }
}

/// Two filters that are the ends of a range.
fn bounds<T: PartialOrd>(
    fields: &mut Fields,
    [from, to]: [&'static str; 2],
    read: impl Fn(&mut Fields, &'static str) -> Option<T>,
) -> Bounds<T> {
    let bounds = Bounds { from: read(fields, from), to: read(fields, to) };
    if bounds.are_crossed() {
        let to = to.rsplit('.').next().unwrap_or(to);
        fields.report(Finding::in_field(from, FindingCode::InvalidValue, format!("above {to}")));
    }
    bounds
}

fn days(fields: &mut Fields, name: &'static str) -> Option<i64> {
    let expected = "expected a whole number from -1000000 to 1000000";
    let number = match fields.take(name) {
        None | Some(Value::Null) => return None,
        Some(Value::Number(number)) => number.as_i64(),
        Some(_) => return fields.refuse(name, FindingCode::InvalidType, expected).value(),
    };
    match number {
        Some(days) if (-DAYS_MAX..=DAYS_MAX).contains(&days) => Some(days),
        _ => fields.refuse(name, FindingCode::InvalidValue, expected).value(),
    }
}

/// The columns that are asked for, in the order in which they are asked for.
fn columns<T, C: Column<T>>(fields: &mut Fields) -> Vec<C> {
    let parse = |name: &str| match named::<T, C>(name) {
        meant if meant.is_empty() => {
            Err(UnknownColumn { known: C::ALL.iter().map(|column| column.name()).collect() })
        }
        meant => Ok(meant),
    };
    let Patch::Set(names) = fields.list(COLUMNS, C::ALL.len(), parse) else {
        return C::DEFAULT.to_vec();
    };
    let mut columns: Vec<C> = Vec::new();
    for column in names.into_iter().flatten() {
        match columns.contains(&column) {
            true => {
                let reason = format!("{} is there twice", column.name());
                fields.report(Finding::in_field(COLUMNS, FindingCode::DuplicateValue, reason));
            }
            false => columns.push(column),
        }
    }
    columns
}

/// There is no column of this name.
#[derive(Debug, thiserror::Error)]
#[error("there is no such column; there are {}", known.join(", "))]
struct UnknownColumn {
    known: Vec<&'static str>,
}

impl From<UnknownColumn> for FindingCode {
    fn from(_: UnknownColumn) -> Self {
        Self::InvalidValue
    }
}
