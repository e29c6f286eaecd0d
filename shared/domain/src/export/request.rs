//! The request bodies that export accounts and transactions.

use std::str::FromStr;

use jiff::{Span, Timestamp};

use super::csv_form::fits_format;
use super::{
    Column, CsvForm, ExportDelimiter, ExportSpec, Format, Locale, Profile, Subject, TransactionColumn,
};
use crate::account::{
    Account, AccountField, AccountFilter, AccountIdentifier, AccountStatus, AccountType, CampaignId,
    NumberedClient, OwnerId, SourceSystem,
};
use crate::bounds::Bounds;
use crate::column::named;
use crate::date::{self, Date};
use crate::fields::{Body, Fields, Finding, FindingCode, InvalidValue, Patch, Value};
use crate::id::OrgId;
use crate::import::ExternalId;
use crate::money::{Currency, Decimal, DecimalSeparator};
use crate::transaction::{Transaction, TransactionFilter};

/// The bound of days past due in a filter, in both directions: some 2,700 years. With it every due date is a date of
/// the calendar, which has the years 0 to 9999.
pub const DAYS_MAX: i64 = 1_000_000;

// The descriptions below name the bounds.
const _: () = assert!(DAYS_MAX == 1_000_000);

/// How an export is delivered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = ExportDelivery, rename_all = "snake_case"))]
pub enum Delivery {
    /// As the answer if it fits, otherwise by a link.
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

/// An export of accounts.
#[derive(Clone, Debug, PartialEq, Eq, Body)]
#[body(rule = fits_format(format, locale, delimiter, decimal_separator, bom))]
#[body(schema(as = NewAccountExport, example = json!({
    "format": "csv", "filters": { "status": "active", "min_amount": 5000, "days_past_due_min": 30 }
})))]
pub struct NewAccountExport {
    /// The format of the file.
    pub format: Format,
    /// The readers of a CSV file; people by default.
    #[body(default)]
    pub profile: Profile,
    /// The locale of the spreadsheet that opens a CSV file. It sets the three options below, with a byte order mark. A
    /// workbook has none of them: spreadsheets show it in the way of their own locale.
    pub locale: Option<Locale>,
    /// The character between the cells of a CSV file: a comma by default, a semicolon beside a decimal comma.
    pub delimiter: Option<ExportDelimiter>,
    /// The decimal separator of amounts in a CSV file; a point by default.
    pub decimal_separator: Option<DecimalSeparator>,
    /// Whether a CSV file begins with a byte order mark, by which spreadsheets recognize UTF-8; without a locale, it does not by
    /// default.
    #[body(read = Fields::boolean)]
    pub bom: Option<bool>,
    /// The columns, in this order. The exports guide lists those of the default.
    #[body(
        read = columns::<Account, AccountField>,
        wire = std::collections::BTreeSet<AccountField>, schema(min_items = 1)
    )]
    pub columns: Option<Vec<AccountField>>,
    /// How the file is delivered; as the answer if it fits, by default.
    #[body(default)]
    pub delivery: Delivery,
    /// The accounts to export; all by default.
    #[body(nested)]
    pub filters: Option<AccountFilters>,
}

/// The accounts to export: those that match all filters. An account without a value for a filtered field does not
/// match. Bounds are inclusive.
#[derive(Clone, Debug, Default, PartialEq, Eq, Body)]
#[body(schema, prefix = "filters")]
#[body(rule = amounts_in_order(min_amount, max_amount))]
#[body(rule = days_in_order(days_past_due_min, days_past_due_max))]
#[body(rule = one_owner(owner_id, client_external_id))]
pub struct AccountFilters {
    /// The status.
    pub status: Option<AccountStatus>,
    /// The least total amount.
    #[body(read = Fields::amount, wire = crate::openapi::AnyAmount)]
    pub min_amount: Option<Decimal>,
    /// The greatest total amount.
    #[body(read = Fields::amount, wire = crate::openapi::AnyAmount)]
    pub max_amount: Option<Decimal>,
    /// The fewest days since the due date; negative before it.
    #[body(read = days, schema(minimum = -1_000_000, maximum = 1_000_000))]
    pub days_past_due_min: Option<i64>,
    /// The most days since the due date; negative before it.
    #[body(read = days, schema(minimum = -1_000_000, maximum = 1_000_000))]
    pub days_past_due_max: Option<i64>,
    /// The campaign.
    pub campaign_id: Option<CampaignId>,
    /// The system that the accounts were imported from.
    pub source_system: Option<SourceSystem>,
    /// The currency.
    pub currency: Option<Currency>,
    /// The type.
    #[body(rename = "type")]
    pub kind: Option<AccountType>,
    /// The owner.
    pub owner_id: Option<OwnerId>,
    /// The number of the client that is the owner; instead of `owner_id`.
    pub client_external_id: Option<ExternalId>,
    /// The account's id in its source system.
    pub external_id: Option<ExternalId>,
    /// Only accounts changed at this time or later.
    #[body(read = Fields::moment)]
    pub updated_since: Option<Timestamp>,
}

