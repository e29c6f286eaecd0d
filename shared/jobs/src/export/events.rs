//! The event that an export has ended.

use saldo_domain::notification::Event;
use saldo_store::failure::Failure;
use saldo_store::queue::ExportMessage;

use super::stores::Stores;

/// Queues the event if the export has ended. Queueing it twice notifies each endpoint once.
pub(crate) async fn completed(stores: &Stores, message: &ExportMessage) -> Result<(), Failure> {
    // The stored time of the end, whichever worker set it, identifies the event.
    let job = stores.exports.get(&message.org, &message.export).await?;
    match job.and_then(|job| Some((job.completed_at?, job))) {
        Some((at, job)) => {
            stores.notification_queue.queue_event(Event::export_completed(job.org, &job.id, at)).await
        }
        None => Ok(()),
    }
}
