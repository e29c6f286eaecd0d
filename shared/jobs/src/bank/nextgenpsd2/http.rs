//! HTTP requests to a bank. Time and size of responses are bounded; requests are retried where that is safe.

use std::time::Duration;

use backon::{ExponentialBuilder, Retryable};
use jiff::Timestamp;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Method, Response, redirect};
use saldo_domain::bank::FailureReason;
use saldo_domain::notification::Targets;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;
use uuid::Uuid;

use super::super::{BankError, Psu};
use super::messages::PSU_DATA;
use super::refusal;
use crate::resolver::Guard;

/// The timeout for connecting, TLS included.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// The most bytes in a response: far more than a page of transactions needs.
const ANSWER_BYTES_MAX: usize = 8_000_000;
/// The longest `Retry-After` that is waited for inside a request. For longer ones the synchronization puts its message
/// back into the queue.
const WAIT_MAX: Duration = Duration::from_secs(5);
/// Retries after network errors and throttling. A retry has the same request id, so that the bank executes it once. Banks
/// need not compare ids before they count wrong PINs, so a request with a PIN is retried only if the bank has not
/// received it or asks to wait.
const RETRIES: ExponentialBuilder = ExponentialBuilder::new()
    .with_jitter()
    .with_min_delay(Duration::from_millis(200))
    .with_max_delay(WAIT_MAX)
    .with_max_times(2);

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const PSU_IP_ADDRESS: HeaderName = HeaderName::from_static("psu-ip-address");
const CONSENT_ID: HeaderName = HeaderName::from_static("consent-id");

/// Sends requests to one bank.
pub(super) struct Http {
    client: Client,
    base: Url,
}

/// A request.
#[derive(Clone)]
pub(super) struct Call {
    method: Method,
    target: Target,
    headers: HeaderMap,
    body: Option<Value>,
    /// Whether the body contains the user's PIN.
    has_pin: bool,
}

/// Why an attempt to send a request failed.
struct Failed {
    error: BankError,
    /// Whether the bank may have received the request.
    sent: bool,
}

impl From<BankError> for Failed {
    fn from(error: BankError) -> Self {
        Self { error, sent: true }
    }
}

