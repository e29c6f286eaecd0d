//! The resource `/rest/transactions`: the transactions that banks reported, in the form of the finX API.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use axum::extract::State;
use axum::{Extension, Json};
use futures::TryStreamExt;
use iban::Iban;
use jiff::Span;
use saldo_domain::bounds::Bounds;
use saldo_domain::date::{Date, in_milliseconds};
use saldo_domain::id::{AccountId, OrgId, TransactionId};
use saldo_domain::money::{Currency, Total};
use saldo_domain::transaction::{Direction, Transaction, TransactionDetails};
use saldo_http::{Caller, Parameters, PathId, Problem};
use saldo_store::failure::Failure;
use saldo_store::{Order, StoredTransaction};
use serde::Serialize;
use utoipa::ToSchema;

use crate::Stores;
use crate::accounts::{BankAccount, Query, all, find, in_unit};
use crate::window::{Since, Window, WindowOfAccount};

/// The accounts whose transactions one answer can have. All of them are read concurrently.
const ACCOUNTS_MAX: usize = 500;
/// The records in memory at the same time: two pages of each account. A record takes about 4 kB.
const RECORDS_AT_ONCE: usize = 20_000;
/// The days between the booking date and the value date of a transaction, at most.
const VALUED_APART: i64 = 366;

/// A page of transactions that banks reported.
#[derive(Serialize, ToSchema)]
#[schema(as = BankTransactions)]
pub(crate) struct List {
    #[schema(max_items = 1000)]
    transactions: Vec<View>,
}

/// A transaction that a bank reported.
#[derive(Serialize, ToSchema)]
#[schema(as = BankTransaction, example = json!({
    "transaction_id": "txn_mfrggzdfmztwq2lkmfrggzdfmz", "account_id": "acc_mfrggzdfmztwq2lkmfrggzdfmz",
    "name": "Stadtwerke München", "account_number": null, "bank_code": "37040044", "bank_name": null,
    "iban": "DE89370400440532013000", "bic": "COBADEFFXXX", "amount": -49.9, "currency": "EUR",
    "booking_date": "2026-01-14", "value_date": "2026-01-14",
    "purpose": "Abschlag Strom, Kundennr. 00815", "type": "Direct debit", "booking_text": null, "booked": true,
    "end_to_end_reference": "SWM-778812", "mandate_reference": "SWM-MANDAT-0042",
    "creditor_id": "DE98ZZZ09999999999", "creation_timestamp": "2026-01-15T12:00:00.000Z",
    "modification_timestamp": "2026-01-15T12:00:00.000Z"
}))]
pub(crate) struct View {
    transaction_id: TransactionId,
    account_id: AccountId,
    /// The name of the counterparty.
    #[schema(required)]
    name: Option<String>,
    /// The counterparty's account number, if the account has no IBAN.
    #[schema(required)]
    account_number: Option<String>,
    /// The bank code in the counterparty's IBAN.
    #[schema(required)]
    bank_code: Option<String>,
    /// Always null: banks do not report the counterparty's bank.
    #[schema(required)]
    bank_name: Option<String>,
    /// The counterparty's IBAN (ISO 13616), without blanks.
    #[schema(required)]
    iban: Option<String>,
    /// The BIC of the counterparty's bank (ISO 9362).
    #[schema(required)]
    bic: Option<String>,
    /// The amount, negative for debits: in the `currency` or, with `cents`, in its smallest unit.
    amount: Total,
    currency: Currency,
    /// The day on which it was booked; null while it is pending.
    #[schema(required)]
    booking_date: Option<Date>,
    /// The day from which it counts for interest.
    value_date: Date,
    /// The remittance information.
    #[schema(required)]
    purpose: Option<String>,
    r#type: Kind,
    /// The bank's name for this type of transaction.
    #[schema(required)]
    booking_text: Option<String>,
    /// Whether it is booked; otherwise it is pending.
    booked: bool,
    /// The end-to-end reference of the payment.
    #[schema(required)]
    end_to_end_reference: Option<String>,
    /// The mandate of the direct debit.
    #[schema(required)]
    mandate_reference: Option<String>,
    /// The creditor of the direct debit.
    #[schema(required)]
    creditor_id: Option<String>,
    /// When Saldo imported it.
    #[schema(format = DateTime)]
    creation_timestamp: String,
    /// The same time: transactions do not change.
    #[schema(format = DateTime)]
    modification_timestamp: String,
}

