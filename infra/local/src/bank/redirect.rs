//! The sandbox's own routes: pages on which a customer approves or refuses a consent, and a request with which tests advance
//! a customer's day.

use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use serde::Deserialize;

use super::Served;
use super::approach::Approach;
use super::authorisation::ScaStatus;
use super::consent::Consent;

/// The customer that approves a consent without a PSU-ID.
const DEFAULT_CUSTOMER: &str = "demo";

#[derive(Deserialize)]
pub(super) struct Approval {
    customer: Option<String>,
}

/// The page with the question to the customer.
pub(super) async fn page(State(served): State<Served>, Path(id): Path<String>) -> Response {
    let mut books = served.bank.state();
    let Some(consent) = undecided(books.consents.values_mut(), &id) else {
        return gone();
    };
    if let Some(authorisation) = consent.authorisations.get_mut(&id) {
        authorisation.status = ScaStatus::Started;
    }
    let customer = consent.psu.as_deref().unwrap_or(DEFAULT_CUSTOMER);
    // Neither needs escaping: PSU-IDs are plain, and the id is one of the bank's own.
    Html(format!(
        "<!doctype html>\n<html lang=\"en\">\n<title>Sandbox bank</title>\n<h1>Sandbox bank</h1>\n\
         <p>May your accounts be read?\n\
         <p><a href=\"{id}/approve?customer={customer}\">Approve as {customer}</a>\n\
         <p><a href=\"{id}/refuse\">Refuse</a>\n</html>\n"
    ))
    .into_response()
}

/// Approves the consent and redirects to the third party.
pub(super) async fn approve(
    State(served): State<Served>,
    Path(id): Path<String>,
    Query(approval): Query<Approval>,
) -> Response {
    let mut books = served.bank.state();
    let Some(consent) = undecided(books.consents.values_mut(), &id) else {
        return gone();
    };
    let asked_for = consent.psu.clone();
    let psu = approval.customer.or(asked_for.clone()).unwrap_or_else(|| DEFAULT_CUSTOMER.to_owned());
    if asked_for.is_some_and(|asked_for| asked_for != psu) || books.customer(&psu).is_err() {
        return (StatusCode::FORBIDDEN, Html("<!doctype html>\n<p>Not this customer.\n")).into_response();
    }
    let started = books.started;
    let books = &mut *books;
    let (consent, customer) = (undecided(books.consents.values_mut(), &id), books.customers.get(&psu));
    let (Some(consent), Some(customer)) = (consent, customer) else {
        return gone();
    };
    consent.grant(customer, started);
    consent.psu = Some(psu);
    decide(consent, &id, ScaStatus::Finalised)
}

/// Refuses the consent and redirects to the third party.
pub(super) async fn refuse(State(served): State<Served>, Path(id): Path<String>) -> Response {
    let mut books = served.bank.state();
    let Some(consent) = undecided(books.consents.values_mut(), &id) else {
        return gone();
    };
    consent.reject();
    decide(consent, &id, ScaStatus::Failed)
}

/// Advances a customer's day.
pub(super) async fn next_day(State(served): State<Served>, Path(psu): Path<String>) -> StatusCode {
    match served.bank.state().customer(&psu) {
        Ok(customer) => {
            customer.day = customer.day.saturating_add(1);
            StatusCode::NO_CONTENT
        }
        Err(_) => StatusCode::NOT_FOUND,
    }
}

/// The undecided consent of this redirect authorisation.
fn undecided<'b>(consents: impl IntoIterator<Item = &'b mut Consent>, id: &str) -> Option<&'b mut Consent> {
    consents.into_iter().find(|consent| {
        let authorisation = consent.authorisations.get(id);
        consent.approach == Approach::Redirect
            && consent.check_undecided().is_ok()
            && authorisation.is_some_and(|authorisation| !authorisation.status.is_final())
    })
}

/// Ends the authorisation and redirects the customer to the third party.
fn decide(consent: &mut Consent, id: &str, status: ScaStatus) -> Response {
    let Some(authorisation) = consent.authorisations.get_mut(id) else {
        return gone();
    };
    authorisation.status = status;
    let way_back = authorisation.way_back.as_ref();
    let uri = match status {
        ScaStatus::Finalised => way_back.map(|way_back| way_back.ok.clone()),
        _ => way_back.map(|way_back| way_back.nok.clone()),
    };
    match uri {
        Some(uri) => (StatusCode::FOUND, [(header::LOCATION, uri)]).into_response(),
        None => gone(),
    }
}

fn gone() -> Response {
    let page = Html("<!doctype html>\n<p>There is nothing to decide here, or no longer.\n");
    (StatusCode::NOT_FOUND, page).into_response()
}
