//! The resource `/rest/accounts`: the accounts at banks, in the form of the finX API.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::{Extension, Json};
use iban::{Iban, IbanLike};
use jiff::Timestamp;
use saldo_domain::access::Access;
use saldo_domain::account::{Account, AccountIdentifier, BankDetails};
use saldo_domain::date::{Date, in_milliseconds};
use saldo_domain::fields::Fields;
use saldo_domain::id::{AccessId, AccountId, OrgId};
use saldo_domain::money::{Currency, Decimal, Total};
use saldo_http::finx::ErrorCode;
use saldo_http::{Caller, FromParameters, Parameters, PathId, Problem};
use saldo_store::failure::Failure;
use serde::Serialize;
use utoipa::openapi::path::{Parameter, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{IntoParams, ToSchema};

use crate::Nothing;
use crate::Stores;
use crate::parameters;

const CENTS: &str = "cents";

/// The parameters of a request for accounts.
pub(crate) struct Query {
    pub(crate) cents: bool,
}

impl FromParameters for Query {
    const NAMES: &'static [&'static str] = &[CENTS];

    fn read(parameters: &mut Fields<'_>) -> Option<Self> {
        Some(Self { cents: parameters.boolean(CENTS).value().unwrap_or_default() })
    }
}

impl IntoParams for Query {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        vec![parameters::cents(CENTS)]
    }
}

/// An account at a bank, with its access.
pub(crate) struct BankAccount {
    pub(crate) account: Account,
    pub(crate) details: BankDetails,
    pub(crate) access: Access,
}

impl BankAccount {
    /// The identifier that the account's transactions are stored under.
    pub(crate) fn identifier(&self) -> AccountIdentifier {
        self.details.transactions_identifier(&self.account.id)
    }
}

/// The accounts at banks.
#[derive(Serialize, ToSchema)]
#[schema(as = BankAccounts)]
pub(crate) struct List {
    accounts: Vec<View>,
}

/// An account at a bank.
#[derive(Serialize, ToSchema)]
#[schema(as = BankAccount, example = json!({
    "account_id": "acc_mfrggzdfmztwq2lkmfrggzdfmz", "bank_id": "acs_mfrggzdfmztwq2lkmfrggzdfmz",
    "bank_name": "Sandbox Bank", "name": "Girokonto", "owner": "Käthe Öztürk-Müller", "auto_sync": true,
    "account_number": "0000001001", "bank_code": "99999999", "currency": "EUR",
    "iban": "DE59999999990000001001", "bic": "SALDDEFFXXX", "type": "Giro account",
    "status": {
        "code": 1, "message": null, "sync_timestamp": "2026-01-15T12:00:41.902Z",
        "success_timestamp": "2026-01-15T12:00:41.902Z"
    },
    "balance": { "balance": 1_336_934.98, "balance_date": "2026-01-15", "credit_line": null }
}))]
pub(crate) struct View {
    account_id: AccountId,
    /// The access that it belongs to.
    bank_id: AccessId,
    bank_name: String,
    /// The name that the bank gave it.
    #[schema(required)]
    name: Option<String>,
    /// The name of its owner.
    #[schema(required)]
    owner: Option<String>,
    /// Whether it is synchronized daily without a user.
    auto_sync: bool,
    /// Its number in the national format.
    #[schema(required)]
    account_number: Option<String>,
    /// The bank's code in its IBAN.
    #[schema(required)]
    bank_code: Option<String>,
    currency: Currency,
    /// Its IBAN (ISO 13616), without blanks.
    #[schema(required)]
    iban: Option<String>,
    /// The bank's BIC (ISO 9362).
    #[schema(required)]
    bic: Option<String>,
    r#type: Kind,
    status: StatusView,
    balance: BalanceView,
}

/// The types of account of the finX API.
#[derive(Serialize, ToSchema)]
#[schema(as = BankAccountType)]
enum Kind {
    #[serde(rename = "Giro account")]
    Giro,
    #[serde(rename = "Savings account")]
    Savings,
    #[serde(rename = "Credit card")]
    CreditCard,
    #[serde(rename = "Loan account")]
    Loan,
    Unknown,
}

/// Whether an account is up to date.
#[derive(Serialize, ToSchema)]
#[schema(as = BankAccountStatus)]
struct StatusView {
    /// 1: no error; otherwise the negative error code.
    #[schema(schema_with = code)]
    code: i32,
    /// The error, for people.
    #[schema(required)]
    message: Option<&'static str>,
    /// When a synchronization of its access last ended.
    #[schema(required, format = DateTime)]
    sync_timestamp: Option<String>,
    /// When a synchronization of its access was last completed.
    #[schema(required, format = DateTime)]
    success_timestamp: Option<String>,
}

fn code() -> impl Into<RefOr<Schema>> {
    let failures = ErrorCode::ALL.iter().map(|code| -i32::from(code.number()));
    ObjectBuilder::new()
        .schema_type(Type::Integer)
        .enum_values(Some(std::iter::once(1).chain(failures)))
        .description(Some("1: no error; otherwise the negative `ErrorCode`"))
}

/// The balance of an account at a bank.
#[derive(Serialize, ToSchema)]
#[schema(as = BankBalance, example = json!({
    "balance": 1_336_934.98, "balance_date": "2026-01-15", "credit_line": null
}))]
pub(crate) struct BalanceView {
    /// In the account's currency or, with `cents`, in its smallest unit.
    balance: Total,
    /// The day of the balance, if the bank reports it.
    #[schema(required)]
    balance_date: Option<Date>,
    /// Always null: banks do not report it.
    #[schema(required, schema_with = nothing)]
    credit_line: Option<()>,
}

