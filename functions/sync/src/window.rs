//! The parameters by which the finX API selects transactions.

use std::str::FromStr;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use saldo_domain::bounds::Bounds;
use saldo_domain::date::{self, Date, parse_moment};
use saldo_domain::fields::{Fields, FindingCode, InvalidValue};
use saldo_domain::id::{AccountId, SyncId};
use saldo_domain::transaction::Transaction;
use saldo_http::FromParameters;
use saldo_http::openapi::Flag;
use saldo_store::Order;
use utoipa::openapi::path::{Parameter, ParameterIn};
use utoipa::openapi::schema::{AnyOfBuilder, KnownFormat, ObjectBuilder, SchemaFormat, Type};
use utoipa::{IntoParams, PartialSchema};
use uuid::Uuid;

use crate::parameters::{cents, parameter};

const ACCOUNTS: &str = "accounts";
const SYNC_ID: &str = "sync_id";
const SINCE: &str = "since";
const UNTIL: &str = "until";
const SINCE_TYPE: &str = "since_type";
const COUNT: &str = "count";
const OFFSET: &str = "offset";
const SORT: &str = "sort";
const INCLUDE_PENDING: &str = "include_pending";
const CENTS: &str = "cents";

/// The most transactions of one answer.
const COUNT_MAX: i64 = 1_000;
/// The most transactions that can be skipped. To read further, select by day.
const OFFSET_MAX: i64 = 100_000;
/// The most accounts that can be named.
const ACCOUNTS_MAX: usize = 100;

/// A selection of transactions.
pub(crate) struct Window {
    /// The accounts; all if empty.
    pub(crate) accounts: Vec<AccountId>,
    /// The synchronization that imported them.
    sync: Option<Uuid>,
    pub(crate) since: Bounds<Date>,
    pub(crate) since_type: Since,
    pub(crate) count: usize,
    pub(crate) offset: usize,
    pub(crate) sort: Order,
    pub(crate) include_pending: bool,
    /// Whether amounts are shown in the currency's smallest unit.
    pub(crate) cents: bool,
}

/// The day that `since` and `until` refer to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Since {
    /// The day on which a transaction was booked.
    #[default]
    Booked,
    /// The day on which Saldo imported it. Transactions do not change afterwards.
    Created,
}

impl FromStr for Since {
    type Err = InvalidValue;

    fn from_str(name: &str) -> Result<Self, InvalidValue> {
        match name {
            "booked" => Ok(Self::Booked),
            "created" | "modified" => Ok(Self::Created),
            _ => Err(InvalidValue("expected booked, created or modified")),
        }
    }
}

/// The order of the transactions.
fn order(name: &str) -> Result<Order, InvalidValue> {
    match name {
        "desc" => Ok(Order::NewestFirst),
        "asc" => Ok(Order::OldestFirst),
        _ => Err(InvalidValue("expected desc or asc")),
    }
}

impl FromParameters for Window {
    const NAMES: &'static [&'static str] =
        &[ACCOUNTS, SYNC_ID, SINCE, UNTIL, SINCE_TYPE, COUNT, OFFSET, SORT, INCLUDE_PENDING, CENTS];

    fn read(parameters: &mut Fields<'_>) -> Option<Self> {
        let accounts = parameters.patch(ACCOUNTS, accounts).value().unwrap_or_default();
        let sync = parameters.patch(SYNC_ID, str::parse::<SyncId>).value().map(|sync| sync.as_uuid());
        let since =
            Bounds { from: parameters.patch(SINCE, day).value(), to: parameters.patch(UNTIL, day).value() };
        if since.are_crossed() {
            return parameters.refuse(SINCE, FindingCode::InvalidValue, "since is after until").value();
        }
        let number = |fields: &mut Fields<'_>, name, most| fields.integer(name, 0..=most).value();
        let count = number(parameters, COUNT, COUNT_MAX).unwrap_or(COUNT_MAX);
        let offset = number(parameters, OFFSET, OFFSET_MAX).unwrap_or_default();
        Some(Self {
            accounts,
            sync,
            since,
            since_type: parameters.patch(SINCE_TYPE, str::parse).value().unwrap_or_default(),
            count: usize::try_from(count).ok()?,
            offset: usize::try_from(offset).ok()?,
            sort: parameters.patch(SORT, order).value().unwrap_or(Order::NewestFirst),
            include_pending: parameters.boolean(INCLUDE_PENDING).value().unwrap_or_default(),
            cents: parameters.boolean(CENTS).value().unwrap_or_default(),
        })
    }
}

