//! The end of an import, told to whoever observes it.

use jiff::Timestamp;
use saldo_domain::import::ImportJob;
use saldo_domain::notification::Event;
use saldo_store::app::App;
use saldo_store::failure::Failure;

/// Queues the event that the import ended at this moment, if it did. Queued twice, it is told
/// once.
pub(crate) async fn completed(app: &App, job: &ImportJob, ended: Option<Timestamp>) -> Result<(), Failure> {
    match ended {
        Some(at) => app.notification_queue.tell(Event::import_completed(job.org.clone(), &job.id, at)).await,
        None => Ok(()),
    }
}
