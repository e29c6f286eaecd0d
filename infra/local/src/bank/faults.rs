//! Faults of reads in some scripts.

use std::time::Duration;

use axum::body::Body;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use futures::{StreamExt, stream};

use super::answer::{Answer, Refusal};
use super::customer::Customer;
use super::script::Script;

/// The delay of a slow bank.
const SLOW: Duration = Duration::from_secs(1);
/// The delay of a stuck bank: longer than every timeout.
const STUCK: Duration = Duration::from_mins(10);
/// The `Retry-After` of a busy bank.
const RETRY_AFTER_SECONDS: u32 = 1;
/// The start of an endless list of transactions, and its repeated entry.
const ENDLESS_START: &str = r#"{"transactions":{"_links":{"account":{"href":"/v1/accounts"}},"booked":["#;
const ENDLESS_ENTRY: &str =
    r#"{"transactionId":"again","transactionAmount":{"currency":"EUR","amount":"1.00"}},"#;
/// The entries in one chunk of the response, for about 8 KiB.
const ENDLESS_ENTRIES: usize = 100;

/// The resource of a read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Resource {
    Accounts,
    Account,
    Balances,
    Transactions,
}

/// A fault of a response.
pub(super) enum Fault {
    Delayed(Duration),
    Refused(Refusal),
    Unavailable,
    HtmlPage,
    CutOff,
    Endless,
}

impl Fault {
    /// The fault of a read of this resource, if the customer's script has one.
    pub(super) fn of(customer: &mut Customer, resource: Resource) -> Option<Self> {
        match (customer.script, resource) {
            (Script::Slow, _) => Some(Self::Delayed(SLOW)),
            (Script::Jammed, _) => Some(Self::Refused(Refusal::AccessExceeded { retry_after: Some(0) })),
            (Script::Exhausted, _) => Some(Self::Refused(Refusal::AccessExceeded { retry_after: None })),
            (Script::Busy, Resource::Accounts | Resource::Transactions) => {
                let today = Some(customer.day);
                let throttled = match resource {
                    Resource::Accounts => &mut customer.throttled.accounts,
                    _ => &mut customer.throttled.transactions,
                };
                let refusal = Refusal::AccessExceeded { retry_after: Some(RETRY_AFTER_SECONDS) };
                (std::mem::replace(throttled, today) != today).then_some(Self::Refused(refusal))
            }
            (Script::Stuck, Resource::Transactions) => Some(Self::Delayed(STUCK)),
            (Script::Broken, Resource::Transactions) => Some(Self::CutOff),
            (Script::Huge, Resource::Transactions) => Some(Self::Endless),
            (Script::Html, Resource::Accounts) => Some(Self::HtmlPage),
            (Script::Unavailable, Resource::Accounts) => Some(Self::Unavailable),
            _ => None,
        }
    }

    /// Applies the fault to a response.
    pub(super) async fn apply(self, answer: Answer) -> Response {
        match self {
            Self::Delayed(by) => {
                tokio::time::sleep(by).await;
                answer.into_response()
            }
            Self::Refused(refusal) => refusal.into_response(),
            Self::Unavailable => Answer::empty(StatusCode::SERVICE_UNAVAILABLE).into_response(),
            Self::HtmlPage => {
                let page = Html("<!doctype html>\n<h1>Internal Server Error</h1>\n");
                (StatusCode::INTERNAL_SERVER_ERROR, page).into_response()
            }
            Self::CutOff => {
                let mut body = answer.bytes();
                body.truncate(body.len() / 2);
                json_body(Body::from(body))
            }
            Self::Endless => {
                let entries = stream::repeat(ENDLESS_ENTRY.repeat(ENDLESS_ENTRIES));
                let chunks = stream::iter([ENDLESS_START.to_owned()]).chain(entries);
                json_body(Body::from_stream(chunks.map(Ok::<_, std::convert::Infallible>)))
            }
        }
    }
}

fn json_body(body: Body) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], body).into_response()
}
