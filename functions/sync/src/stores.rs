//! What the function uses.

use axum::extract::FromRef;
use saldo_http::Guard;
use saldo_store::queue::SyncQueue;
use saldo_store::secrets::Sealer;
use saldo_store::{
    AccessStore, AccountStore, BankCatalog, ClientStore, Environment, KeyStore, Limits, SyncStore,
    TransactionStore, warm_up,
};
use url::Url;

/// What the handlers of accesses and synchronizations use.
#[derive(Clone, Debug)]
pub struct Stores {
    pub guard: Guard,
    pub accesses: AccessStore,
    pub accounts: AccountStore,
    pub bank_catalog: BankCatalog,
    pub clients: ClientStore,
    pub keys: KeyStore,
    pub syncs: SyncStore,
    pub transactions: TransactionStore,
    pub sealer: Sealer,
    pub sync_queue: SyncQueue,
    pub public_url: Option<Url>,
    pub limits: Limits,
}

impl Stores {
    /// Builds them from the environment.
    pub fn new(environment: &mut Environment) -> Self {
        Self {
            guard: Guard::new(environment),
            accesses: environment.accesses(),
            accounts: environment.accounts(),
            bank_catalog: environment.bank_catalog(),
            clients: environment.clients(),
            keys: environment.keys(),
            syncs: environment.syncs(),
            transactions: environment.transactions(),
            sealer: environment.sealer(),
            sync_queue: environment.sync_queue(),
            public_url: environment.public_url(),
            limits: Limits::default(),
        }
    }

    /// Connects to the services that a request needs first.
    pub async fn warm_up(&self) {
        warm_up([
            self.guard.keys.connect(),
            self.bank_catalog.files.connect("config/"),
            self.sync_queue.connect(),
        ])
        .await;
    }
}

impl FromRef<Stores> for Guard {
    fn from_ref(stores: &Stores) -> Self {
        stores.guard.clone()
    }
}
