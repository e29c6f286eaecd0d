//! What follows when the rows of an import, or the import itself, have ended.

use saldo_domain::import::ImportJob;
use saldo_domain::notification::Event;
use saldo_store::End;
use saldo_store::failure::Failure;
use saldo_store::queue::ImportTask;

use super::end::message;
use super::stores::Stores;

/// Queues the event that the import has ended or waits for a confirmation, or the closing of what its file omits. Queueing an
/// event twice notifies each endpoint once, and closing twice closes nothing twice.
pub(super) async fn after(stores: &Stores, job: &ImportJob, ended: Option<End>) -> Result<(), Failure> {
    match ended {
        Some(End::Job(at)) => {
            stores.notification_queue.queue_event(Event::import_completed(job.org.clone(), &job.id, at)).await
        }
        Some(End::Rows) => stores.plan_queue.send(&[message(job, ImportTask::Close)]).await,
        Some(End::List(since)) => {
            let event = Event::import_awaiting_confirmation(job.org.clone(), &job.id, since);
            stores.notification_queue.queue_event(event).await
        }
        None => Ok(()),
    }
}
