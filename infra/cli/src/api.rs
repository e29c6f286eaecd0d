//! A client of the API. Every request can be repeated, because it only reads or has an `Idempotency-Key`; so requests
//! that were not answered, or came too early, are repeated with growing delays or those that the answer asks for.

mod error;
mod link;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use backon::{ExponentialBuilder, Retryable as _};
use bytes::Bytes;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Client, Method, StatusCode, redirect};
use secrecy::ExposeSecret as _;
use serde_json::Value;

use crate::access::Access;

pub(crate) use error::Error;
pub(crate) use link::{Download, LinkError};

const JSON: &str = "application/json";
const CONNECTING_MAX: Duration = Duration::from_secs(15);
/// API Gateway answers within 30 seconds; an answer of 6 MB then has to arrive.
const ANSWERING_MAX: Duration = Duration::from_mins(2);
/// Half a second, doubled up to 20 seconds, in all 71 seconds: a request that has died blocks its `Idempotency-Key`
/// for a minute.
const FIRST_DELAY: Duration = Duration::from_millis(500);
const DELAY_MAX: Duration = Duration::from_secs(20);
const RETRIES_MAX: usize = 8;
/// The longest delay that an answer may ask for.
const RETRY_AFTER_MAX: Duration = Duration::from_mins(2);

/// The API at an address, with a key.
pub(crate) struct Api {
    http: Client,
    access: Access,
    /// Whether Saldo has answered. Until then, a failure to connect is more likely a mistake in the address.
    reached: AtomicBool,
}

/// What a request has besides its address.
#[derive(Default)]
struct Sent {
    /// A body, with its media type.
    body: Option<(&'static str, Bytes)>,
    /// A header, with its name.
    header: Option<(&'static str, String)>,
}

impl Sent {
    /// A body of JSON, and a header.
    fn json(body: &Value, header: (&'static str, &str)) -> Self {
        let (name, value) = header;
        Self { body: Some((JSON, body.to_string().into())), header: Some((name, value.to_owned())) }
    }
}

/// An answer, which has at most 6 MB.
pub(crate) struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// An answer in JSON: its text, as it was sent, and what that says.
pub(crate) struct Document {
    pub text: String,
    pub json: Value,
}

impl Document {
    /// A member that is text; empty if it is missing.
    pub(crate) fn text_of(&self, member: &str) -> &str {
        self.json[member].as_str().unwrap_or_default()
    }

    /// A member that is a number; 0 if it is missing.
    pub(crate) fn count_of(&self, member: &str) -> u64 {
        self.json[member].as_u64().unwrap_or_default()
    }
}

impl Answer {
    /// The answer as JSON.
    ///
    /// # Errors
    /// When it is something else, which Saldo would not have sent.
    pub(crate) fn document(&self) -> Result<Document, Error> {
        let text = String::from_utf8_lossy(&self.body).into_owned();
        match serde_json::from_str(&text) {
            Ok(json) => Ok(Document { text, json }),
            Err(_) => Err(Error::NotSaldo("its answer is not JSON".to_owned())),
        }
    }

    /// A header; empty if it is missing.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

impl Api {
    pub(crate) fn new(access: Access) -> anyhow::Result<Self> {
        // Redirects could carry the key to other hosts; neither the API nor S3 needs them.
        let http = Client::builder()
            .user_agent(concat!("saldo/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECTING_MAX)
            .redirect(redirect::Policy::none())
            .build()?;
        Ok(Self { http, access, reached: AtomicBool::new(false) })
    }

    pub(crate) fn access(&self) -> &Access {
        &self.access
    }

    /// `GET` of JSON.
    pub(crate) async fn read(&self, path: &str) -> Result<Document, Error> {
        self.get(path, JSON).await?.document()
    }

    /// `GET` of something that is sent in the media type `accept`.
    pub(crate) async fn get(&self, path: &str, accept: &'static str) -> Result<Answer, Error> {
        self.send(Method::GET, path, accept, Sent::default()).await
    }

    /// `PUT` of JSON in place of the state with this `ETag`. If the answer is lost, the repeated request is refused.
    pub(crate) async fn put(&self, path: &str, body: &Value, etag: &str) -> Result<Answer, Error> {
        self.send(Method::PUT, path, JSON, Sent::json(body, ("if-match", etag))).await
    }

    /// `DELETE`.
    pub(crate) async fn delete(&self, path: &str) -> Result<Answer, Error> {
        self.send(Method::DELETE, path, JSON, Sent::default()).await
    }

    /// `POST` of JSON. The same `idempotency_key` makes a repeated request safe, in this run and the next.
    pub(crate) async fn post(
        &self,
        path: &str,
        body: &Value,
        idempotency_key: &str,
    ) -> Result<Answer, Error> {
        self.send(Method::POST, path, JSON, Sent::json(body, ("idempotency-key", idempotency_key))).await
    }

    /// `POST` of a file that is only read.
    pub(crate) async fn post_bytes(
        &self,
        path: &str,
        media_type: &'static str,
        bytes: Vec<u8>,
    ) -> Result<Answer, Error> {
        let sent = Sent { body: Some((media_type, bytes.into())), header: None };
        self.send(Method::POST, path, JSON, sent).await
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        accept: &'static str,
        sent: Sent,
    ) -> Result<Answer, Error> {
        let delays = ExponentialBuilder::default()
            .with_min_delay(FIRST_DELAY)
            .with_max_delay(DELAY_MAX)
            .with_max_times(RETRIES_MAX)
            .with_jitter();
        let once = || self.once(method.clone(), path, accept, &sent);
        once.retry(delays)
            .when(|error| match error {
                Error::Unreachable(_) => self.reached.load(Ordering::Relaxed),
                other => other.is_temporary(),
            })
            .adjust(|error, delay| {
                let asked = error.retry_after().map(|asked| asked.min(RETRY_AFTER_MAX));
                delay.map(|delay| asked.map_or(delay, |asked| asked.max(delay)))
            })
            .await
    }

    async fn once(
        &self,
        method: Method,
        path: &str,
        accept: &'static str,
        sent: &Sent,
    ) -> Result<Answer, Error> {
        let key = format!("Bearer {}", self.access.key.expose_secret());
        let mut key = HeaderValue::try_from(key).map_err(|_| Error::UnsendableKey)?;
        key.set_sensitive(true);
        let url = format!("{}{path}", self.access.url.as_str());
        let mut request = self.http.request(method, url).timeout(ANSWERING_MAX);
        request = request.header(AUTHORIZATION, key).header(ACCEPT, accept);
        if let Some((name, value)) = &sent.header {
            request = request.header(*name, value);
        }
        if let Some((media_type, body)) = &sent.body {
            request = request.header(CONTENT_TYPE, *media_type).body(body.clone());
        }
        let host = self.access.url.as_str();
        let answer = request.send().await.map_err(|error| Error::unreachable(host, &error))?;
        self.reached.store(true, Ordering::Relaxed);
        let (status, headers) = (answer.status(), answer.headers().clone());
        let body = answer.bytes().await.map_err(|error| Error::unreachable(host, &error))?;
        let answer = Answer { status, headers, body };
        if answer.status.is_success() { Ok(answer) } else { Err(Error::refused(&self.access, &answer)) }
    }
}