/// An export of transactions.
#[derive(Clone, Debug, PartialEq, Eq, Body)]
#[body(rule = fits_format(format, locale, delimiter, decimal_separator, bom))]
#[body(schema(as = NewTransactionExport, example = json!({
    "format": "csv",
    "filters": { "account_identifier": "DE89370400440532013000", "from": "2026-01-01", "to": "2026-01-31" }
})))]
pub struct NewTransactionExport {
    /// The format of the file.
    pub format: Format,
    /// The readers of a CSV file; people by default.
    #[body(default)]
    pub profile: Profile,
    /// The locale of the spreadsheet that opens a CSV file. It sets the three options below, with a byte order mark. A
    /// workbook has none of them: spreadsheets show it in the way of their own locale.
    pub locale: Option<Locale>,
    /// The character between the cells of a CSV file: a comma by default, a semicolon beside a decimal comma.
    pub delimiter: Option<ExportDelimiter>,
    /// The decimal separator of amounts in a CSV file; a point by default.
    pub decimal_separator: Option<DecimalSeparator>,
    /// Whether a CSV file begins with a byte order mark, by which spreadsheets recognize UTF-8; without a locale, it does not by
    /// default.
    #[body(read = Fields::boolean)]
    pub bom: Option<bool>,
    /// The columns, in this order; all by default.
    #[body(
        read = columns::<Transaction, TransactionColumn>,
        wire = std::collections::BTreeSet<TransactionColumn>, schema(min_items = 1)
    )]
    pub columns: Option<Vec<TransactionColumn>>,
    /// How the file is delivered; as the answer if it fits, by default.
    #[body(default)]
    pub delivery: Delivery,
    /// The transactions to export; all by default.
    #[body(nested)]
    pub filters: Option<TransactionFilters>,
}

/// The transactions to export: those that match all filters.
#[derive(Clone, Debug, Default, PartialEq, Eq, Body)]
#[body(schema, prefix = "filters", rule = dates_in_order(from, to))]
pub struct TransactionFilters {
    /// The identifier of the transactions' account.
    pub account_identifier: Option<AccountIdentifier>,
    /// The first value date.
    #[body(read = Fields::day)]
    pub from: Option<Date>,
    /// The last value date.
    #[body(read = Fields::day)]
    pub to: Option<Date>,
}

/// An export to make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportRequest {
    /// What is exported.
    pub spec: ExportSpec,
    /// How it is delivered.
    pub delivery: Delivery,
}

impl NewAccountExport {
    /// The export of the organization's accounts, on its day `as_of`.
    #[must_use]
    pub fn on(self, org: &OrgId, as_of: Date) -> ExportRequest {
        let Self { format, profile, locale, delimiter, decimal_separator, bom, columns, delivery, filters } =
            self;
        let csv = CsvForm::of(locale, delimiter, decimal_separator, bom);
        let subject = Subject::Accounts {
            filter: Box::new(filters.unwrap_or_default().on(org, as_of)),
            columns: columns.unwrap_or_else(|| default_columns::<Account, _>(profile)),
        };
        ExportRequest { spec: ExportSpec { format, profile, csv, as_of, subject }, delivery }
    }
}

impl NewTransactionExport {
    /// The export, on the organization's day `as_of`.
    #[must_use]
    pub fn on(self, as_of: Date) -> ExportRequest {
        let Self { format, profile, locale, delimiter, decimal_separator, bom, columns, delivery, filters } =
            self;
        let csv = CsvForm::of(locale, delimiter, decimal_separator, bom);
        let TransactionFilters { account_identifier, from, to } = filters.unwrap_or_default();
        let subject = Subject::Transactions {
            filter: TransactionFilter { account_identifier, valued_on: Bounds { from, to } },
            columns: columns.unwrap_or_else(|| default_columns::<Transaction, _>(profile)),
        };
        ExportRequest { spec: ExportSpec { format, profile, csv, as_of, subject }, delivery }
    }
}

