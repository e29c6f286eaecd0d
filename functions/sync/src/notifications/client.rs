//! The call of a receiver: signed as Standard Webhooks say, to allowed addresses alone, and
//! with nothing taken from the answer but its status.

use std::error::Error;
use std::iter;
use std::sync::OnceLock;
use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::CONTENT_TYPE;
use reqwest::redirect::Policy;
use reqwest::{Client, StatusCode};
use saldo::app::App;
use saldo::failure::Failure;
use saldo::id::{DeliveryId, NotificationId};
use saldo::notification::{AttemptError, Delivery, Endpoint, ObserveKey, Outcome, State, Targets};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use standardwebhooks::{HEADER_WEBHOOK_ID, HEADER_WEBHOOK_SIGNATURE, HEADER_WEBHOOK_TIMESTAMP, Webhook};
use utoipa::ToSchema;

use crate::resolver::{Guard, Refusal};

const USER_AGENT: &str = concat!("saldo-notification/", env!("CARGO_PKG_VERSION"));
/// How long a connection may take, its name and TLS included: an address where nothing
/// answers is not worth the whole time.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// What an endpoint is told.
#[derive(Serialize, ToSchema)]
#[schema(as = SentNotification, example = json!({
    "notification_id": "not_mfrggzdfmztwq2lkmfrggzdfmz", "observe_key": "saldo:import.completed",
    "state": "session-7f3c", "job_id": "imp_01980d3c-6f2a-7c41-9b7e-3f1d2a5b8c90"
}))]
struct Body<'a> {
    /// The endpoint.
    notification_id: &'a NotificationId,
    /// What it is told of.
    observe_key: &'a ObserveKey,
    /// What the endpoint was given, to tell it by.
    #[schema(required)]
    state: Option<&'a State>,
    /// The job that has ended, if it is told of jobs.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    job_id: Option<&'a str>,
}

/// Tells an endpoint of something
///
/// Signed with the endpoint's secret as Standard Webhooks has it, for which there are libraries. It may come
/// twice. What is not answered with 2xx within 15 seconds is sent again after 5 s, 5 min, 30 min, 2 h, 5 h, 10 h
/// and 10 h; 410 ends it at once. Redirects are not followed.
//
// Fails when the call can't even be made, which is not the receiver's fault.
#[utoipa::path(
    post, path = "notification", operation_id = "notify", tag = "Notifications",
    params(
        ("webhook-id" = DeliveryId, Header, description = "The delivery: the same however often it is sent"),
        ("webhook-timestamp" = i64, Header, description = "When it was sent, in seconds since 1970"),
        ("webhook-signature" = String, Header, description = "`v1,` and the signature in base 64"),
    ),
    request_body = Body<'_>,
    responses(
        (status = "2XX", description = "It has come"),
        (status = 410, description = "It shall not be sent again"),
        (status = "default", description = "It is sent again, while attempts are left"),
    ),
)]
pub(super) async fn call(
    app: &App,
    delivery: &Delivery,
    endpoint: &Endpoint,
    secret: &SecretString,
) -> Result<Outcome, Failure> {
    // An address in the URL never comes to the resolver.
    if app.targets.check(endpoint.notify_uri.url()).is_err() {
        return Ok(Outcome::Error(AttemptError::AddressNotAllowed));
    }
    let body = Body {
        notification_id: &endpoint.id,
        observe_key: &delivery.observe_key,
        state: endpoint.state.as_ref(),
        job_id: delivery.observe_key.names_its_job().then_some(&*delivery.job_id),
    };
    let body = serde_json::to_vec(&body).map_err(Failure::corrupt("a notification"))?;
    let id = delivery.id.to_string();
    let now = Timestamp::now().as_second();
    // The errors may quote the secret.
    let signer = Webhook::new(secret.expose_secret()).map_err(|_| Failure::missing("a signing secret"))?;
    let signature = signer.sign(&id, now, &body).map_err(Failure::corrupt("a notification"))?;
    let request = client(app.targets)?
        .post(endpoint.notify_uri.url().clone())
        .timeout(app.limits.notification_timeout)
        .header(CONTENT_TYPE, "application/json")
        .header(HEADER_WEBHOOK_ID, id)
        .header(HEADER_WEBHOOK_TIMESTAMP, now)
        .header(HEADER_WEBHOOK_SIGNATURE, signature)
        .body(body);
    // Once the status is there the connection is dropped: the body is nobody's.
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

/// The class of an error, whose text, which has the URL in it, goes nowhere.
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

/// The client for these targets, made once: making one reads all the certificates there are.
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
        // A proxy would resolve names on its own.
        .no_proxy()
        // A connection that is kept was checked when it was made, and calls are hours apart.
        .pool_max_idle_per_host(0)
        .build();
    let client = client
        .map_err(|error| Failure::Service { operation: "making an HTTP client", source: Box::new(error) })?;
    Ok(made.get_or_init(|| client))
}
