//! The resource `/api/public/v1/transactions`, and `/v1/accounts/{id}/transactions`: the transactions of an account,
//! newest first, by the identifier that they were imported under or by the account's id.

use std::str::FromStr;

use axum::extract::State;
use axum::{Extension, Json};
use saldo_domain::account::AccountIdentifier;
use saldo_domain::bounds::Bounds;
use saldo_domain::date::{self, Date, in_milliseconds};
use saldo_domain::fields::{Fields, FindingCode};
use saldo_domain::id::{AccountId, OrgId, TransactionId};
use saldo_domain::money::Currency;
use saldo_domain::transaction::{Direction, Place, Source, Transaction};
use saldo_http::openapi::AmountText;
use saldo_http::{Caller, CursorPage, FromParameters, Limit, NOT_A_CURSOR, Parameters, PathId, Problem};
use serde::Serialize;
use utoipa::ToSchema;

use crate::Stores;

const LIMIT: &str = "limit";
const CURSOR: &str = "cursor";
const FROM: &str = "from";
const TO: &str = "to";
const ACCOUNT_IDENTIFIER: &str = "accountIdentifier";

/// A transaction.
#[derive(Serialize, ToSchema)]
#[schema(as = Transaction, example = json!({
    "id": "txn_mfrggzdfmztwq2lk", "accountIdentifier": "DE89370400440532013000", "transactionId": "2026/01/15-7",
    "text": "Coffee", "creditDebit": "debit", "amount": "3.50", "currency": "EUR", "originalAmount": null,
    "originalCurrency": null, "purchasedAt": null, "valutaAt": "2026-01-15", "bookedAt": "2026-01-16",
    "createdAt": "2026-01-16T09:30:00.000Z", "source": "api"
}))]
#[serde(rename_all = "camelCase")]
pub(crate) struct View {
    id: TransactionId,
    account_identifier: String,
    #[schema(required)]
    transaction_id: Option<String>,
    #[schema(required)]
    text: Option<String>,
    #[schema(value_type = Direction)]
    credit_debit: &'static str,
    /// Never negative: `creditDebit` gives the sign.
    #[schema(value_type = AmountText)]
    amount: String,
    currency: Currency,
    #[schema(required, value_type = Option<AmountText>)]
    original_amount: Option<String>,
    #[schema(required)]
    original_currency: Option<Currency>,
    #[schema(required)]
    purchased_at: Option<Date>,
    valuta_at: Date,
    #[schema(required)]
    booked_at: Option<Date>,
    /// When it was imported.
    #[schema(format = DateTime)]
    created_at: String,
    /// Who reported it: an application (`api`) or the bank, through a synchronization (`sync`).
    #[schema(value_type = Source)]
    source: &'static str,
}

impl From<Transaction> for View {
    fn from(transaction: Transaction) -> Self {
        let original_amount = transaction.original_amount_in_full();
        Self {
            id: transaction.id,
            account_identifier: transaction.account_identifier.into(),
            transaction_id: transaction.external_id.map(String::from),
            text: transaction.text.map(String::from),
            credit_debit: transaction.money.direction.name(),
            amount: transaction.money.currency.in_full(transaction.money.amount),
            currency: transaction.money.currency,
            original_amount,
            original_currency: transaction.original_currency,
            purchased_at: transaction.purchased_on,
            valuta_at: transaction.valued_on,
            booked_at: transaction.booked_on,
            created_at: in_milliseconds(transaction.created_at),
            source: transaction.source.name(),
        }
    }
}

/// The parameters of a page of transactions.
pub(crate) struct Window {
    limit: Limit,
    days: Bounds<Date>,
    after: Option<Place>,
}

impl FromParameters for Window {
    const NAMES: &'static [&'static str] = &[LIMIT, CURSOR, FROM, TO];

    fn read(parameters: &mut Fields<'_>) -> Option<Self> {
        let limit = parameters.patch(LIMIT, str::parse).value().unwrap_or_default();
        let after =
            parameters.patch(CURSOR, |cursor| Place::from_str(cursor).map_err(|_| NOT_A_CURSOR)).value();
        let from = parameters.patch(FROM, date::parse).value();
        let to = parameters.patch(TO, date::parse).value();
        let days = Bounds { from, to };
        if days.are_crossed() {
            return parameters.refuse(FROM, FindingCode::InvalidValue, "from is after to").value();
        }
        Some(Self { limit, days, after })
    }
}

