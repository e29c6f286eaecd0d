//! The event that an export has ended.

use saldo_domain::notification::Event;
use saldo_store::app::App;
use saldo_store::failure::Failure;
use saldo_store::queue::ExportMessage;

/// Queues the event if the export has ended. Queueing it twice notifies each endpoint once.
pub(crate) async fn completed(app: &App, message: &ExportMessage) -> Result<(), Failure> {
    // The stored time of the end, whichever worker set it, identifies the event.
    let job = app.exports.get(&message.org, &message.export).await?;
    match job.and_then(|job| Some((job.completed_at?, job))) {
        Some((at, job)) => {
            app.notification_queue.queue_event(Event::export_completed(job.org, &job.id, at)).await
        }
        None => Ok(()),
    }
}
