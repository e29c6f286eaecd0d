//! What synchronizations use.

use std::net::IpAddr;

use saldo_store::queue::{NotificationQueue, SyncQueue};
use saldo_store::secrets::Sealer;
use saldo_store::{
    AccessStore, AccountStore, BankCatalog, ClientStore, Environment, Limits, SyncStore, TransactionStore,
    warm_up,
};

/// What the end of a synchronization uses, and so the dead-letter handler; with a [`Worker`] also the worker.
#[derive(Clone, Debug)]
pub struct Stores {
    /// The accesses, which synchronizations lock.
    pub accesses: AccessStore,
    /// The accounts at banks.
    pub accounts: AccountStore,
    /// The transactions at banks.
    pub transactions: TransactionStore,
    /// The jobs.
    pub syncs: SyncStore,
    /// The synchronizations to be continued.
    pub sync_queue: SyncQueue,
    /// The events that synchronizations have ended.
    pub notification_queue: NotificationQueue,
}

/// What the worker uses.
#[derive(Clone, Debug)]
pub struct Worker {
    /// What it shares with the dead-letter handler.
    pub stores: Stores,
    /// The banks.
    pub bank_catalog: BankCatalog,
    /// The owners of accounts at banks.
    pub clients: ClientStore,
    /// The key that opens credentials.
    pub sealer: Sealer,
    /// The source address of requests to banks.
    pub ip_address: IpAddr,
    /// The limits of concurrency and time.
    pub limits: Limits,
}

impl Stores {
    /// Builds them from the environment.
    pub fn new(environment: &mut Environment) -> Self {
        Self {
            accesses: environment.accesses(),
            accounts: environment.accounts(),
            transactions: environment.transactions(),
            syncs: environment.syncs(),
            sync_queue: environment.sync_queue(),
            notification_queue: environment.notification_queue(),
        }
    }

    /// Connects to the service that a message needs first.
    pub async fn warm_up(&self) {
        warm_up([self.syncs.connect()]).await;
    }
}

impl Worker {
    /// Builds it from the environment.
    pub fn new(environment: &mut Environment) -> Self {
        Self {
            stores: Stores::new(environment),
            bank_catalog: environment.bank_catalog(),
            clients: environment.clients(),
            sealer: environment.sealer(),
            ip_address: environment.ip_address(),
            limits: Limits::default(),
        }
    }

    /// Connects to the services that a message needs first.
    pub async fn warm_up(&self) {
        let Stores { syncs, notification_queue, .. } = &self.stores;
        let files = &self.bank_catalog.files;
        warm_up([syncs.connect(), files.connect("config/"), notification_queue.connect()]).await;
    }
}