/// The types of transaction of the finX API, as far as banks report them.
#[derive(Serialize, ToSchema)]
#[schema(as = BankTransactionType)]
enum Kind {
    #[serde(rename = "Direct debit")]
    DirectDebit,
    Transfer,
}

impl View {
    fn of(transaction: Transaction, account_id: AccountId, booked: bool, cents: bool) -> Self {
        let money = transaction.money;
        let amount = match money.direction {
            Direction::Credit => money.amount,
            Direction::Debit => -money.amount,
        };
        let details = transaction.details.map(|details| *details);
        let said = details.unwrap_or_else(|| TransactionDetails::none(account_id.clone()));
        let iban = said.iban.as_deref().and_then(|text| text.parse::<Iban>().ok());
        let created = in_milliseconds(transaction.created_at);
        Self {
            transaction_id: transaction.id,
            account_id,
            name: said.counterparty,
            account_number: said.account_number,
            bank_code: iban.and_then(|iban| iban.bank_identifier().map(str::to_owned)),
            bank_name: None,
            iban: said.iban,
            bic: said.bic,
            amount: in_unit(amount, money.currency, cents),
            currency: money.currency,
            booking_date: transaction.booked_on,
            value_date: transaction.valued_on,
            purpose: transaction.text.map(String::from),
            r#type: if said.mandate_reference.is_some() { Kind::DirectDebit } else { Kind::Transfer },
            booking_text: said.booking_text,
            booked,
            end_to_end_reference: said.end_to_end_reference,
            mandate_reference: said.mandate_reference,
            creditor_id: said.creditor_id,
            creation_timestamp: created.clone(),
            modification_timestamp: created,
        }
    }
}

/// Lists the transactions that banks reported
///
/// Of all accounts, or of the named ones if there are more than 500. Transactions that applications imported are not
/// included. Pending transactions come before booked ones.
#[utoipa::path(
    get, path = "/rest/transactions", operation_id = "list_bank_transactions", tag = "Banks",
    params(Window),
    responses((status = 200, description = "A page of transactions", body = List)),
)]
pub(crate) async fn list(
    State(stores): State<Stores>,
    Extension(caller): Extension<Caller>,
    Parameters(window): Parameters<Window>,
) -> Result<Json<List>, Problem> {
    let mut accounts = all(&stores, caller.org()).await?;
    if !window.accounts.is_empty() {
        accounts.retain(|found| window.accounts.contains(&found.account.id));
    }
    if accounts.len() > ACCOUNTS_MAX {
        let reason = format!("there are more than {ACCOUNTS_MAX} accounts: name those that are wanted");
        return Err(Problem::invalid_value_of("accounts", reason));
    }
    page(&stores, caller.org(), &accounts, &window).await
}

/// Lists the transactions of an account at a bank
#[utoipa::path(
    get, path = "/rest/accounts/{account_id}/transactions", operation_id = "list_transactions_of_bank_account",
    tag = "Banks",
    params(("account_id" = AccountId, Path), WindowOfAccount),
    responses((status = 200, description = "A page of transactions", body = List)),
)]
pub(crate) async fn of_account(
    State(stores): State<Stores>,
    Extension(caller): Extension<Caller>,
    PathId(id): PathId<AccountId>,
    Parameters(WindowOfAccount(window)): Parameters<WindowOfAccount>,
) -> Result<Json<List>, Problem> {
    let account = find(&stores, caller.org(), &id).await?;
    page(&stores, caller.org(), &[account], &window).await
}

/// Shows a transaction that a bank reported
#[utoipa::path(
    get, path = "/rest/accounts/{account_id}/transactions/{transaction_id}",
    operation_id = "read_bank_transaction", tag = "Banks",
    params(("account_id" = AccountId, Path), ("transaction_id" = TransactionId, Path), Query),
    responses((status = 200, description = "The transaction, booked or pending", body = View)),
)]
pub(crate) async fn read(
    State(stores): State<Stores>,
    Extension(caller): Extension<Caller>,
    PathId((account, id)): PathId<(AccountId, TransactionId)>,
    Parameters(Query { cents }): Parameters<Query>,
) -> Result<Json<View>, Problem> {
    let found = find(&stores, caller.org(), &account).await?;
    let identifier = found.identifier();
    let booked = stores.transactions.get_reported(caller.org(), &identifier, &id).await?;
    let booked = booked.filter(|booked| is_of(booked, &found));
    let (transaction, booked) = match booked {
        Some(booked) => (Some(booked), true),
        None => (stores.transactions.get_pending(caller.org(), &account, &identifier, &id).await?, false),
    };
    let transaction = transaction.ok_or_else(Problem::not_found)?;
    Ok(Json(View::of(transaction, account, booked, cents)))
}

