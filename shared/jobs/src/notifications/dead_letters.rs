//! The handler of dead letters: ends deliveries whose messages failed too often as failed. An
//! event gets one more chance here, since no record of it exists.

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use saldo_domain::id::{DeliveryId, OrgId};
use saldo_domain::notification::{DeliveryStatus, GivenUp};
use saldo_store::app::App;
use saldo_store::failure::Failure;
use saldo_store::queue::{NotificationMessage, Queued};

use super::worker::tell;
use crate::worker::each_message;

/// Ends deliveries, and records and queues the deliveries of events, whose messages failed too
/// often.
pub async fn handle(app: App, event: SqsEvent) -> SqsBatchResponse {
    each_message(&app.notification_queue.clone(), event, move |queued| close(app.clone(), queued)).await
}

async fn close(app: App, Queued { message, hops }: Queued<NotificationMessage>) -> Result<(), Failure> {
    match message {
        NotificationMessage::Tell(event) => {
            tracing::error!(org = %event.org, job = event.job_id, "failed too often");
            tell(&app, &event).await
        }
        NotificationMessage::Deliver { org, delivery } => fail_exhausted(&app, &org, &delivery, hops).await,
    }
}

async fn fail_exhausted(app: &App, org: &OrgId, id: &DeliveryId, hops: u32) -> Result<(), Failure> {
    tracing::error!(%org, delivery = %id, hops, "failed too often");
    let delivery = app.deliveries.get(org, id).await?;
    let Some(mut delivery) = delivery.filter(|delivery| delivery.status == DeliveryStatus::Pending) else {
        return Ok(());
    };
    delivery.give_up(GivenUp::NotProcessed);
    match app.deliveries.save(&mut delivery).await? {
        true => Ok(()),
        // Another message has recorded an attempt meanwhile, and may have ended it: look again.
        false => Err(Failure::Throttled { operation: "the end of a delivery that goes on" }),
    }
}
