//! The HTTP call of a webhook: signed according to Standard Webhooks, only to allowed addresses. Of the response only the
//! status is used.

use std::error::Error;
use std::iter;
use std::sync::OnceLock;
use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::CONTENT_TYPE;
use reqwest::redirect::Policy;
use reqwest::{Client, StatusCode};
use saldo_domain::notification::{AttemptError, Delivery, Endpoint, Message, Outcome, Targets};
use saldo_store::failure::Failure;
use secrecy::{ExposeSecret, SecretString};
use standardwebhooks::{HEADER_WEBHOOK_ID, HEADER_WEBHOOK_SIGNATURE, HEADER_WEBHOOK_TIMESTAMP, Webhook};

use super::stores::Worker;
use crate::resolver::{Guard, Refusal};

const USER_AGENT: &str = concat!("saldo-notification/", env!("CARGO_PKG_VERSION"));
/// The timeout for connecting, name resolution and TLS included: shorter than the whole timeout, since an address where
/// nothing listens won't answer later.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Sends a notification to its endpoint.
///
/// # Errors
/// [`Failure`] when the request can't be made for a reason on Saldo's side.
pub(super) async fn call(
    worker: &Worker,
    delivery: &Delivery,
    endpoint: &Endpoint,
    secret: &SecretString,
) -> Result<Outcome, Failure> {
    // An IP address in the URL bypasses the resolver.
    if worker.targets.check(endpoint.notify_uri.url()).is_err() {
        return Ok(Outcome::Error(AttemptError::AddressNotAllowed));
    }
    let body = Message {
        notification_id: &endpoint.id,
        observe_key: &delivery.observe_key,
        state: endpoint.state.as_ref(),
        job_id: delivery.observe_key.names_its_job().then_some(&*delivery.job_id),
    };
    let body = serde_json::to_vec(&body).map_err(Failure::corrupt("a notification"))?;
    let id = delivery.id.to_string();
    let now = Timestamp::now().as_second();
    // The error may quote the secret, so it is dropped.
    let signer = Webhook::new(secret.expose_secret()).map_err(|_| Failure::missing("a signing secret"))?;
    let signature = signer.sign(&id, now, &body).map_err(Failure::corrupt("a notification"))?;
    let request = client(worker.targets)?
        .post(endpoint.notify_uri.url().clone())
        .timeout(worker.stores.limits.notification_timeout)
        .header(CONTENT_TYPE, "application/json")
        .header(HEADER_WEBHOOK_ID, id)
        .header(HEADER_WEBHOOK_TIMESTAMP, now)
        .header(HEADER_WEBHOOK_SIGNATURE, signature)
        .body(body);
    // The connection is closed once the status is there: the body is not read.
    Ok(match request.send().await {
        Ok(answer) => outcome(answer.status()),
        Err(error) => Outcome::Error(attempt_error(&error)),
    })
}

fn outcome(status: StatusCode) -> Outcome {
    match status.is_redirection() {
        true => Outcome::Error(AttemptError::Redirect),
        false => Outcome::StatusCode(status.as_u16()),
    }
}

/// The class of an error. Its text contains the URL and is neither stored nor logged.
fn attempt_error(error: &reqwest::Error) -> AttemptError {
    let mut causes = iter::successors(error.source(), |&cause| cause.source());
    let refusal = causes.find_map(|cause| cause.downcast_ref());
    match refusal {
        Some(Refusal::NotAllowed) => AttemptError::AddressNotAllowed,
        Some(Refusal::NotResolved) => AttemptError::NameNotResolved,
        None if error.is_timeout() => AttemptError::Timeout,
        None if error.is_connect() => AttemptError::ConnectionFailed,
        None => AttemptError::RequestFailed,
    }
}

/// The client for these targets. It is created once, since that reads all root certificates.
fn client(targets: Targets) -> Result<&'static Client, Failure> {
    static PUBLIC: OnceLock<Client> = OnceLock::new();
    static LOOPBACK_TOO: OnceLock<Client> = OnceLock::new();
    let made = match targets {
        Targets::Public => &PUBLIC,
        Targets::PublicAndLoopback => &LOOPBACK_TOO,
    };
    if let Some(client) = made.get() {
        return Ok(client);
    }
    let client = Client::builder()
        .user_agent(USER_AGENT)
        .connect_timeout(CONNECT_TIMEOUT)
        .dns_resolver(Guard(targets))
        .https_only(targets == Targets::Public)
        .redirect(Policy::none())
        .referer(false)
        // A proxy would resolve names itself, past the check of addresses.
        .no_proxy()
        // The address of a pooled connection would not be checked again.
        .pool_max_idle_per_host(0)
        .build();
    let client = client
        .map_err(|error| Failure::Service { operation: "making an HTTP client", source: Box::new(error) })?;
    Ok(made.get_or_init(|| client))
}
