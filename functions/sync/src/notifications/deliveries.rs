//! `GET /rest/notifications/{id}/deliveries`: what an endpoint was told, or is still to be,
//! newest first.

use axum::extract::State;
use axum::{Extension, Json};
use saldo::app::App;
use saldo::date::in_milliseconds;
use saldo::http::{Caller, PageAfter, Parameters, PathId, Problem};
use saldo::id::{DeliveryId, NotificationId};
use saldo::notification::{Attempt, Delivery, DeliveryStatus, GivenUp, ObserveKey, Outcome};
use serde::Serialize;

use super::read::find;

#[derive(Serialize)]
pub(crate) struct List {
    deliveries: Vec<View>,
    has_more: bool,
}

/// A delivery as its callers see it.
#[derive(Serialize)]
struct View {
    delivery_id: DeliveryId,
    observe_key: ObserveKey,
    /// The job that ended.
    job_id: String,
    status: DeliveryStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<GivenUp>,
    attempts: Vec<AttemptView>,
    next_attempt_at: Option<String>,
    created_at: String,
}

#[derive(Serialize)]
struct AttemptView {
    at: String,
    #[serde(flatten)]
    outcome: Outcome,
}

impl From<Delivery> for View {
    fn from(delivery: Delivery) -> Self {
        let attempt = |Attempt { at, outcome }| AttemptView { at: in_milliseconds(at), outcome };
        Self {
            delivery_id: delivery.id,
            observe_key: delivery.observe_key,
            job_id: delivery.job_id,
            status: delivery.status,
            reason: delivery.reason,
            attempts: delivery.attempts.into_iter().map(attempt).collect(),
            next_attempt_at: delivery.next_attempt_at.map(in_milliseconds),
            created_at: in_milliseconds(delivery.created_at),
        }
    }
}

pub(crate) async fn list(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    PathId(id): PathId<NotificationId>,
    Parameters(query): Parameters<PageAfter<DeliveryId>>,
) -> Result<Json<List>, Problem> {
    find(&app, caller.org(), &id).await?;
    let (after, limit) = (query.starting_after.as_ref(), query.limit.get());
    let (deliveries, has_more) = app.deliveries.list_to(caller.org(), &id, after, limit).await?;
    Ok(Json(List { deliveries: deliveries.into_iter().map(View::from).collect(), has_more }))
}
