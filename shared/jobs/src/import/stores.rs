//! What imports use.

use saldo_store::files::FileStore;
use saldo_store::queue::{ImportQueue, NotificationQueue};
use saldo_store::{ClientStore, Environment, ImportStore, KeyStore, Limits, OpenItemStore, warm_up};

/// What the dead-letter handler uses, and with a [`Worker`] everything else.
#[derive(Clone, Debug)]
pub struct Stores {
    /// The accounts, which imports write.
    pub accounts: OpenItemStore,
    /// The jobs and their chunks.
    pub imports: ImportStore,
    /// The organizations, whose currency amounts without one are in.
    pub keys: KeyStore,
    /// The payloads, chunks and reports.
    pub files: FileStore,
    /// The chunks to be processed.
    pub import_queue: ImportQueue,
    /// The events that imports have ended.
    pub notification_queue: NotificationQueue,
    /// The limits of size, concurrency and time.
    pub limits: Limits,
}

/// What the worker and a redrive use.
#[derive(Clone, Debug)]
pub struct Worker {
    /// What they share with the dead-letter handler.
    pub stores: Stores,
    /// The clients that rows name.
    pub clients: ClientStore,
    /// The imports to be planned.
    pub plan_queue: ImportQueue,
}

impl Stores {
    /// Builds them from the environment.
    pub fn new(environment: &mut Environment) -> Self {
        Self {
            accounts: environment.open_items(),
            imports: environment.imports(),
            keys: environment.keys(),
            files: environment.files(),
            import_queue: environment.import_queue(),
            notification_queue: environment.notification_queue(),
            limits: Limits::default(),
        }
    }

    /// Connects to the services that a message needs first.
    pub async fn warm_up(&self) {
        warm_up([self.imports.connect(), self.files.connect("imports/")]).await;
    }
}

impl Worker {
    /// Builds it from the environment.
    pub fn new(environment: &mut Environment) -> Self {
        Self {
            stores: Stores::new(environment),
            clients: environment.clients(),
            plan_queue: environment.plan_queue(),
        }
    }

    /// Connects to the services that a message needs first.
    pub async fn warm_up(&self) {
        let Stores { imports, files, import_queue, .. } = &self.stores;
        warm_up([imports.connect(), files.connect("imports/"), import_queue.connect()]).await;
    }
}
