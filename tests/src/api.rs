//! A tenant of the API, which sends requests and waits for jobs.

use std::time::{Duration, Instant};

use data_encoding::HEXLOWER;
use jiff::Timestamp;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Method, StatusCode};
use saldo_domain::id::OrgId;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::leak::watch;
use crate::violations::TestGuard;

/// How long a job may take.
const PATIENCE: Duration = Duration::from_mins(1);

/// A client of the API, with a key of one organization.
#[derive(Clone, Debug)]
pub struct Tenant {
    /// The URL of the API.
    pub url: String,
    /// The key.
    pub key: String,
    org: Option<OrgId>,
    client: Client,
    /// The prefix of the tenant's external ids, which keeps them apart where tests share an
    /// organization.
    prefix: String,
    guard: TestGuard,
}

/// A response of the API.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body as text; what is not text is replaced.
    pub text: String,
    /// Its body.
    pub bytes: Vec<u8>,
}

impl Answer {
    /// The body as JSON; null if it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_default()
    }

    /// The body, indented, for snapshots. The values of all members with the given names are
    /// replaced by their names.
    ///
    /// # Panics
    /// When the body is no JSON.
    #[must_use]
    pub fn shown(&self, hidden: &[&str]) -> String {
        shown(&self.json(), hidden)
    }

    /// The value of a header; empty if the response does not have it.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The status and the code of a problem document.
    ///
    /// # Panics
    /// When the response is not a complete problem document.
    #[must_use]
    pub fn problem(&self) -> (u16, String) {
        let body = self.json();
        assert_eq!(self.header("content-type"), "application/problem+json", "{self:?}");
        assert_eq!(body["status"], self.status.as_u16(), "{self:?}");
        assert_eq!(body["request_id"], self.header("x-request-id"), "{self:?}");
        for member in ["type", "title", "detail", "code"] {
            assert!(body[member].as_str().is_some_and(|text| !text.is_empty()), "{member} in {self:?}");
        }
        (self.status.as_u16(), body["code"].as_str().unwrap_or_default().to_owned())
    }
}

/// The JSON, indented, with the values of the members named in `hidden` replaced by their names.
///
/// # Panics
/// Never: JSON can be written.
#[must_use]
pub fn shown(json: &Value, hidden: &[&str]) -> String {
    serde_json::to_string_pretty(&hide(json, hidden)).expect("JSON")
}

fn hide(json: &Value, hidden: &[&str]) -> Value {
    match json {
        Value::Array(items) => items.iter().map(|item| hide(item, hidden)).collect(),
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| match hidden.contains(&name.as_str()) && !value.is_null() {
                true => (name.clone(), json!(format!("[{name}]"))),
                false => (name.clone(), hide(value, hidden)),
            })
            .collect(),
        scalar => scalar.clone(),
    }
}

impl Tenant {
    /// A tenant with this key, of the organization `org` if it is known.
    #[must_use]
    pub fn new(url: String, key: String, org: Option<OrgId>) -> Self {
        let prefix = Uuid::now_v7().simple().to_string();
        let guard = TestGuard::of_this_test();
        if let Some(org) = &org {
            guard.own(&org.to_string());
        }
        Self { url, key, org, client: Client::new(), prefix, guard }
    }

    /// The organization, if it is known.
    #[must_use]
    pub fn org(&self) -> Option<&OrgId> {
        self.org.as_ref()
    }

    /// The same tenant with another key.
    #[must_use]
    pub fn with_key(&self, key: &str) -> Self {
        Self { key: key.to_owned(), ..self.clone() }
    }

    /// An external id that no other tenant uses.
    #[must_use]
    pub fn external_id(&self, name: &str) -> String {
        format!("{}-{name}", self.prefix)
    }

    /// Sends a request with the tenant's key.
    ///
    /// # Panics
    /// When there is no response.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Vec<u8>>,
    ) -> Answer {
        let mut all = HeaderMap::new();
        if !self.key.is_empty() {
            all.insert("x-api-key", HeaderValue::from_str(&self.key).expect("a header"));
        }
        for (name, value) in headers {
            let name = HeaderName::try_from(*name).expect("a header");
            all.insert(name, HeaderValue::from_str(value).expect("a header"));
        }
        let request =
            self.client.request(method, format!("{}{path}", self.url)).headers(all).body(body.into());
        let answer = request.send().await.expect("an answer");
        let (status, headers) = (answer.status(), answer.headers().clone());
        let bytes = answer.bytes().await.expect("a body").to_vec();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        watch(Some(self.guard.owner()), "a response", &text);
        self.guard.check();
        Answer { status, headers, text, bytes }
    }

    /// `GET`.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], "").await
    }

    /// Sends JSON.
    pub async fn json(&self, method: Method, path: &str, body: Value) -> Answer {
        self.send(method, path, &[(CONTENT_TYPE.as_str(), "application/json")], body.to_string()).await
    }

    /// Sends a form, as `curl -d` does.
    pub async fn form(&self, method: Method, path: &str, body: &str) -> Answer {
        self.send(method, path, &[(CONTENT_TYPE.as_str(), "application/x-www-form-urlencoded")], body).await
    }

    /// `DELETE`.
    pub async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, &[], "").await
    }

    /// Posts an import.
    pub async fn import(&self, content_type: &str, body: impl Into<Vec<u8>>) -> Answer {
        self.send(Method::POST, "/api/v1/import", &[(CONTENT_TYPE.as_str(), content_type)], body).await
    }

    /// Posts an import of rows and waits until it has ended.
    pub async fn import_rows(&self, rows: Value) -> Value {
        let accepted = self.import("application/json", json!({ "accounts": rows }).to_string()).await;
        self.ended(&accepted).await
    }

    /// Requests an export of `accounts` or `transactions`.
    pub async fn export(&self, what: &str, request: Value) -> Answer {
        self.json(Method::POST, &format!("/api/v1/export/{what}"), request).await
    }

    /// Waits until the job of an accepted import or export has ended.
    ///
    /// # Panics
    /// When the request was not accepted, or the job does not end.
    pub async fn ended(&self, accepted: &Answer) -> Value {
        assert_eq!(accepted.status, StatusCode::ACCEPTED, "{accepted:?}");
        let begun = Instant::now();
        loop {
            let job = self.get(accepted.header("location")).await.json();
            if job["status"] != "processing" {
                return job;
            }
            assert!(begun.elapsed() < PATIENCE, "the job does not end: {job}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

/// Waits for the next day if this one ends within half a minute, so that a test runs within one day.
pub async fn another_day_than_midnight() {
    const DAY: i64 = 24 * 60 * 60;
    let left = DAY - Timestamp::now().as_second().rem_euclid(DAY);
    if left <= 30 {
        tokio::time::sleep(Duration::from_secs(left.unsigned_abs() + 1)).await;
    }
}

/// The SHA-256 of some bytes, in lower-case hexadecimal digits.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    HEXLOWER.encode(&Sha256::digest(bytes))
}