impl IntoParams for Window {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let account = format!("{}[a-z2-7]{{16,32}}", AccountId::PREFIX);
        let others = format!("( *, *{account}){{0,{}}}", ACCOUNTS_MAX - 1);
        let text = || ObjectBuilder::new().schema_type(Type::String);
        let accounts = text().pattern(Some(format!("^ *{account}{others} *$")));
        let day = |format| text().format(Some(SchemaFormat::KnownFormat(format)));
        let moment = || AnyOfBuilder::new().item(day(KnownFormat::Date)).item(day(KnownFormat::DateTime));
        let number = |most: i64, default: i64| {
            let number = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(0));
            number.maximum(Some(most)).default(Some(default.into()))
        };
        let since_types =
            text().enum_values(Some(["booked", "created", "modified"])).default(Some("booked".into()));
        let orders = text().enum_values(Some(["desc", "asc"])).default(Some("desc".into()));
        vec![
            parameter(
                ACCOUNTS,
                "Only transactions of these accounts: up to 100 ids, separated by commas",
                accounts,
            ),
            parameter(SYNC_ID, "Only transactions that this synchronization imported", SyncId::schema()),
            parameter(
                SINCE,
                "Only transactions of this day or later; of a time, its day in UTC counts",
                moment(),
            ),
            parameter(
                UNTIL,
                "Only transactions of this day or earlier; of a time, its day in UTC counts",
                moment(),
            ),
            parameter(
                SINCE_TYPE,
                "The day that `since` and `until` refer to: the booking date, or the day on which Saldo imported the transaction (`created`, `modified`)",
                since_types,
            ),
            parameter(COUNT, "The most transactions of the answer", number(COUNT_MAX, COUNT_MAX)),
            parameter(OFFSET, "The number of transactions to skip", number(OFFSET_MAX, 0)),
            parameter(SORT, "Newest first (`desc`) or oldest first (`asc`)", orders),
            parameter(INCLUDE_PENDING, "Whether pending transactions are included", Flag::schema()),
            cents(CENTS),
        ]
    }
}

/// A selection of the transactions of one account.
pub(crate) struct WindowOfAccount(pub(crate) Window);

impl FromParameters for WindowOfAccount {
    const NAMES: &'static [&'static str] = match Window::NAMES {
        [_, but_accounts @ ..] => but_accounts,
        [] => &[],
    };

    fn read(parameters: &mut Fields<'_>) -> Option<Self> {
        Window::read(parameters).map(Self)
    }
}

impl IntoParams for WindowOfAccount {
    fn into_params(place: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        Window::into_params(place).into_iter().filter(|parameter| parameter.name != ACCOUNTS).collect()
    }
}

impl Window {
    /// Whether a transaction, imported by the synchronization `stored_by`, is selected.
    pub(crate) fn takes(&self, transaction: &Transaction, stored_by: Option<Uuid>) -> bool {
        let day = match self.since_type {
            Since::Booked => transaction.booked_on.unwrap_or(transaction.valued_on),
            Since::Created => day_of(transaction.created_at),
        };
        let Bounds { from, to } = self.since;
        from.is_none_or(|from| from <= day)
            && to.is_none_or(|to| day <= to)
            && self.sync.is_none_or(|sync| stored_by == Some(sync))
    }
}

/// Account ids, separated by commas.
fn accounts(text: &str) -> Result<Vec<AccountId>, InvalidValue> {
    let accounts: Result<Vec<AccountId>, _> = text.split(',').map(str::trim).map(str::parse).collect();
    accounts
        .ok()
        .filter(|accounts| accounts.len() <= ACCOUNTS_MAX)
        .ok_or(InvalidValue("expected up to 100 ids of accounts with commas between them"))
}

/// A day, or the day of a time in UTC.
fn day(text: &str) -> Result<Date, InvalidValue> {
    let of_moment = || parse_moment(text).map(day_of);
    date::parse(text).or_else(|_| of_moment()).map_err(|_| {
        InvalidValue("expected a day such as 2026-01-15, or a moment such as 2026-01-15T12:00:00Z")
    })
}

/// The day of a timestamp, in UTC.
fn day_of(moment: Timestamp) -> Date {
    moment.to_zoned(TimeZone::UTC).date()
}
