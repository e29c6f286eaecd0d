//! `/v1/accounts`: reads of the accounts, balances and transactions that a consent grants.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Served;
use super::access::{Access, Right};
use super::account::Account;
use super::answer::{Answer, Refusal, Result};
use super::book;
use super::consent::ConsentStatus;
use super::faults::{Fault, Resource};
use super::report::ReportQuery;
use super::request::text;

/// The bank's BIC.
const BIC: &str = "SALDDEFFXXX";
/// The owner of all accounts.
const OWNER: &str = "Käthe Öztürk-Müller";

type Parsed<T> = std::result::Result<Query<T>, QueryRejection>;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AccountQuery {
    #[serde(default)]
    with_balance: bool,
}

pub(super) async fn accounts(
    State(served): State<Served>,
    headers: HeaderMap,
    query: Parsed<AccountQuery>,
) -> Result<Response> {
    let with_balance = parsed(query)?.with_balance;
    let view = View::of(&served, &headers, Resource::Accounts)?;
    let visible = view.accounts.iter().filter(|account| view.access.grants(Right::Details, account));
    let accounts: Vec<Value> =
        visible.map(|account| details_of(account, &view.access, with_balance)).collect();
    view.answer(json!({ "accounts": accounts })).await
}

pub(super) async fn account(
    State(served): State<Served>,
    Path(id): Path<String>,
    headers: HeaderMap,
    query: Parsed<AccountQuery>,
) -> Result<Response> {
    let with_balance = parsed(query)?.with_balance;
    let view = View::of(&served, &headers, Resource::Account)?;
    let account = details_of(view.account(&id, Right::Details)?, &view.access, with_balance);
    view.answer(json!({ "account": account })).await
}

pub(super) async fn balances(
    State(served): State<Served>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response> {
    let view = View::of(&served, &headers, Resource::Balances)?;
    let account = view.account(&id, Right::Balances)?;
    let body = json!({ "account": account.reference(), "balances": balances_of(account, &view.access) });
    view.answer(body).await
}

pub(super) async fn transactions(
    State(served): State<Served>,
    Path(id): Path<String>,
    headers: HeaderMap,
    query: Parsed<ReportQuery>,
) -> Result<Response> {
    let asked = parsed(query)?.check()?;
    let view = View::of(&served, &headers, Resource::Transactions)?;
    let account = view.account(&id, Right::Transactions)?;
    let mut body = json!({ "account": account.reference(), "transactions": asked.report(account) });
    if asked.with_balance
        && let Some(balances) = balances_of(account, &view.access)
    {
        body["balances"] = balances;
    }
    view.answer(body).await
}

fn parsed<T>(query: Parsed<T>) -> Result<T> {
    query.map(|Query(query)| query).map_err(|rejection| Refusal::format(rejection.body_text()))
}

/// The account's balances, if the access grants them.
fn balances_of(account: &Account, access: &Access) -> Option<Value> {
    access.grants(Right::Balances, account).then(|| json!(account.balances))
}

/// The account's details, with the links that the access grants.
fn details_of(account: &Account, access: &Access, with_balance: bool) -> Value {
    let path = format!("/v1/accounts/{}", account.resource_id);
    let mut details = json!({
        "resourceId": account.resource_id.to_string(),
        "iban": account.iban,
        "currency": account.currency,
        "name": account.name,
        "product": account.product,
        "cashAccountType": account.kind,
        "status": "enabled",
        "bic": BIC,
        "usage": "PRIV",
        "ownerName": OWNER,
        "_links": {},
    });
    if let Some(balances) = balances_of(account, access) {
        details["_links"]["balances"] = json!({ "href": format!("{path}/balances") });
        if with_balance {
            details["balances"] = balances;
        }
    }
    if access.grants(Right::Transactions, account) {
        details["_links"]["transactions"] = json!({ "href": format!("{path}/transactions") });
    }
    details
}

/// The accounts of a consent's customer on the customer's day.
struct View {
    access: Access,
    accounts: Vec<Account>,
    fault: Option<Fault>,
}

impl View {
    /// The view of the consent that the request names.
    fn of(served: &Served, headers: &HeaderMap, resource: Resource) -> Result<Self> {
        let id = text(headers, "consent-id")?.ok_or(Refusal::format("Consent-ID is missing"))?;
        let mut books = served.bank.state();
        let consent = books.consents.get(id).ok_or(Refusal::ConsentUnknown)?;
        match books.consent_status(consent) {
            ConsentStatus::Valid => {}
            ConsentStatus::Expired => return Err(Refusal::ConsentExpired),
            _ => return Err(Refusal::ConsentInvalid),
        }
        let (access, psu) = (consent.access.clone(), consent.psu.clone());
        let started = books.started;
        let customer = books.customer(&psu.ok_or(Refusal::ConsentInvalid)?)?;
        let accounts = book::accounts(customer.script, customer.day, started);
        Ok(Self { access, accounts, fault: Fault::of(customer, resource) })
    }

    /// The account with this resource id, if the consent grants this right to it.
    fn account(&self, id: &str, right: Right) -> Result<&Account> {
        let account = self.accounts.iter().find(|account| account.resource_id.to_string() == id);
        let account = account.ok_or(Refusal::ResourceUnknown)?;
        match self.access.grants(right, account) {
            true => Ok(account),
            false => Err(Refusal::ConsentInvalid),
        }
    }

    async fn answer(self, body: Value) -> Result<Response> {
        let answer = Answer::ok(body);
        Ok(match self.fault {
            Some(fault) => fault.apply(answer).await,
            None => answer.into_response(),
        })
    }
}
