//! The sandbox bank: an ASPSP that speaks the account information part of Berlin Group's
//! `NextGenPSD2` 1.3, for trying and testing Saldo without a real bank. Its customers play
//! scripts, named by what stands before the dot of their PSU-ID; all of them have the PIN
//! `12345` and the OTP `111111`. It keeps everything in memory and forgets it when it ends.

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

/// A bank. Its clones are the same bank.
#[derive(Clone)]
pub struct Bank {
    state: Arc<Mutex<State>>,
}

/// What the bank knows.
struct State {
    /// The day the bank was started, which every customer's books are dated by.
    started: Date,
    /// The customers that have been heard of, by PSU-ID.
    customers: HashMap<String, Customer>,
    consents: HashMap<String, Consent>,
    /// What POSTs and PUTs were answered, to answer the same when they are repeated.
    answered: HashMap<RequestKey, Answer>,
}

impl Default for Bank {
    fn default() -> Self {
        Self::new()
    }
}

impl Bank {
    /// A bank whose customers have just opened their accounts.
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

    /// The bank's routes. `base_url` is where they are served, without a slash at its end:
    /// customers are sent to pages below it.
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
        // A sandbox goes on for its other customers, whatever became of one request.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers a request that creates or changes something, or, if one with its X-Request-ID
    /// was answered before, answers the same again.
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

/// A bank as it is served at an address.
#[derive(Clone)]
struct Served {
    bank: Bank,
    base_url: Arc<str>,
}

/// Refuses requests whose X-Request-ID is not a UUID, and says in the answers which request
/// they are for.
async fn identified(request: Request, next: Next) -> Response {
    let id = request_id(request.headers());
    let mut response = match &id {
        Ok(_) => next.run(request).await,
        Err(refusal) => Answer::from(refusal.clone()).into_response(),
    };
    // An answer has to have an id, also one to a request without: then it has its own.
    let id = id.unwrap_or_else(|_| uuid::Uuid::now_v7().to_string());
    if let Ok(id) = id.parse() {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}
