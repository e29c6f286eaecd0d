//! The accounts that synchronizations have brought, in finX's shape.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::{Extension, Json};
use iban::{Iban, IbanLike};
use jiff::Timestamp;
use saldo::access::Access;
use saldo::account::{Account, BankDetails};
use saldo::app::App;
use saldo::date::{Date, in_milliseconds};
use saldo::failure::Failure;
use saldo::fields::Fields;
use saldo::finx::ErrorCode;
use saldo::http::{Caller, FromParameters, Parameters, PathId, Problem};
use saldo::id::{AccessId, AccountId, OrgId};
use saldo::money::{Currency, Decimal, as_number};
use serde::Serialize;
use serde_json::{Value, json};

const CENTS: &str = "cents";

/// Whether amounts are told in the currency's smallest unit.
pub(crate) struct Query {
    cents: bool,
}

impl FromParameters for Query {
    const NAMES: &'static [&'static str] = &[CENTS];
    const IGNORES_UNKNOWN: bool = true;

    fn read(parameters: &mut Fields) -> Option<Self> {
        Some(Self { cents: parameters.boolean(CENTS).value().unwrap_or_default() })
    }
}

/// An account with the access that brings it.
pub(super) struct BankAccount {
    pub(super) account: Account,
    pub(super) details: BankDetails,
    pub(super) access: Access,
}

#[derive(Serialize)]
pub(crate) struct List {
    accounts: Vec<View>,
}

#[derive(Serialize)]
pub(crate) struct View {
    account_id: AccountId,
    bank_id: AccessId,
    bank_name: String,
    name: Option<String>,
    owner: Option<String>,
    auto_sync: bool,
    account_number: Option<String>,
    bank_code: Option<String>,
    currency: Currency,
    iban: Option<String>,
    bic: Option<String>,
    r#type: &'static str,
    status: StatusView,
    balance: BalanceView,
}

#[derive(Serialize)]
struct StatusView {
    /// 1: in step with the bank; 0: not read yet; otherwise what went wrong, below zero.
    code: i32,
    message: Option<&'static str>,
    sync_timestamp: Option<String>,
    success_timestamp: Option<String>,
}

#[derive(Serialize)]
pub(crate) struct BalanceView {
    #[serde(serialize_with = "as_number")]
    balance: Decimal,
    balance_date: Option<Date>,
    /// Banks don't tell it.
    credit_line: Option<()>,
}

impl View {
    fn of(found: BankAccount, cents: bool) -> Self {
        let balance = BalanceView::of(&found, cents);
        let BankAccount { account, details, access } = found;
        let iban = details.iban.as_deref().and_then(|text| text.parse::<Iban>().ok());
        let bank_code = iban.and_then(|iban| iban.bank_identifier().map(str::to_owned));
        let rest = |iban: Iban| match iban.bank_identifier() {
            Some(bank) => iban.bban_unchecked().strip_prefix(bank).map(str::to_owned),
            None => None,
        };
        Self {
            account_id: account.id,
            bank_id: access.id.clone(),
            bank_name: access.bank_name.clone(),
            name: details.name.or(details.product),
            owner: details.owner_name,
            auto_sync: access.needs_nobody_at(Timestamp::now()),
            account_number: details.bban.or_else(|| iban.and_then(rest)),
            bank_code,
            currency: account.currency,
            iban: details.iban,
            bic: details.bic,
            r#type: type_of(details.cash_account_type.as_deref()),
            status: StatusView {
                code: match (details.missing_since, access.last_error) {
                    (Some(_), _) => -i32::from(ErrorCode::NoAuthorization.number()),
                    (None, Some(code)) => -i32::from(code.number()),
                    (None, None) => 1,
                },
                message: match (details.missing_since, access.last_error) {
                    (Some(_), _) => Some("The bank does not list the account any more."),
                    (None, code) => code.map(ErrorCode::description),
                },
                sync_timestamp: access.synced_at.map(in_milliseconds),
                success_timestamp: access.succeeded_at.map(in_milliseconds),
            },
            balance,
        }
    }
}