/// A page of the accounts' transactions, in the requested order.
async fn page(
    stores: &Stores,
    org: &OrgId,
    accounts: &[BankAccount],
    window: &Window,
) -> Result<Json<List>, Problem> {
    let mut views = Vec::new();
    if window.include_pending {
        for found in accounts {
            let identifier = found.identifier();
            for pending in stores.transactions.pending(org, &found.account.id, &identifier).await? {
                if window.takes(&pending, None) {
                    views.push(View::of(pending, found.account.id.clone(), false, window.cents));
                }
            }
        }
    }
    // Pending transactions count as newer than booked ones.
    views.sort_by_key(|view| Reverse(view.value_date));
    let wanted = window.offset + window.count;
    match window.sort {
        Order::NewestFirst => booked(stores, org, accounts, window, &mut views, wanted).await?,
        Order::OldestFirst => {
            let pending: Vec<_> = views.drain(..).rev().collect();
            booked(stores, org, accounts, window, &mut views, wanted).await?;
            views.extend(pending);
        }
    }
    let page = views.into_iter().skip(window.offset).take(window.count);
    Ok(Json(List { transactions: page.collect() }))
}

/// Adds the booked transactions of the accounts in the requested order, until there are `wanted`.
async fn booked(
    stores: &Stores,
    org: &OrgId,
    accounts: &[BankAccount],
    window: &Window,
    views: &mut Vec<View>,
    wanted: usize,
) -> Result<(), Failure> {
    let mut of_identifier: BTreeMap<_, Vec<&BankAccount>> = BTreeMap::new();
    for found in accounts {
        of_identifier.entry(found.identifier()).or_default().push(found);
    }
    let identifiers: BTreeSet<_> = of_identifier.keys().cloned().collect();
    let in_memory = (RECORDS_AT_ONCE / identifiers.len().max(1)).max(10);
    let per_page = stores.limits.records_per_page.min(wanted.max(1)).min(in_memory);
    let stream = stores.transactions.reported_by_day(org, &identifiers, days(window), window.sort, per_page);
    let mut stream = std::pin::pin!(stream);
    while views.len() < wanted
        && let Some(StoredTransaction { transaction, stored_by }) = stream.try_next().await?
    {
        let owners = of_identifier.get(&transaction.account_identifier);
        let owner = owners.and_then(|owners| {
            let reported = owners.iter().find(|found| is_reported_for(&transaction, found));
            reported.or_else(|| owners.iter().find(|found| is_of(&transaction, found)))
        });
        if let Some(owner) = owner.filter(|_| window.takes(&transaction, stored_by)) {
            views.push(View::of(transaction, owner.account.id.clone(), true, window.cents));
        }
    }
    Ok(())
}

/// Whether the bank reported the transaction for this account. Of two accesses to the same account, the first to
/// report it stored it.
fn is_reported_for(transaction: &Transaction, found: &BankAccount) -> bool {
    transaction.details.as_ref().is_some_and(|details| details.account_id == found.account.id)
}

/// Whether a transaction belongs to this account, of the accounts that share an IBAN: it has the account's currency.
fn is_of(transaction: &Transaction, found: &BankAccount) -> bool {
    transaction.money.currency == found.details.currency
}

/// The value dates between which all transactions of the window lie.
fn days(window: &Window) -> Bounds<Date> {
    let Since::Booked = window.since_type else { return Bounds::default() };
    let apart = Span::new().days(VALUED_APART);
    Bounds {
        from: window.since.from.map(|from| from.checked_sub(apart).unwrap_or(Date::ZERO)),
        to: window.since.to.map(|to| to.checked_add(apart).unwrap_or(Date::MAX)),
    }
}
