//! The resource `/rest/notifications/{id}/deliveries`: the notifications of an endpoint, delivered or not.

use axum::extract::State;
use axum::{Extension, Json};
use saldo_domain::date::in_milliseconds;
use saldo_domain::id::{DeliveryId, NotificationId};
use saldo_domain::notification::{
    Attempt, AttemptError, Delivery, DeliveryFailure, DeliveryStatus, ObserveKey, Outcome,
};
use saldo_http::{Caller, PageAfter, Parameters, PathId, Problem};
use serde::Serialize;
use utoipa::ToSchema;

use crate::Stores;
use crate::notifications::find;

/// A page of deliveries.
#[derive(Serialize, ToSchema)]
#[schema(as = DeliveryPage)]
pub(crate) struct List {
    #[schema(max_items = 100)]
    deliveries: Vec<View>,
    /// Whether there are deliveries after these.
    has_more: bool,
}

/// A notification of an endpoint.
#[derive(Serialize, ToSchema)]
#[schema(as = Delivery, example = json!({
    "delivery_id": "dlv_019bc187-6c00-7a3d-9c1e-5b0f4d2a8e61", "observe_key": "saldo:import.completed",
    "job_id": "imp_019bc187-5a10-7c55-8f02-1d9e6b7a4c30", "status": "delivered",
    "attempts": [
        { "at": "2026-01-15T12:00:00.412Z", "error": "timeout" },
        { "at": "2026-01-15T12:00:05.730Z", "status_code": 204 }
    ],
    "next_attempt_at": null, "created_at": "2026-01-15T12:00:00.000Z"
}))]
struct View {
    delivery_id: DeliveryId,
    /// The observe key of the endpoint at the time of the event.
    observe_key: ObserveKey,
    /// The import, export or synchronization that ended.
    #[schema(pattern = "^(imp|exp|syn)_[0-9a-f-]{36}$")]
    job_id: String,
    status: DeliveryStatus,
    /// Why no further attempt is made; present only if the status is `failed`.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<DeliveryFailure>,
    attempts: Vec<AttemptView>,
    /// When the next attempt is due, while the status is `pending`.
    #[schema(required, format = DateTime)]
    next_attempt_at: Option<String>,
    /// When the job ended.
    #[schema(format = DateTime)]
    created_at: String,
}

/// An attempt to deliver: it has a `status_code` or an `error`.
#[derive(Serialize, ToSchema)]
#[schema(as = DeliveryAttempt)]
struct AttemptView {
    /// When the attempt ended.
    #[schema(format = DateTime)]
    at: String,
    /// The status with which the receiver answered, if it did.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    status_code: Option<u16>,
    /// Why there was no answer, if there was none.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<AttemptError>,
}

impl From<Attempt> for AttemptView {
    fn from(Attempt { at, outcome }: Attempt) -> Self {
        let (status_code, error) = match outcome {
            Outcome::StatusCode(status) => (Some(status), None),
            Outcome::Error(error) => (None, Some(error)),
        };
        Self { at: in_milliseconds(at), status_code, error }
    }
}

impl From<Delivery> for View {
    fn from(delivery: Delivery) -> Self {
        Self {
            delivery_id: delivery.id,
            observe_key: delivery.observe_key,
            job_id: delivery.job_id,
            status: delivery.status,
            reason: delivery.reason,
            attempts: delivery.attempts.into_iter().map(AttemptView::from).collect(),
            next_attempt_at: delivery.next_attempt_at.map(in_milliseconds),
            created_at: in_milliseconds(delivery.created_at),
        }
    }
}

/// Lists the notifications of an endpoint
///
/// Newest first, including those not delivered yet.
#[utoipa::path(
    get, path = "/rest/notifications/{id}/deliveries", operation_id = "list_deliveries", tag = "Notifications",
    params(("id" = NotificationId, Path), PageAfter<DeliveryId>),
    responses((status = 200, description = "A page of deliveries", body = List)),
)]
pub(crate) async fn list(
    State(stores): State<Stores>,
    Extension(caller): Extension<Caller>,
    PathId(id): PathId<NotificationId>,
    Parameters(query): Parameters<PageAfter<DeliveryId>>,
) -> Result<Json<List>, Problem> {
    find(&stores, caller.org(), &id).await?;
    let (after, limit) = (query.starting_after.as_ref(), query.limit.get());
    let (deliveries, has_more) = stores.deliveries.list_to(caller.org(), &id, after, limit).await?;
    Ok(Json(List { deliveries: deliveries.into_iter().map(View::from).collect(), has_more }))
}