fn nothing() -> impl Into<RefOr<Schema>> {
    ObjectBuilder::new().schema_type(Type::Null).description(Some("Always null: banks do not report it"))
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
            auto_sync: access.syncs_unattended_at(Timestamp::now()),
            account_number: details.bban.or_else(|| iban.and_then(rest)),
            bank_code,
            currency: details.currency,
            iban: details.iban,
            bic: details.bic,
            r#type: type_of(details.cash_account_type.as_deref()),
            status: StatusView {
                code: match (details.missing_since, access.last_error) {
                    (Some(_), _) => -i32::from(ErrorCode::NoAuthorization.number()),
                    (None, Some(reason)) => -i32::from(ErrorCode::from(reason).number()),
                    (None, None) => 1,
                },
                message: match (details.missing_since, access.last_error) {
                    (Some(_), _) => Some("The bank does not list the account any more."),
                    (None, reason) => reason.map(|reason| ErrorCode::from(reason).description()),
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
        Self {
            balance: in_unit(found.details.balance, found.details.currency, cents),
            balance_date: found.details.balance_date,
            credit_line: None,
        }
    }
}

/// An amount in its currency, or in the currency's smallest unit.
pub(crate) fn in_unit(amount: Decimal, currency: Currency, cents: bool) -> Total {
    Total::in_units(amount, if cents { currency.decimal_places().unwrap_or_default() } else { 0 })
}

/// The finX API's type for an account type of ISO 20022.
fn type_of(cash_account_type: Option<&str>) -> Kind {
    match saldo_domain::account::type_of(cash_account_type) {
        "checking" => Kind::Giro,
        "savings" => Kind::Savings,
        "credit_card" => Kind::CreditCard,
        "loan" => Kind::Loan,
        _ => Kind::Unknown,
    }
}

/// Lists the accounts at banks
///
/// `/v1/accounts` lists them among all other accounts.
#[utoipa::path(
    get, path = "/rest/accounts", operation_id = "list_bank_accounts", tag = "Banks",
    params(Query),
    responses((status = 200, description = "All accounts, access by access", body = List)),
)]
pub(crate) async fn list(
    State(stores): State<Stores>,
    Extension(caller): Extension<Caller>,
    Parameters(Query { cents }): Parameters<Query>,
) -> Result<Json<List>, Problem> {
    let found = all(&stores, caller.org()).await?;
    Ok(Json(List { accounts: found.into_iter().map(|found| View::of(found, cents)).collect() }))
}

/// All accounts at banks, access by access.
pub(crate) async fn all(stores: &Stores, org: &OrgId) -> Result<Vec<BankAccount>, Failure> {
    let accesses = stores.accesses.all(org).await?;
    let ids = accesses.iter().flat_map(|access| &access.accounts);
    let found = stores.accounts.find(org, ids).await?.into_iter();
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

pub(crate) async fn find(stores: &Stores, org: &OrgId, id: &AccountId) -> Result<BankAccount, Problem> {
    let mut account = stores.accounts.get(org, id).await?.ok_or_else(Problem::not_found)?;
    let details = *account.bank.take().ok_or_else(Problem::not_found)?;
    let access = stores.accesses.get(org, &details.access_id).await?.ok_or_else(Problem::not_found)?;
    Ok(BankAccount { account, details, access })
}

/// Shows an account at a bank
#[utoipa::path(
    get, path = "/rest/accounts/{account_id}", operation_id = "read_bank_account", tag = "Banks",
    params(("account_id" = AccountId, Path), Query),
    responses((status = 200, description = "The account", body = View)),
)]
pub(crate) async fn read(
    State(stores): State<Stores>,
    Extension(caller): Extension<Caller>,
    PathId(id): PathId<AccountId>,
    Parameters(Query { cents }): Parameters<Query>,
) -> Result<Json<View>, Problem> {
    Ok(Json(View::of(find(&stores, caller.org(), &id).await?, cents)))
}

/// Shows the balance of an account at a bank
#[utoipa::path(
    get, path = "/rest/accounts/{account_id}/balance", operation_id = "read_bank_balance", tag = "Banks",
    params(("account_id" = AccountId, Path), Query),
    responses((status = 200, description = "The balance", body = BalanceView)),
)]
pub(crate) async fn balance(
    State(stores): State<Stores>,
    Extension(caller): Extension<Caller>,
    PathId(id): PathId<AccountId>,
    Parameters(Query { cents }): Parameters<Query>,
) -> Result<Json<BalanceView>, Problem> {
    Ok(Json(BalanceView::of(&find(&stores, caller.org(), &id).await?, cents)))
}

/// Deletes an account at a bank
///
/// It stays deleted until a synchronization with the scope `ACCOUNTS` imports all accounts again. Its booked
/// transactions are kept.
#[utoipa::path(
    delete, path = "/rest/accounts/{account_id}", operation_id = "delete_bank_account", tag = "Banks",
    params(("account_id" = AccountId, Path)),
    responses((status = 200, description = "The account was deleted", body = Nothing)),
)]
pub(crate) async fn delete(
    State(stores): State<Stores>,
    Extension(caller): Extension<Caller>,
    PathId(id): PathId<AccountId>,
) -> Result<Json<Nothing>, Problem> {
    let account = stores.accounts.get(caller.org(), &id).await?.filter(|account| account.bank.is_some());
    let account = account.ok_or_else(Problem::not_found)?;
    stores.transactions.forget_pending(caller.org(), &account).await?;
    let (now, by) = (Timestamp::now(), caller.changed_by());
    stores.accounts.delete(caller.org(), &account, false, now, &by).await?;
    Ok(Json(Nothing {}))
}
