//! What exports use.

use saldo_store::files::FileStore;
use saldo_store::queue::NotificationQueue;
use saldo_store::{AccountStore, Environment, ExportStore, ImportStore, Limits, TransactionStore, warm_up};

/// What the dead-letter handler uses, and with a [`Worker`] also the worker.
#[derive(Clone, Debug)]
pub struct Stores {
    /// The jobs.
    pub exports: ExportStore,
    /// The exported files.
    pub files: FileStore,
    /// The events that exports have ended.
    pub notification_queue: NotificationQueue,
}

/// The records that are exported.
#[derive(Clone, Debug)]
pub struct Records {
    /// The accounts.
    pub accounts: AccountStore,
    /// What complete files say about accounts.
    pub imports: ImportStore,
    /// The transactions.
    pub transactions: TransactionStore,
    /// The records that are read at once.
    pub records_per_page: usize,
}

/// What the worker uses.
#[derive(Clone, Debug)]
pub struct Worker {
    /// What it shares with the dead-letter handler.
    pub stores: Stores,
    /// The records that it exports.
    pub records: Records,
}

impl Stores {
    /// Builds them from the environment.
    pub fn new(environment: &mut Environment) -> Self {
        Self {
            exports: environment.exports(),
            files: environment.files(),
            notification_queue: environment.notification_queue(),
        }
    }

    /// Connects to the service that a message needs first.
    pub async fn warm_up(&self) {
        warm_up([self.exports.connect()]).await;
    }
}

impl Records {
    /// Builds them from the environment.
    pub fn new(environment: &mut Environment) -> Self {
        Self {
            accounts: environment.accounts(),
            imports: environment.imports(),
            transactions: environment.transactions(),
            records_per_page: Limits::default().records_per_page,
        }
    }
}

impl Worker {
    /// Builds it from the environment.
    pub fn new(environment: &mut Environment) -> Self {
        Self { stores: Stores::new(environment), records: Records::new(environment) }
    }

    /// Connects to the services that a message needs first.
    pub async fn warm_up(&self) {
        warm_up([self.stores.exports.connect(), self.stores.notification_queue.connect()]).await;
    }
}
