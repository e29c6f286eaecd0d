//! The worker: creates a delivery for each endpoint that observes an event, and makes the attempts of each delivery.
//!
//! A delivery is stored before its message is sent, and an attempt before the message for the next one. A worker that is
//! killed in between leaves a message that repeats the step. The stored delivery says when its next attempt is due, so a
//! message that arrives twice or early causes no earlier attempt.

use std::time::Duration;

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use jiff::Timestamp;
use saldo_domain::id::{DeliveryId, OrgId};
use saldo_domain::notification::{Delivery, DeliveryFailure, DeliveryStatus, Endpoint, Event};
use saldo_store::failure::Failure;
use saldo_store::queue::{NotificationMessage, Queued};

use super::client;
use super::stores::{Stores, Worker};
use crate::worker::each_message;

/// Handles a batch of events and deliveries. A message that is delivered again changes nothing.
pub async fn handle(worker: Worker, event: SqsEvent) -> SqsBatchResponse {
    each_message(&worker.stores.notification_queue.clone(), event, move |queued| step(worker.clone(), queued))
        .await
}

async fn step(worker: Worker, queued: Queued<NotificationMessage>) -> Result<(), Failure> {
    match &queued.message {
        NotificationMessage::Event(event) => queue_deliveries(&worker.stores, event).await,
        NotificationMessage::Deliver { org, delivery } => match deliver(&worker, org, delivery).await? {
            Some(wait) => worker.stores.notification_queue.put_back(&queued, wait).await,
            None => Ok(()),
        },
    }
}

/// Stores and queues a delivery to each endpoint that observes the event.
pub(super) async fn queue_deliveries(stores: &Stores, event: &Event) -> Result<(), Failure> {
    let endpoints = stores.notifications.all(&event.org).await?;
    let (mut new, mut known) = (Vec::new(), Vec::new());
    for endpoint in endpoints.iter().filter(|endpoint| endpoint.observes(event)) {
        let delivery = Delivery::new(event, endpoint);
        let made = stores.deliveries.accept(&delivery).await?;
        let queued = if made { &mut new } else { &mut known };
        queued.push(NotificationMessage::Deliver { org: delivery.org, delivery: delivery.id });
    }
    stores.notification_queue.send(&new).await?;
    // An earlier worker stored these and was killed before it queued them, or another one is making their first attempt.
    // After the delay that attempt has ended, and the message finds nothing to do.
    stores.notification_queue.send_later(&known, stores.limits.notification_timeout * 2).await?;
    tracing::info!(org = %event.org, job = event.job_id, new = new.len(), known = known.len(), "queued deliveries");
    Ok(())
}

/// Makes the attempt that is due and stores its outcome. Returns the delay of the next attempt, if there is one. A delay
/// beyond the queue's maximum takes several hops: a message that is early is put back.
async fn deliver(worker: &Worker, org: &OrgId, id: &DeliveryId) -> Result<Option<Duration>, Failure> {
    let stores = &worker.stores;
    let delivery = stores.deliveries.get(org, id).await?;
    let Some(mut delivery) = delivery.filter(|delivery| delivery.status == DeliveryStatus::Pending) else {
        return Ok(None);
    };
    if let Some(wait) = delivery.wait(Timestamp::now()) {
        return Ok(Some(wait));
    }
    match stores.notifications.get(org, &delivery.endpoint).await? {
        Some(endpoint) => attempt(worker, &mut delivery, &endpoint).await?,
        None => delivery.give_up(DeliveryFailure::EndpointDeleted),
    }
    if !stores.deliveries.save(&mut delivery).await? {
        // That message queues the next attempt.
        tracing::info!(%org, delivery = %id, "another message has recorded an attempt");
        return Ok(None);
    }
    tracing::info!(%org, delivery = %id, status = ?delivery.status, attempts = delivery.attempts.len(), "attempted");
    Ok(match delivery.status {
        DeliveryStatus::Pending => Some(delivery.wait(Timestamp::now()).unwrap_or_default()),
        DeliveryStatus::Delivered | DeliveryStatus::Failed => None,
    })
}

/// Calls the endpoint and records the outcome in the delivery.
async fn attempt(worker: &Worker, delivery: &mut Delivery, endpoint: &Endpoint) -> Result<(), Failure> {
    let context = Endpoint::seal_context(&delivery.org, &endpoint.id);
    let secret = worker.sealer.open(&context, &endpoint.secret).await?;
    let outcome = client::call(worker, delivery, endpoint, &secret).await?;
    delivery.record(outcome, Timestamp::now(), worker.stores.limits.notification_delays);
    Ok(())
}
