//! A bank on a free port whose responses a test sets, for responses that no real bank gives.

use std::collections::HashMap;
use std::future::ready;
use std::io::Error;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use futures::stream;
use local::App;
use saldo_domain::bank::CATALOG_FILE;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::task::AbortOnDropHandle;

/// The maximum size of a request's body: far more than a consent needs.
const BODY_BYTES_MAX: usize = 100_000;

/// The bank. It ends when it is dropped.
#[derive(Debug)]
pub struct ScriptedBank {
    /// Its URL.
    pub url: String,
    script: Arc<Mutex<Script>>,
    _server: AbortOnDropHandle<()>,
}

/// The responses that were set, and the requests so far.
#[derive(Debug, Default)]
struct Script {
    /// By method and path; none where the connection breaks.
    answers: HashMap<String, Option<(u16, Value)>>,
    asked: Vec<String>,
    pins: usize,
}

impl ScriptedBank {
    /// A bank that grants every consent without an authorization, and has one account in EUR without
    /// transactions.
    ///
    /// # Panics
    /// When there is no free port.
    pub async fn start() -> Self {
        let script = Arc::new(Mutex::new(Script::default()));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let router = Router::new().fallback(answer).with_state(Arc::clone(&script));
        let server = tokio::spawn(async move { axum::serve(listener, router).await.expect("a bank") });
        let bank = Self { url, script, _server: AbortOnDropHandle::new(server) };
        bank.answers("POST /v1/consents", 201, json!({ "consentStatus": "valid", "consentId": "c" }));
        bank.answers("GET /v1/consents/c/status", 200, json!({ "consentStatus": "valid" }));
        let balance =
            json!({ "balanceType": "interimBooked", "balanceAmount": { "currency": "EUR", "amount": "1" } });
        let account = json!({
            "resourceId": "a", "iban": "DE89370400440532013000", "currency": "EUR", "balances": [balance]
        });
        bank.answers("GET /v1/accounts", 200, json!({ "accounts": [account] }));
        bank.reports(&json!({ "booked": [] }));
        bank
    }

    /// From now on responds so to this request, a method and a path.
    pub fn answers(&self, request: &str, status: u16, body: Value) {
        self.script().answers.insert(request.to_owned(), Some((status, body)));
    }

    /// From now on closes the connection after it has read this request, a method and a path.
    pub fn breaks_off(&self, request: &str) {
        self.script().answers.insert(request.to_owned(), None);
    }

    /// From now on starts authorisations with this link.
    pub fn links(&self, start: &str) {
        let link = json!({ start: { "href": "/v1/consents/c/authorisations" } });
        let asked = json!({ "consentStatus": "received", "consentId": "c", "_links": link });
        self.answers("POST /v1/consents", 201, asked);
    }

    /// From now on requires a PIN and rejects every one.
    pub fn refuses_pins(&self) {
        self.links("startAuthorisationWithPsuAuthentication");
        let refusal = json!({ "tppMessages": [{ "category": "ERROR", "code": "PSU_CREDENTIALS_INVALID" }] });
        self.answers("POST /v1/consents/c/authorisations", 401, refusal);
    }

    /// From now on accepts every PIN and requires no second factor.
    pub fn takes_pins(&self) {
        let taken = json!({ "authorisationId": "1", "scaStatus": "exempted" });
        self.answers("POST /v1/consents/c/authorisations", 201, taken);
    }

    /// From now on returns these transactions for its account.
    pub fn reports(&self, transactions: &Value) {
        self.answers("GET /v1/accounts/a/transactions", 200, json!({ "transactions": transactions }));
    }

    /// The requests so far, each a method and a path.
    #[must_use]
    pub fn asked(&self) -> Vec<String> {
        self.script().asked.clone()
    }

    /// How many requests had a PIN.
    #[must_use]
    pub fn pins(&self) -> usize {
        self.script().pins
    }

    /// Adds the bank to the catalog, with the access methods `scripted` (login and PIN) and
    /// `scripted-redirect` (the bank's own page, optional login).
    ///
    /// # Panics
    /// When S3 does not respond.
    pub async fn join(&self, app: &App) {
        let mut catalog = serde_json::to_value(app.bank_catalog().read().await.expect("S3")).expect("JSON");
        let credential = |id: &str| json!({ "id": id, "label": id, "is_secret": true });
        let mut optional = credential("psu_id");
        optional["is_optional"] = json!(true);
        let interface = json!({ "type": "nextgenpsd2", "base_url": self.url });
        let bank = json!({
            "id": "scripted", "name": "Scripted Bank", "country": "DE",
            "access_methods": [
                {
                    "id": "scripted", "interface": interface, "flows": ["EMBEDDED"],
                    "credentials": [credential("psu_id"), credential("pin")],
                },
                {
                    "id": "scripted-redirect", "interface": interface, "flows": ["REDIRECT"],
                    "credentials": [optional],
                },
            ],
        });
        catalog.as_array_mut().expect("banks").push(bank);
        let file = catalog.to_string().into();
        app.files.put(CATALOG_FILE, "application/json", file).await.expect("S3");
    }

    fn script(&self) -> std::sync::MutexGuard<'_, Script> {
        self.script.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn answer(State(script): State<Arc<Mutex<Script>>>, request: Request) -> Response {
    let asked = format!("{} {}", request.method(), request.uri().path());
    let body = to_bytes(request.into_body(), BODY_BYTES_MAX).await.expect("a request's body");
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let mut script = script.lock().unwrap_or_else(PoisonError::into_inner);
    let answer = script.answers.get(&asked).cloned();
    script.asked.push(asked);
    script.pins += usize::from(body["psuData"]["password"].is_string());
    match answer.unwrap_or(Some((404, Value::Null))) {
        Some((status, body)) => {
            (StatusCode::from_u16(status).expect("a status"), axum::Json(body)).into_response()
        }
        None => Body::from_stream(stream::once(ready(Err::<Bytes, _>(Error::other("broken off")))))
            .into_response(),
    }
}