#[derive(Clone)]
enum Target {
    /// Path segments after the bank's base URL, not escaped, and query parameters.
    Path(Vec<String>, Vec<(&'static str, String)>),
    /// A link from one of the bank's responses.
    Link(String),
}

impl Call {
    fn new(method: Method, target: Target) -> Self {
        let mut call = Self { method, target, headers: HeaderMap::new(), body: None, has_pin: false };
        call.set(X_REQUEST_ID, &Uuid::now_v7().to_string());
        call
    }

    pub(super) fn get<const N: usize>(path: [&str; N]) -> Self {
        Self::new(Method::GET, path_of(path))
    }

    pub(super) fn link(link: &str) -> Self {
        Self::new(Method::GET, Target::Link(link.to_owned()))
    }

    pub(super) fn delete<const N: usize>(path: [&str; N]) -> Self {
        Self::new(Method::DELETE, path_of(path))
    }

    pub(super) fn post<const N: usize>(path: [&str; N], id: Uuid, body: &impl Serialize) -> Self {
        Self::new(Method::POST, path_of(path)).with_body(id, body)
    }

    pub(super) fn put<const N: usize>(path: [&str; N], id: Uuid, body: &impl Serialize) -> Self {
        Self::new(Method::PUT, path_of(path)).with_body(id, body)
    }

    fn with_body(mut self, id: Uuid, body: &impl Serialize) -> Self {
        self.set(X_REQUEST_ID, &id.to_string());
        self.body = serde_json::to_value(body).ok();
        self.has_pin = self.body.as_ref().is_some_and(|body| body.get(PSU_DATA).is_some());
        self
    }

    pub(super) fn query(mut self, name: &'static str, value: impl Into<String>) -> Self {
        if let Target::Path(_, query) = &mut self.target {
            query.push((name, value.into()));
        }
        self
    }

    /// Adds the user's address, if a user is waiting.
    pub(super) fn from(mut self, psu: Psu) -> Self {
        if let Some(address) = psu.ip_address {
            self.set(PSU_IP_ADDRESS, &address.to_string());
        }
        self
    }

    pub(super) fn under(mut self, consent: &str) -> Self {
        self.set(CONSENT_ID, consent);
        self
    }

    /// Sets a header. A value that is invalid in a header is dropped: the bank reports the missing header.
    pub(super) fn set(&mut self, name: HeaderName, value: &str) {
        if let Ok(mut value) = HeaderValue::from_bytes(value.as_bytes()) {
            value.set_sensitive(true);
            self.headers.insert(name, value);
        }
    }
}

fn path_of<const N: usize>(path: [&str; N]) -> Target {
    Target::Path(path.map(str::to_owned).into(), Vec::new())
}

impl Http {
    pub(super) fn new(base: Url, timeout: Duration, targets: Targets) -> Result<Self, BankError> {
        let client = Client::builder()
            .https_only(targets == Targets::Public)
            .dns_resolver(Guard(targets))
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(timeout)
            .redirect(redirect::Policy::none())
            // A proxy from the environment could read or redirect requests to banks.
            .no_proxy()
            .user_agent(concat!("saldo/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|_| BankError::Failed { reason: FailureReason::Aborted })?;
        Ok(Self { client, base })
    }

    /// Sends a request and parses the body of the response.
    pub(super) async fn ask<T: DeserializeOwned>(&self, call: Call) -> Result<(HeaderMap, T), BankError> {
        let (headers, body) = self.send(call).await?;
        // The parser's error would quote the response.
        let answer = serde_json::from_slice(&body).map_err(|_| BankError::unintelligible())?;
        Ok((headers, answer))
    }

    /// Sends a request, with retries.
    pub(super) async fn send(&self, call: Call) -> Result<(HeaderMap, Vec<u8>), BankError> {
        let url = self.url(&call.target)?;
        (|| self.attempt(&call, url.clone()))
            .retry(RETRIES)
            .when(|failed| may_repeat(&call, failed))
            .adjust(|failed, delay| match &failed.error {
                BankError::Busy { retry_after } => delay.map(|_| *retry_after),
                _ => delay,
            })
            .await
            .map_err(|failed| failed.error)
    }

    async fn attempt(&self, call: &Call, url: Url) -> Result<(HeaderMap, Vec<u8>), Failed> {
        let mut request = self.client.request(call.method.clone(), url).headers(call.headers.clone());
        if let Some(body) = &call.body {
            request = request.json(body);
        }
        let unanswered = |error: reqwest::Error| Failed { error: failed(&error), sent: !error.is_connect() };
        let answer = request.send().await.map_err(unanswered)?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        let body = bounded(answer).await?;
        match status.is_success() {
            true => Ok((headers, body)),
            false => Err(refusal::read(status, &headers, &body, call.has_pin, Timestamp::now()).into()),
        }
    }

    /// The URL of a request. A link must have the origin of the bank.
    fn url(&self, target: &Target) -> Result<Url, BankError> {
        match target {
            Target::Path(segments, query) => {
                let mut url = self.base.clone();
                url.path_segments_mut()
                    .map_err(|()| BankError::Failed { reason: FailureReason::Aborted })?
                    .pop_if_empty()
                    .extend(segments);
                if !query.is_empty() {
                    url.query_pairs_mut().extend_pairs(query);
                }
                Ok(url)
            }
            Target::Link(link) => {
                let url = self.base.join(link).map_err(|_| BankError::unintelligible())?;
                match url.origin() == self.base.origin() {
                    true => Ok(url),
                    false => Err(BankError::unintelligible()),
                }
            }
        }
    }
}

/// Whether a failed request is retried.
fn may_repeat(call: &Call, failed: &Failed) -> bool {
    let harmless = !call.has_pin || !failed.sent || matches!(failed.error, BankError::Busy { .. });
    harmless && is_transient(&failed.error)
}

/// Whether a retry in a moment may succeed.
fn is_transient(error: &BankError) -> bool {
    match error {
        BankError::Busy { retry_after } => *retry_after <= WAIT_MAX,
        BankError::Failed { reason } => *reason == FailureReason::BankUnreachable,
        BankError::Refused { .. } | BankError::ConsentEnded => false,
    }
}

fn failed(error: &reqwest::Error) -> BankError {
    let reason = match error.is_timeout() && !error.is_connect() {
        true => FailureReason::TimedOut,
        false => FailureReason::BankUnreachable,
    };
    BankError::Failed { reason }
}

/// Reads the body of a response.
///
/// # Errors
/// When it is longer than [`ANSWER_BYTES_MAX`].
async fn bounded(mut answer: Response) -> Result<Vec<u8>, BankError> {
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|error| failed(&error))? {
        if body.len() + chunk.len() > ANSWER_BYTES_MAX {
            return Err(BankError::unintelligible());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}
