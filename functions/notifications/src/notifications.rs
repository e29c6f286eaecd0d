//! The resource `/rest/notifications`: notification endpoints. Only the answer that creates an endpoint shows its
//! signing secret.

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::IntoResponse;
use axum::{Extension, Json};
use jiff::Timestamp;
use saldo_domain::date::in_milliseconds;
use saldo_domain::id::{NotificationId, OrgId};
use saldo_domain::notification::{
    self, ENDPOINTS_MAX, Endpoint, EndpointChange, NewEndpoint, NotifyUri, ObserveKey, signing_secret,
};
use saldo_http::{Caller, KeptInstead, PathId, Payload, Preconditions, Problem, Seed};
use saldo_jobs::resolver::check_name;
use saldo_store::EndpointChanged;
use secrecy::ExposeSecret;
use serde::Serialize;
use utoipa::ToSchema;

use crate::Stores;
use crate::error::EndpointError;

/// A notification endpoint.
#[derive(Clone, Serialize, ToSchema)]
#[schema(as = Notification, example = json!({
    "notification_id": "not_mfrggzdfmztwq2lkmfrggzdfmz", "observe_key": "/rest/transactions",
    "notify_uri": "https://app.example/notified", "state": "session-7f3c",
    "created_at": "2026-01-15T12:00:00.000Z"
}))]
pub(crate) struct View {
    notification_id: NotificationId,
    observe_key: ObserveKey,
    notify_uri: NotifyUri,
    /// A text of your own that comes back with each notification.
    #[schema(required)]
    state: Option<notification::State>,
    #[schema(format = DateTime)]
    created_at: String,
}

impl From<Endpoint> for View {
    fn from(endpoint: Endpoint) -> Self {
        Self {
            notification_id: endpoint.id,
            observe_key: endpoint.observe_key,
            notify_uri: endpoint.notify_uri,
            state: endpoint.state,
            created_at: in_milliseconds(endpoint.created_at),
        }
    }
}

/// A new notification endpoint, with its secret.
#[derive(Serialize, ToSchema)]
#[schema(as = NotificationWithSecret, example = json!({
    "notification_id": "not_mfrggzdfmztwq2lkmfrggzdfmz", "observe_key": "/rest/transactions",
    "notify_uri": "https://app.example/notified", "state": "session-7f3c",
    "created_at": "2026-01-15T12:00:00.000Z", "secret": "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oDRm7vJZB2RhM="
}))]
struct Created<'a> {
    #[serde(flatten)]
    view: View,
    /// The secret that signs the notifications; null when the answer is repeated for its `Idempotency-Key`.
    #[schema(required, pattern = "^whsec_[A-Za-z0-9+/]{43}=$")]
    secret: Option<&'a str>,
}

/// All endpoints.
#[derive(Serialize, ToSchema)]
#[schema(as = NotificationList)]
pub(crate) struct List {
    notifications: Vec<View>,
}

/// Lists the notification endpoints
///
/// In the order in which they were created, without their secrets.
#[utoipa::path(
    get, path = "/rest/notifications", operation_id = "list_notifications", tag = "Notifications",
    responses((status = 200, description = "All endpoints", body = List)),
)]
pub(crate) async fn list(
    State(stores): State<Stores>,
    Extension(caller): Extension<Caller>,
) -> Result<Json<List>, Problem> {
    let endpoints = stores.notifications.all(caller.org()).await?;
    Ok(Json(List { notifications: endpoints.into_iter().map(View::from).collect() }))
}