/// The parameters of a page of the transactions with an identifier.
pub(crate) struct Query {
    account: AccountIdentifier,
    window: Window,
}

impl FromParameters for Query {
    const NAMES: &'static [&'static str] = &[ACCOUNT_IDENTIFIER, LIMIT, CURSOR, FROM, TO];

    fn read(parameters: &mut Fields<'_>) -> Option<Self> {
        let account = parameters.required(ACCOUNT_IDENTIFIER, Fields::text);
        let window = Window::read(parameters);
        Some(Self { account: account?, window: window? })
    }
}

/// Lists the transactions of an account by its identifier
///
/// Newest first, by value date (`valutaAt`). There need not be an account with this identifier.
#[utoipa::path(
    get, path = "/api/public/v1/transactions", operation_id = "list_transactions", tag = "Transactions",
    params(
        ("accountIdentifier" = AccountIdentifier, Query, description = "The identifier that the transactions were imported under, such as an IBAN"),
        ("limit" = inline(Option<Limit>), Query, description = "How many"),
        ("cursor" = Option<String>, Query, pattern = r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])\.[0-9]{19}\.txn_[a-z2-7]{16,32}$", description = "The `next_cursor` of the page before"),
        ("from" = Option<Date>, Query, description = "Only transactions valued on this day or later"),
        ("to" = Option<Date>, Query, description = "Only transactions valued on this day or earlier"),
    ),
    responses((status = 200, description = "A page of transactions", body = CursorPage<View>)),
)]
pub(crate) async fn by_identifier(
    State(stores): State<Stores>,
    Extension(caller): Extension<Caller>,
    Parameters(Query { account, window }): Parameters<Query>,
) -> Result<Json<CursorPage<View>>, Problem> {
    page(&stores, caller.org(), &account, window).await
}

/// Lists the transactions of an account
///
/// Newest first, by value date (`valutaAt`).
#[utoipa::path(
    get, path = "/v1/accounts/{id}/transactions", operation_id = "list_account_transactions", tag = "Transactions",
    params(
        ("id" = AccountId, Path),
        ("limit" = inline(Option<Limit>), Query, description = "How many"),
        ("cursor" = Option<String>, Query, pattern = r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])\.[0-9]{19}\.txn_[a-z2-7]{16,32}$", description = "The `next_cursor` of the page before"),
        ("from" = Option<Date>, Query, description = "Only transactions valued on this day or later"),
        ("to" = Option<Date>, Query, description = "Only transactions valued on this day or earlier"),
    ),
    responses((status = 200, description = "A page of transactions", body = CursorPage<View>)),
)]
pub(crate) async fn of_account(
    State(stores): State<Stores>,
    Extension(caller): Extension<Caller>,
    PathId(id): PathId<AccountId>,
    Parameters(window): Parameters<Window>,
) -> Result<Json<CursorPage<View>>, Problem> {
    let account = stores.accounts.get(caller.org(), &id).await?.ok_or_else(Problem::not_found)?;
    page(&stores, caller.org(), &account.transactions_identifier(), window).await
}

async fn page(
    stores: &Stores,
    org: &OrgId,
    account: &AccountIdentifier,
    Window { limit, days, after }: Window,
) -> Result<Json<CursorPage<View>>, Problem> {
    let page = stores.transactions.list(org, account, days, after.as_ref(), limit.get()).await?;
    let (transactions, has_more) = page;
    let next_cursor = transactions.last().filter(|_| has_more).map(|last| Place::of(last).to_string());
    Ok(Json(CursorPage::new(transactions.into_iter().map(View::from).collect(), next_cursor)))
}

#[cfg(test)]
mod tests {
    use saldo_http::openapi::query_parameters;

    use super::*;

    #[test]
    fn operations_describe_their_parameters() {
        assert_eq!(query_parameters::<__path_by_identifier>(), Query::NAMES);
        assert_eq!(query_parameters::<__path_of_account>(), Window::NAMES);
    }
}
