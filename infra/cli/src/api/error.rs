//! Why a request has failed, in words for the user: what is wrong, and what to do.

use std::error::Error as _;
use std::io::ErrorKind;
use std::time::Duration;

use reqwest::StatusCode;
use serde_json::Value;

use super::Answer;
use crate::access::{Access, KeySource};

/// Why a request has failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// There is no connection, or it ended before the answer.
    #[error("{0}")]
    Unreachable(String),
    #[error("{}", .0.text)]
    Refused(Box<Refusal>),
    /// Something else than Saldo has answered.
    #[error("{0}. Is the address that of Saldo's API?")]
    NotSaldo(String),
    #[error("the key has characters that no key has. Run `saldo login` again, or correct SALDO_KEY.")]
    UnsendableKey,
}

/// An answer that is an error.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub status: StatusCode,
    /// The code of the problem document; empty if the answer is none.
    pub code: String,
    pub text: String,
    retry_after: Option<Duration>,
}

impl Error {
    pub(super) fn unreachable(host: &str, error: &reqwest::Error) -> Self {
        Self::Unreachable(format!("{host} can't be reached: {}", cause(error)))
    }

    pub(super) fn refused(access: &Access, answer: &Answer) -> Self {
        let problem: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let code = problem["code"].as_str().unwrap_or_default().to_owned();
        let status = answer.status;
        let retry_after = answer.header("retry-after").parse().ok().map(Duration::from_secs);
        if code.is_empty() && status.is_client_error() && problem["message"].is_null() {
            return Self::NotSaldo(format!("{} has answered {status}", access.url.as_str()));
        }
        let text = text(access, status, &problem);
        Self::Refused(Box::new(Refusal { status, code, text, retry_after }))
    }

    /// The answer, if there is one.
    pub(crate) fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused(refusal) => Some(refusal),
            _ => None,
        }
    }

    /// Whether the request has certainly had no effect and can't succeed when it is repeated.
    pub(crate) fn is_final(&self) -> bool {
        self.refusal().is_some_and(|refusal| refusal.status.is_client_error()) && !self.is_temporary()
    }

    pub(super) fn is_temporary(&self) -> bool {
        let Some(Refusal { status, code, .. }) = self.refusal() else {
            return matches!(self, Self::Unreachable(_));
        };
        matches!(status.as_u16(), 429 | 502..=504) || code == "request_in_progress"
    }

    pub(super) fn retry_after(&self) -> Option<Duration> {
        self.refusal()?.retry_after
    }
}

/// The cause in a few words, instead of a chain of errors of libraries.
pub(super) fn cause(error: &reqwest::Error) -> String {
    let mut causes = vec![];
    let mut next = error.source();
    while let Some(error) = next {
        if let Some(io) = error.downcast_ref::<std::io::Error>()
            && io.kind() == ErrorKind::ConnectionRefused
        {
            return "nothing answers there. Is Saldo running, and is the port right?".to_owned();
        }
        causes.push(error.to_string());
        next = error.source();
    }
    let has = |text: &str| causes.iter().any(|cause| cause.contains(text));
    if has("dns error") || has("failed to lookup address") {
        return "there is no such host. Check the address and your connection.".to_owned();
    }
    if error.is_timeout() {
        return "there was no answer in time. Try again later.".to_owned();
    }
    if has("certificate") {
        return format!("its certificate is not trusted ({}).", causes.last().map_or("", String::as_str));
    }
    format!(
        "{}. Check the address and your connection.",
        causes.last().map_or("the connection ended", String::as_str)
    )
}

/// What the problem document says, with what to do.
fn text(access: &Access, status: StatusCode, problem: &Value) -> String {
    let url = access.url.as_str();
    let detail =
        problem["detail"].as_str().or_else(|| problem["message"].as_str()).unwrap_or("no reason was given");
    let faults: Vec<_> = problem["errors"].as_array().into_iter().flatten().map(fault).collect();
    match (status.as_u16(), &faults[..]) {
        (401, _) => {
            let (key, advice) = match access.source {
                KeySource::Environment => {
                    ("in SALDO_KEY", "Correct the variable, or unset it to use the key of `saldo login`.")
                }
                KeySource::File => ("of `saldo login`", "Run `saldo login` with a valid key."),
                KeySource::Typed => ("", "Copy the whole key, as it was shown when it was created."),
            };
            let key = format!("the key {key}");
            format!("{url} does not accept {}: {detail}. {advice}", key.trim_end())
        }
        (403, _) => format!("{url} does not allow this with this key: {detail}."),
        (429 | 503, _) => format!("{url} is busy: {detail}. Try again later."),
        (500.., _) => {
            let id = problem["request_id"].as_str();
            let id = id.map(|id| format!(" Its operator can find the cause by the request id {id}."));
            format!("{url} has failed ({status}): {detail}.{}", id.unwrap_or_default())
        }
        (_, []) => format!("{detail}."),
        (_, faults) => format!("{}.", faults.join("; ")),
    }
}

/// A mistake in the request, with the name of the option.
fn fault(fault: &Value) -> String {
    let place = fault["pointer"].as_str().map(|pointer| pointer.trim_start_matches('/').replace('/', "."));
    let place = place.or_else(|| fault["parameter"].as_str().map(str::to_owned)).unwrap_or_default();
    let detail = fault["detail"].as_str().unwrap_or("is not valid");
    if place.is_empty() { detail.to_owned() } else { format!("{place}: {detail}") }
}