/// Creates a notification endpoint
///
/// From now on, Saldo sends every event that the endpoint observes as a POST to `notify_uri`, signed with the `secret`
/// as Standard Webhooks specifies. Only this answer shows the secret. A notification that is answered with another
/// status than 2xx is sent again for more than a day.
#[utoipa::path(
    post, path = "/rest/notifications", operation_id = "create_notification", tag = "Notifications",
    request_body = NewEndpoint,
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
    State(stores): State<Stores>,
    Extension(caller): Extension<Caller>,
    Extension(Seed(seed)): Extension<Seed>,
    payload: Payload,
) -> Result<impl IntoResponse, Problem> {
    let body: NewEndpoint = payload.json_with(stores.targets)?;
    check_name(&body.notify_uri, stores.targets).await?;
    let (org, id) = (caller.org(), NotificationId::of_seed(seed));
    // Simultaneous requests can exceed the bound by a few, which is harmless: it is there to prevent thousands.
    let others = stores.notifications.all(org).await?.into_iter().filter(|other| other.id != id);
    if others.count() >= ENDPOINTS_MAX {
        return Err(EndpointError::TooMany.into());
    }
    let secret = signing_secret().map_err(|_| Problem::internal())?;
    let sealed = stores.sealer.seal(&Endpoint::seal_context(org, &id), &secret).await?;
    let endpoint = body.create(id, sealed, Timestamp::now());
    if !stores.notifications.put(org, &endpoint).await? {
        return Err(EndpointError::Exists.into());
    }

    let view = View::from(endpoint);
    let location = format!("/rest/notifications/{}", view.notification_id);
    let kept = Created { view: view.clone(), secret: None };
    let kept = KeptInstead(serde_json::to_string(&kept).map_err(|_| Problem::internal())?);
    let created = Json(Created { view, secret: Some(secret.expose_secret()) }).into_response();
    Ok((StatusCode::CREATED, [(LOCATION, location)], Extension(kept), created))
}

/// Shows a notification endpoint
#[utoipa::path(
    get, path = "/rest/notifications/{id}", operation_id = "read_notification", tag = "Notifications",
    params(("id" = NotificationId, Path)),
    responses((status = 200, description = "The endpoint", body = View)),
)]
pub(crate) async fn read(
    State(stores): State<Stores>,
    Extension(caller): Extension<Caller>,
    PathId(id): PathId<NotificationId>,
) -> Result<Json<View>, Problem> {
    Ok(Json(find(&stores, caller.org(), &id).await?.into()))
}

/// Changes a notification endpoint
///
/// Absent fields keep their values. The secret stays the same.
#[utoipa::path(
    put, path = "/rest/notifications/{id}", operation_id = "change_notification", tag = "Notifications",
    params(
        ("id" = NotificationId, Path),
        ("If-Match" = Option<String>, Header, nullable = false, pattern = r"^\*$", description = "`*`: an endpoint has no `ETag`"),
    ),
    request_body = EndpointChange,
    responses(
        (status = 200, description = "The endpoint", body = View),
        (status = 409, description = "`notification_exists`: another endpoint has the URL and the observe key"),
        (status = 412, description = "`precondition_failed`: an endpoint has no `ETag`"),
    ),
)]
pub(crate) async fn change(
    State(stores): State<Stores>,
    Extension(caller): Extension<Caller>,
    PathId(id): PathId<NotificationId>,
    preconditions: Preconditions,
    payload: Payload,
) -> Result<Json<View>, Problem> {
    preconditions.admit_untagged()?;
    let change: EndpointChange = payload.json_with(stores.targets)?;
    if let Some(uri) = &change.notify_uri {
        check_name(uri, stores.targets).await?;
    }
    match stores.notifications.change(caller.org(), &id, &change).await? {
        EndpointChanged::Done(endpoint) => Ok(Json((*endpoint).into())),
        EndpointChanged::TargetTaken => Err(EndpointError::Exists.into()),
        EndpointChanged::NotFound => Err(Problem::not_found()),
    }
}

/// Deletes a notification endpoint
///
/// Notifications that were not delivered yet are dropped.
#[utoipa::path(
    delete, path = "/rest/notifications/{id}", operation_id = "delete_notification", tag = "Notifications",
    params(
        ("id" = NotificationId, Path),
        ("If-Match" = Option<String>, Header, nullable = false, pattern = r"^\*$", description = "`*`: an endpoint has no `ETag`"),
    ),
    responses(
        (status = 204, description = "The endpoint was deleted"),
        (status = 412, description = "`precondition_failed`: an endpoint has no `ETag`"),
    ),
)]
pub(crate) async fn delete(
    State(stores): State<Stores>,
    Extension(caller): Extension<Caller>,
    PathId(id): PathId<NotificationId>,
    preconditions: Preconditions,
) -> Result<StatusCode, Problem> {
    preconditions.admit_untagged()?;
    match stores.notifications.delete(caller.org(), &id).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Problem::not_found()),
    }
}

/// The endpoint with this id, if the organization has it.
pub(crate) async fn find(stores: &Stores, org: &OrgId, id: &NotificationId) -> Result<Endpoint, Problem> {
    stores.notifications.get(org, id).await?.ok_or_else(Problem::not_found)
}
