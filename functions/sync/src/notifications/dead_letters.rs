//! The dead letters: notifications that could not be handled, however often they were tried.
//! Deliveries end as failed; an event is told once more, since nothing else would tell of it.

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use saldo::app::App;
use saldo::failure::Failure;
use saldo::id::{DeliveryId, OrgId};
use saldo::notification::{DeliveryStatus, GivenUp};
use saldo::queue::NotificationMessage;
use saldo::worker::each_message;

use super::worker::tell;

/// Ends deliveries that were given up, and tells events that were.
pub async fn handle(app: App, event: SqsEvent) -> SqsBatchResponse {
    each_message(event, move |message| close(app.clone(), message)).await
}

async fn close(app: App, message: NotificationMessage) -> Result<(), Failure> {
    match message {
        NotificationMessage::Tell(event) => {
            tracing::error!(org = %event.org, job = event.job_id, "given up");
            tell(&app, &event).await
        }
        NotificationMessage::Deliver { org, delivery } => give_up(&app, &org, &delivery).await,
    }
}

async fn give_up(app: &App, org: &OrgId, id: &DeliveryId) -> Result<(), Failure> {
    tracing::error!(%org, delivery = %id, "given up");
    let delivery = app.deliveries.get(org, id).await?;
    let Some(mut delivery) = delivery.filter(|delivery| delivery.status == DeliveryStatus::Pending) else {
        return Ok(());
    };
    delivery.give_up(GivenUp::NotProcessed);
    match app.deliveries.save(&mut delivery).await? {
        true => Ok(()),
        // Another message has brought it on meanwhile, and may have ended it: look again.
        false => Err(Failure::Throttled { operation: "the end of a delivery that goes on" }),
    }
}
