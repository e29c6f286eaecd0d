//! What the function uses.

use axum::extract::FromRef;
use saldo_http::Guard;
use saldo_store::files::FileStore;
use saldo_store::queue::ImportQueue;
use saldo_store::{Environment, ImportStore, Limits, ProfileStore, UploadStore, warm_up};

/// What the handlers of imports, uploads and profiles use.
#[derive(Clone, Debug)]
pub struct Stores {
    pub guard: Guard,
    pub imports: ImportStore,
    pub uploads: UploadStore,
    pub profiles: ProfileStore,
    pub files: FileStore,
    pub plan_queue: ImportQueue,
    pub limits: Limits,
}

impl Stores {
    /// Builds them from the environment.
    pub fn new(environment: &mut Environment) -> Self {
        Self {
            guard: Guard::new(environment),
            imports: environment.imports(),
            uploads: environment.uploads(),
            profiles: environment.profiles(),
            files: environment.files(),
            plan_queue: environment.plan_queue(),
            limits: Limits::default(),
        }
    }

    /// Connects to the services that a request needs first.
    pub async fn warm_up(&self) {
        warm_up([self.guard.keys.connect(), self.files.connect("uploads/"), self.plan_queue.connect()]).await;
    }
}

impl FromRef<Stores> for Guard {
    fn from_ref(stores: &Stores) -> Self {
        stores.guard.clone()
    }
}
