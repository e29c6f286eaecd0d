//! The sandbox bank: an ASPSP with the account information service of the Berlin Group's `NextGenPSD2` 1.3, for trying and
//! testing Saldo without a real bank. Each customer behaves according to a script, which is the part of its PSU-ID before
//! the dot. All customers have the PIN `12345` and the OTP `111111`. All data is in memory.

mod access;
mod account;
mod answer;
mod approach;
mod authorisation;
mod authorisations;
mod book;
mod consent;
mod consents;
mod customer;
mod demo;
mod faults;
mod moving;
mod reads;
mod redirect;
mod report;
mod request;
mod script;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::extract::Request;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use answer::{Answer, Refusal, Result};
use consent::Consent;
use customer::Customer;
use request::{REQUEST_ID, RequestKey, request_id};

/// A bank. Clones share their state.
#[derive(Clone)]
pub struct Bank {
    state: Arc<Mutex<State>>,
}

/// The state of the bank.
struct State {
    /// The day on which the bank was started. The dates of all transactions are relative to it.
    started: Date,
    /// The known customers by PSU-ID.
    customers: HashMap<String, Customer>,
    consents: HashMap<String, Consent>,
    /// The responses to POST and PUT requests, for repeated requests.
    answered: HashMap<RequestKey, Answer>,
}

impl Default for Bank {
    fn default() -> Self {
        Self::new()
    }
}

impl Bank {
    /// A bank on its first day.
    #[must_use]
    pub fn new() -> Self {
        let state = State {
            started: Timestamp::now().to_zoned(TimeZone::UTC).date(),
            customers: HashMap::new(),
            consents: HashMap::new(),
            answered: HashMap::new(),
        };
        Self { state: Arc::new(Mutex::new(state)) }
    }

    /// The bank's routes. `base_url` is their URL without a trailing slash; customers are sent to pages below it.
    pub fn router(&self, base_url: &str) -> Router {
        let xs2a = Router::new()
            .route("/v1/consents", post(consents::create))
            .route("/v1/consents/{consent}", get(consents::read).delete(consents::delete))
            .route("/v1/consents/{consent}/status", get(consents::status))
            .route(
                "/v1/consents/{consent}/authorisations",
                post(authorisations::start).get(authorisations::list),
            )
            .route(
                "/v1/consents/{consent}/authorisations/{authorisation}",
                put(authorisations::update).get(authorisations::status),
            )
            .route("/v1/accounts", get(reads::accounts))
            .route("/v1/accounts/{account}", get(reads::account))
            .route("/v1/accounts/{account}/balances", get(reads::balances))
            .route("/v1/accounts/{account}/transactions", get(reads::transactions))
            .fallback(|| async { Answer::from(Refusal::ResourceUnknown) })
            .method_not_allowed_fallback(|| async { Answer::from(Refusal::ServiceInvalid) })
            .layer(middleware::from_fn(identified));
        let sandbox = Router::new()
            .route("/sandbox/authorise/{authorisation}", get(redirect::page))
            .route("/sandbox/authorise/{authorisation}/approve", get(redirect::approve))
            .route("/sandbox/authorise/{authorisation}/refuse", get(redirect::refuse))
            .route("/sandbox/customers/{psu}/next-day", post(redirect::next_day));
        let served = Served { bank: self.clone(), base_url: base_url.into() };
        sandbox.merge(xs2a).with_state(served)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic in one request must not affect other customers.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Handles a request that creates or changes something. A request with the same `X-Request-ID` as before gets the same
    /// response again.
    fn once(&self, key: RequestKey, act: impl FnOnce(&mut State) -> Result<Answer>) -> Answer {
        let mut state = self.state();
        if let Some(answer) = state.answered.get(&key) {
            return answer.clone();
        }
        let answer = act(&mut state).unwrap_or_else(Answer::from);
        state.answered.insert(key, answer.clone());
        answer
    }
}

/// A bank with the URL at which it is served.
#[derive(Clone)]
struct Served {
    bank: Bank,
    base_url: Arc<str>,
}

/// Refuses requests whose `X-Request-ID` is not a UUID, and adds the id to responses.
async fn identified(request: Request, next: Next) -> Response {
    let id = request_id(request.headers());
    let mut response = match &id {
        Ok(_) => next.run(request).await,
        Err(refusal) => Answer::from(refusal.clone()).into_response(),
    };
    // Every response must have an id, even the response to a request without one.
    let id = id.unwrap_or_else(|_| uuid::Uuid::now_v7().to_string());
    if let Ok(id) = id.parse() {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}
