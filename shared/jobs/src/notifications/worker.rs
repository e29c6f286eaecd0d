//! The worker: finds who wants to be told of an event, and delivers to each by itself.
//!
//! A delivery is written down before its message is sent, and its attempts before the message
//! for the next: whatever is cut off in between is done again by the message that comes back.
//! When an attempt is due is told by the delivery, never by its message, so a message that
//! comes twice, or early, shortens nothing.

use std::time::Duration;

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use jiff::Timestamp;
use saldo_domain::id::{DeliveryId, OrgId};
use saldo_domain::notification::{Delivery, DeliveryStatus, Endpoint, Event, GivenUp};
use saldo_store::app::App;
use saldo_store::failure::Failure;
use saldo_store::queue::{NotificationMessage, Queued};

use super::client;
use crate::worker::each_message;

/// Handles a batch of events to be told and notifications to be delivered. Handling one again
/// changes nothing that was done.
pub async fn handle(app: App, event: SqsEvent) -> SqsBatchResponse {
    each_message(&app.notification_queue.clone(), event, move |queued| step(app.clone(), queued)).await
}

async fn step(app: App, queued: Queued<NotificationMessage>) -> Result<(), Failure> {
    match &queued.message {
        NotificationMessage::Tell(event) => tell(&app, event).await,
        NotificationMessage::Deliver { org, delivery } => match deliver(&app, org, delivery).await? {
            Some(wait) => app.notification_queue.put_back(&queued, wait).await,
            None => Ok(()),
        },
    }
}

/// Records a delivery to each endpoint that observes the event, and queues it.
pub(super) async fn tell(app: &App, event: &Event) -> Result<(), Failure> {
    let endpoints = app.notifications.all(&event.org).await?;
    let (mut new, mut known) = (Vec::new(), Vec::new());
    for endpoint in endpoints.iter().filter(|endpoint| endpoint.observes(event)) {
        let delivery = Delivery::new(event, endpoint);
        let made = app.deliveries.accept(&delivery).await?;
        let queued = if made { &mut new } else { &mut known };
        queued.push(NotificationMessage::Deliver { org: delivery.org, delivery: delivery.id });
    }
    app.notification_queue.send(&new).await?;
    // Who told the event before may have died before queueing these, or be at them just now:
    // by then its attempt has ended, and the message finds nothing left to do.
    app.notification_queue.send_later(&known, app.limits.notification_timeout * 2).await?;
    tracing::info!(org = %event.org, job = event.job_id, new = new.len(), known = known.len(), "told");
    Ok(())
}

/// Makes the attempt that is due and records its outcome. Returns how long the next attempt is to
/// wait, if there is one. A wait that is longer than the queue's longest delay takes several hops:
/// a message that is early waits again.
async fn deliver(app: &App, org: &OrgId, id: &DeliveryId) -> Result<Option<Duration>, Failure> {
    let delivery = app.deliveries.get(org, id).await?;
    let Some(mut delivery) = delivery.filter(|delivery| delivery.status == DeliveryStatus::Pending) else {
        return Ok(None);
    };
    if let Some(wait) = delivery.wait(Timestamp::now()) {
        return Ok(Some(wait));
    }
    match app.notifications.get(org, &delivery.endpoint).await? {
        Some(endpoint) => attempt(app, &mut delivery, &endpoint).await?,
        None => delivery.give_up(GivenUp::EndpointDeleted),
    }
    if !app.deliveries.save(&mut delivery).await? {
        // Another message for the same delivery has recorded an attempt; it queues the next.
        tracing::info!(%org, delivery = %id, "overtaken");
        return Ok(None);
    }
    tracing::info!(%org, delivery = %id, status = ?delivery.status, attempts = delivery.attempts.len(), "attempted");
    Ok(match delivery.status {
        DeliveryStatus::Pending => Some(delivery.wait(Timestamp::now()).unwrap_or_default()),
        DeliveryStatus::Delivered | DeliveryStatus::Failed => None,
    })
}

async fn attempt(app: &App, delivery: &mut Delivery, endpoint: &Endpoint) -> Result<(), Failure> {
    let context = Endpoint::seal_context(&delivery.org, &endpoint.id);
    let secret = app.sealer.open(&context, &endpoint.secret).await?;
    let outcome = client::call(app, delivery, endpoint, &secret).await?;
    delivery.record(outcome, Timestamp::now(), app.limits.notification_delays);
    Ok(())
}