impl AccountFilters {
    fn on(self, org: &OrgId, as_of: Date) -> AccountFilter {
        let of_client = self.client_external_id.map(|number| NumberedClient::new(org, number).owner_id);
        let day = |past_due: i64| as_of.saturating_sub(Span::new().days(past_due));
        AccountFilter {
            status: self.status,
            total_amount: Bounds { from: self.min_amount, to: self.max_amount },
            // The more days past due, the earlier the due date.
            due_date: Bounds { from: self.days_past_due_max.map(day), to: self.days_past_due_min.map(day) },
            campaign_id: self.campaign_id,
            source_system: self.source_system,
            min_open_amount: None,
            currency: self.currency,
            kind: self.kind,
            owner_id: self.owner_id.or(of_client),
            external_id: self.external_id,
            updated_since: self.updated_since.map(date::next_millisecond),
        }
    }
}

fn amounts_in_order(fields: &mut Fields<'_>, min: Option<&Decimal>, max: Option<&Decimal>) {
    in_order(fields, ("filters.min_amount", min), ("max_amount", max));
}

fn days_in_order(fields: &mut Fields<'_>, min: Option<&i64>, max: Option<&i64>) {
    in_order(fields, ("filters.days_past_due_min", min), ("days_past_due_max", max));
}

fn one_owner(fields: &mut Fields<'_>, owner: Option<&OwnerId>, number: Option<&ExternalId>) {
    if owner.and(number).is_some() {
        let reason = "owner_id is there, too; leave one of them out";
        fields.report(Finding::in_field("filters.client_external_id", FindingCode::InvalidValue, reason));
    }
}

fn dates_in_order(fields: &mut Fields<'_>, from: Option<&Date>, to: Option<&Date>) {
    in_order(fields, ("filters.from", from), ("to", to));
}

/// Reports two filters that are the ends of a range, if no value lies in it.
fn in_order<T: PartialOrd>(
    fields: &mut Fields<'_>,
    (from_name, from): (&'static str, Option<&T>),
    (to_name, to): (&'static str, Option<&T>),
) {
    if (Bounds { from, to }).are_crossed() {
        fields.report(Finding::in_field(from_name, FindingCode::InvalidValue, format!("above {to_name}")));
    }
}

fn days(fields: &mut Fields<'_>, name: &'static str) -> Patch<i64> {
    let expected = "expected a whole number from -1000000 to 1000000";
    let number = match fields.take(name) {
        None => return Patch::Keep,
        Some(Value::Null) => return Patch::Clear,
        Some(Value::Number(number)) => number.parse().ok(),
        Some(_) => return fields.refuse(name, FindingCode::InvalidType, expected),
    };
    match number {
        Some(days) if (-DAYS_MAX..=DAYS_MAX).contains(&days) => Patch::Set(days),
        _ => fields.refuse(name, FindingCode::InvalidValue, expected),
    }
}

/// The columns of an export that names none.
fn default_columns<T, C: Column<T>>(profile: Profile) -> Vec<C> {
    C::ALL.iter().copied().filter(|column| column.is_default(profile)).collect()
}

/// The columns, in the order of the request. A name such as `contact` stands for several.
fn columns<T, C: Column<T>>(fields: &mut Fields<'_>, name: &'static str) -> Patch<Vec<C>> {
    let parse = |name: &str| match named::<T, C>(name) {
        meant if meant.is_empty() => {
            Err(UnknownColumn { known: C::ALL.iter().map(|column| column.name()).collect() })
        }
        meant => Ok(meant),
    };
    let names = match fields.list(name, C::ALL.len(), parse) {
        Patch::Set(names) => names,
        Patch::Keep => return Patch::Keep,
        Patch::Clear => return Patch::Clear,
    };
    let mut columns: Vec<C> = Vec::new();
    for column in names.into_iter().flatten() {
        match columns.contains(&column) {
            true => {
                let reason = format!("{} is there twice", column.name());
                fields.report(Finding::in_field(name, FindingCode::DuplicateValue, reason));
            }
            false => columns.push(column),
        }
    }
    Patch::Set(columns)
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
