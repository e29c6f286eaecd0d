//! What the commands use.

use saldo_domain::notification::Targets;
use saldo_jobs::import;
use saldo_store::queue::{ExportQueue, NotificationQueue, SyncQueue};
use saldo_store::{AccessStore, DeliveryStore, Environment, ExportStore, ImportStore, KeyStore, SyncStore};

/// The records, queues and settings that operators work with.
#[derive(Clone, Debug)]
pub struct Stores {
    /// The keys and organizations.
    pub keys: KeyStore,
    /// The provider accesses.
    pub accesses: AccessStore,
    /// The imports.
    pub imports: ImportStore,
    /// The exports.
    pub exports: ExportStore,
    /// The synchronizations.
    pub syncs: SyncStore,
    /// The deliveries of notifications.
    pub deliveries: DeliveryStore,
    /// What a redrive of an import uses.
    pub import_worker: import::Worker,
    /// The exports to be written.
    pub export_queue: ExportQueue,
    /// The synchronizations to be continued.
    pub sync_queue: SyncQueue,
    /// The events to be published and the notifications to be delivered.
    pub notification_queue: NotificationQueue,
    /// The addresses to which users may be redirected.
    pub targets: Targets,
}

impl Stores {
    /// Builds them from the environment.
    pub fn new(environment: &mut Environment) -> Self {
        Self {
            keys: environment.keys(),
            accesses: environment.accesses(),
            imports: environment.imports(),
            exports: environment.exports(),
            syncs: environment.syncs(),
            deliveries: environment.deliveries(),
            import_worker: import::Worker::new(environment),
            export_queue: environment.export_queue(),
            sync_queue: environment.sync_queue(),
            notification_queue: environment.notification_queue(),
            targets: environment.targets(),
        }
    }
}
