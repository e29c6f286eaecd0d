//! The end of an export, told to whoever observes it.

use saldo_domain::notification::Event;
use saldo_store::app::App;
use saldo_store::failure::Failure;
use saldo_store::queue::ExportMessage;

/// Queues the event that the export has ended, if it has. Queued twice, it is told once.
pub(crate) async fn completed(app: &App, message: &ExportMessage) -> Result<(), Failure> {
    // As it is in the table, whoever ended it: the moment tells one event from another.
    let job = app.exports.get(&message.org, &message.export).await?;
    match job.and_then(|job| Some((job.completed_at?, job))) {
        Some((at, job)) => app.notification_queue.tell(Event::export_completed(job.org, &job.id, at)).await,
        None => Ok(()),
    }
}
