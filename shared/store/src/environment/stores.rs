//! The stores and queues, each with the variable that names its table, bucket, key or queue.

use aws_sdk_dynamodb::Client;

use super::Environment;
use crate::dynamodb::Table;
use crate::files::FileStore;
use crate::queue::{ExportQueue, ImportQueue, NotificationQueue, SyncQueue, WorkQueue};
use crate::secrets::Sealer;
use crate::{
    AccessStore, AccountStore, BankCatalog, ClientStore, DeliveryStore, ExportStore, IdempotencyStore,
    ImportStore, KeyStore, NotificationStore, OpenItemStore, ProfileStore, SyncStore, TransactionStore,
    UploadStore,
};

impl Environment {
    /// The accounts.
    pub fn accounts(&mut self) -> AccountStore {
        self.table("SALDO_ACCOUNTS_TABLE", AccountStore::new)
    }

    /// The accounts with what was allocated to them.
    pub fn open_items(&mut self) -> OpenItemStore {
        let accounts = self.accounts();
        self.table("SALDO_ALLOCATIONS_TABLE", |client, table| {
            OpenItemStore::new(accounts, Table::new(client, table))
        })
    }

    /// The clients.
    pub fn clients(&mut self) -> ClientStore {
        self.table("SALDO_CLIENTS_TABLE", ClientStore::new)
    }

    /// The transactions.
    pub fn transactions(&mut self) -> TransactionStore {
        self.table("SALDO_TRANSACTIONS_TABLE", TransactionStore::new)
    }

    /// The imports.
    pub fn imports(&mut self) -> ImportStore {
        self.jobs(ImportStore::new)
    }

    /// The uploaded files that are to be imported.
    pub fn uploads(&mut self) -> UploadStore {
        self.jobs(UploadStore::new)
    }

    /// The import profiles, which are in the table of jobs.
    pub fn profiles(&mut self) -> ProfileStore {
        self.jobs(ProfileStore::new)
    }

    /// The exports.
    pub fn exports(&mut self) -> ExportStore {
        self.jobs(ExportStore::new)
    }

    /// The synchronizations.
    pub fn syncs(&mut self) -> SyncStore {
        self.jobs(SyncStore::new)
    }

    /// The deliveries of notifications.
    pub fn deliveries(&mut self) -> DeliveryStore {
        self.jobs(DeliveryStore::new)
    }

    /// The keys and organizations.
    pub fn keys(&mut self) -> KeyStore {
        self.table("SALDO_KEYS_TABLE", KeyStore::new)
    }

    /// The provider accesses.
    pub fn accesses(&mut self) -> AccessStore {
        self.table("SALDO_ACCESSES_TABLE", AccessStore::new)
    }

    /// The notification endpoints, which are in the table of accesses.
    pub fn notifications(&mut self) -> NotificationStore {
        self.table("SALDO_ACCESSES_TABLE", NotificationStore::new)
    }

    /// The answers to repeat.
    pub fn idempotency(&mut self) -> IdempotencyStore {
        self.table("SALDO_IDEMPOTENCY_TABLE", IdempotencyStore::new)
    }

    /// The files.
    pub fn files(&mut self) -> FileStore {
        FileStore::new(self.clients.s3(), self.required("SALDO_BUCKET"))
    }

    /// The catalog of banks, a file.
    pub fn bank_catalog(&mut self) -> BankCatalog {
        BankCatalog { files: self.files(), targets: self.targets() }
    }

    /// The key that seals secrets.
    pub fn sealer(&mut self) -> Sealer {
        Sealer::new(self.clients.kms(), self.required("SALDO_SECRETS_KEY"))
    }

    /// The imports to be planned.
    pub fn plan_queue(&mut self) -> ImportQueue {
        self.queue("SALDO_PLAN_QUEUE")
    }

    /// The chunks of imports to be processed.
    pub fn import_queue(&mut self) -> ImportQueue {
        self.queue("SALDO_IMPORT_QUEUE")
    }

    /// The exports to be written.
    pub fn export_queue(&mut self) -> ExportQueue {
        self.queue("SALDO_EXPORT_QUEUE")
    }

    /// The synchronizations to be continued.
    pub fn sync_queue(&mut self) -> SyncQueue {
        self.queue("SALDO_SYNC_QUEUE")
    }

    /// The events to be published and the notifications to be delivered.
    pub fn notification_queue(&mut self) -> NotificationQueue {
        self.queue("SALDO_NOTIFICATION_QUEUE")
    }

    /// A store of the table of jobs, which holds several kinds.
    fn jobs<T>(&mut self, store: impl FnOnce(Client, String) -> T) -> T {
        self.table("SALDO_JOBS_TABLE", store)
    }

    /// A store of the table that this variable names.
    fn table<T>(&mut self, variable: &'static str, store: impl FnOnce(Client, String) -> T) -> T {
        store(self.clients.dynamodb(), self.required(variable))
    }

    /// The queue that this variable names.
    fn queue<M>(&mut self, variable: &'static str) -> WorkQueue<M> {
        WorkQueue::new(self.clients.sqs(), self.required(variable))
    }
}
