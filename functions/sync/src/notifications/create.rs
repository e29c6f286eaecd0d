//! `POST /rest/notifications`: a new endpoint, whose signing secret is shown this once.

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::IntoResponse;
use axum::{Extension, Json};
use jiff::Timestamp;
use saldo_domain::id::NotificationId;
use saldo_domain::notification::{ENDPOINT_FIELDS, ENDPOINTS_MAX, Endpoint, EndpointRequest, signing_secret};
use saldo_http::{Caller, KeptInstead, Payload, Problem, Seed};
use saldo_jobs::resolver::check_name;
use saldo_store::app::App;
use secrecy::ExposeSecret;
use serde::Serialize;
use utoipa::ToSchema;

use super::body::New;
use super::error::EndpointError;
use super::view::View;

/// A new endpoint, and its secret.
#[derive(Serialize, ToSchema)]
#[schema(as = NotificationWithSecret, example = json!({
    "notification_id": "not_mfrggzdfmztwq2lkmfrggzdfmz", "observe_key": "/rest/transactions",
    "notify_uri": "https://app.example/notified", "state": "session-7f3c",
    "created_at": "2026-01-15T12:00:00.000Z", "secret": "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oDRm7vJZB2RhM="
}))]
struct Created<'a> {
    #[serde(flatten)]
    view: View,
    /// What notifications will be signed with; null when the answer is repeated for its
    /// `Idempotency-Key`.
    #[schema(required, pattern = "^whsec_[A-Za-z0-9+/]{43}=$")]
    secret: Option<&'a str>,
}

/// Makes a notification endpoint
///
/// Whatever it observes that ends from now on is told with a POST to `notify_uri`, signed as Standard Webhooks say with
/// the `secret`, which is shown here and nowhere else. What is answered with another status than 2xx is
/// tried again for more than a day.
#[utoipa::path(
    post, path = "/rest/notifications", operation_id = "create_notification", tag = "Notifications",
    request_body = New,
    responses(
        (
            status = 201, description = "The endpoint", body = Created<'static>,
            headers(("Location", description = "Its path")),
        ),
        (status = 409, description = "`notification_exists`: another endpoint has the URL and the observe key"),
        (status = 422, description = "`too_many_notifications`: there are a hundred already"),
    ),
)]
pub(crate) async fn create(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Extension(Seed(seed)): Extension<Seed>,
    payload: Payload,
) -> Result<impl IntoResponse, Problem> {
    let request = EndpointRequest::read(payload.json_fields(ENDPOINT_FIELDS)?, app.targets)?;
    check_name(&request.notify_uri, app.targets).await?;
    let (org, id) = (caller.org(), NotificationId::of_seed(seed));
    // Requests at the same moment may make a few more: the bound is against thousands.
    let others = app.notifications.all(org).await?.into_iter().filter(|other| other.id != id);
    if others.count() >= ENDPOINTS_MAX {
        return Err(EndpointError::TooMany.into());
    }
    let secret = signing_secret().map_err(|_| Problem::internal())?;
    let sealed = app.sealer.seal(&Endpoint::seal_context(org, &id), &secret).await?;
    let endpoint = request.grant(id, sealed, Timestamp::now());
    if !app.notifications.put(org, &endpoint).await? {
        return Err(EndpointError::Exists.into());
    }

    let view = View::from(endpoint);
    let location = format!("/rest/notifications/{}", view.notification_id);
    let kept = Created { view: view.clone(), secret: None };
    let kept = KeptInstead(serde_json::to_string(&kept).map_err(|_| Problem::internal())?);
    let created = Json(Created { view, secret: Some(secret.expose_secret()) }).into_response();
    Ok((StatusCode::CREATED, [(LOCATION, location)], Extension(kept), created))
}
