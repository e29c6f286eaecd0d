//! What the function uses.

use axum::extract::FromRef;
use saldo_http::Guard;
use saldo_jobs::export::Records;
use saldo_store::files::FileStore;
use saldo_store::queue::ExportQueue;
use saldo_store::{Environment, ExportStore, KeyStore, Limits, warm_up};

/// What the handlers of exports use.
#[derive(Clone, Debug)]
pub struct Stores {
    pub guard: Guard,
    pub exports: ExportStore,
    pub records: Records,
    pub files: FileStore,
    pub keys: KeyStore,
    pub export_queue: ExportQueue,
    pub limits: Limits,
}

impl Stores {
    /// Builds them from the environment.
    pub fn new(environment: &mut Environment) -> Self {
        Self {
            guard: Guard::new(environment),
            exports: environment.exports(),
            records: Records::new(environment),
            files: environment.files(),
            keys: environment.keys(),
            export_queue: environment.export_queue(),
            limits: Limits::default(),
        }
    }

    /// Connects to the services that a request needs first.
    pub async fn warm_up(&self) {
        warm_up([self.guard.keys.connect(), self.export_queue.connect()]).await;
    }
}

impl FromRef<Stores> for Guard {
    fn from_ref(stores: &Stores) -> Self {
        stores.guard.clone()
    }
}