impl BalanceView {
    fn of(found: &BankAccount, cents: bool) -> Self {
        let amount = |amount: Decimal| in_unit(amount, found.account.currency, cents);
        Self {
            balance: amount(found.account.balance),
            balance_date: found.details.balance_date,
            credit_line: None,
        }
    }
}

/// An amount in its currency, or in the smallest unit of it.
pub(super) fn in_unit(amount: Decimal, currency: Currency, cents: bool) -> Decimal {
    let places = if cents { currency.decimal_places().unwrap_or_default() } else { 0 };
    // Of 28 digits, fourteen before the point as the standard has them, none is lost.
    (0..places).fold(amount, |amount, _| amount.checked_mul(Decimal::TEN).unwrap_or(amount)).normalize()
}

/// finX's words for the types of account (ISO 20022).
fn type_of(cash_account_type: Option<&str>) -> &'static str {
    match saldo::account::type_of(cash_account_type) {
        "checking" => "Giro account",
        "savings" => "Savings account",
        "credit_card" => "Credit card",
        "loan" => "Loan account",
        _ => "Unknown",
    }
}

pub(crate) async fn list(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Parameters(Query { cents }): Parameters<Query>,
) -> Result<Json<List>, Problem> {
    let found = all(&app, caller.org()).await?;
    Ok(Json(List { accounts: found.into_iter().map(|found| View::of(found, cents)).collect() }))
}

/// Every account that a synchronization has brought, access by access.
pub(super) async fn all(app: &App, org: &OrgId) -> Result<Vec<BankAccount>, Failure> {
    let accesses = app.accesses.all(org).await?;
    let ids = accesses.iter().flat_map(|access| &access.accounts);
    let found = app.accounts.find(org, ids).await?.into_iter();
    let mut found: BTreeMap<AccountId, Account> =
        found.map(|account| (account.id.clone(), account)).collect();
    let mut accounts = Vec::new();
    for access in accesses {
        for id in &access.accounts {
            if let Some(mut account) = found.remove(id)
                && let Some(details) = account.bank.take()
            {
                accounts.push(BankAccount { account, details: *details, access: access.clone() });
            }
        }
    }
    Ok(accounts)
}

pub(super) async fn find(app: &App, org: &OrgId, id: &AccountId) -> Result<BankAccount, Problem> {
    let mut account = app.accounts.get(org, id).await?.ok_or_else(Problem::not_found)?;
    let details = *account.bank.take().ok_or_else(Problem::not_found)?;
    let access = app.accesses.get(org, &details.access_id).await?.ok_or_else(Problem::not_found)?;
    Ok(BankAccount { account, details, access })
}

pub(crate) async fn read(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    PathId(id): PathId<AccountId>,
    Parameters(Query { cents }): Parameters<Query>,
) -> Result<Json<View>, Problem> {
    Ok(Json(View::of(find(&app, caller.org(), &id).await?, cents)))
}

pub(crate) async fn balance(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    PathId(id): PathId<AccountId>,
    Parameters(Query { cents }): Parameters<Query>,
) -> Result<Json<BalanceView>, Problem> {
    Ok(Json(BalanceView::of(&find(&app, caller.org(), &id).await?, cents)))
}

/// Deletes an account. It stays deleted until a synchronization with the scope `ACCOUNTS`
/// asks for all of them again.
pub(crate) async fn delete(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    PathId(id): PathId<AccountId>,
) -> Result<Json<Value>, Problem> {
    let account = app.accounts.get(caller.org(), &id).await?.filter(|account| account.bank.is_some());
    let account = account.ok_or_else(Problem::not_found)?;
    app.transactions.forget_pending(caller.org(), &account).await?;
    app.accounts.delete(caller.org(), &account, false, Timestamp::now()).await?;
    Ok(Json(json!({})))
}
