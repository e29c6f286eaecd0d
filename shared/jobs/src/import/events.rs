//! The event that an import has ended.

use jiff::Timestamp;
use saldo_domain::import::ImportJob;
use saldo_domain::notification::Event;
use saldo_store::failure::Failure;

use super::stores::Stores;

/// Queues the event if the import has ended. Queueing it twice notifies each endpoint once.
pub(super) async fn completed(
    stores: &Stores,
    job: &ImportJob,
    ended: Option<Timestamp>,
) -> Result<(), Failure> {
    match ended {
        Some(at) => {
            stores.notification_queue.queue_event(Event::import_completed(job.org.clone(), &job.id, at)).await
        }
        None => Ok(()),
    }
}
