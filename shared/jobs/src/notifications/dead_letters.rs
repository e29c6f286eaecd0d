//! Dead-letter handler of notifications: fails deliveries whose messages are exhausted. An exhausted event is tried once
//! more, since there is no other record of it.

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use saldo_domain::id::{DeliveryId, OrgId};
use saldo_domain::notification::{DeliveryFailure, DeliveryStatus};
use saldo_store::failure::Failure;
use saldo_store::queue::{NotificationMessage, Queued};

use super::stores::Stores;
use super::worker::queue_deliveries;
use crate::worker::each_message;

/// Handles a batch of exhausted messages.
pub async fn handle(stores: Stores, event: SqsEvent) -> SqsBatchResponse {
    each_message(&stores.notification_queue.clone(), event, move |queued| handle_one(stores.clone(), queued))
        .await
}

async fn handle_one(
    stores: Stores,
    Queued { message, hops }: Queued<NotificationMessage>,
) -> Result<(), Failure> {
    match message {
        NotificationMessage::Event(event) => {
            tracing::error!(org = %event.org, job = event.job_id, "the event failed too often and is a dead letter");
            queue_deliveries(&stores, &event).await
        }
        NotificationMessage::Deliver { org, delivery } => {
            fail_exhausted(&stores, &org, &delivery, hops).await
        }
    }
}

/// Fails a delivery that is still pending.
async fn fail_exhausted(stores: &Stores, org: &OrgId, id: &DeliveryId, hops: u32) -> Result<(), Failure> {
    tracing::error!(%org, delivery = %id, hops, "the delivery failed too often and is a dead letter");
    let delivery = stores.deliveries.get(org, id).await?;
    let Some(mut delivery) = delivery.filter(|delivery| delivery.status == DeliveryStatus::Pending) else {
        return Ok(());
    };
    delivery.give_up(DeliveryFailure::NotProcessed);
    match stores.deliveries.save(&mut delivery).await? {
        true => Ok(()),
        // Another message has recorded an attempt at the same time: the next delivery reads it.
        false => Err(Failure::Throttled { operation: "the end of a delivery that another message changes" }),
    }
}
