//! What the function uses.

use axum::extract::FromRef;
use saldo_http::Guard;
use saldo_store::files::FileStore;
use saldo_store::{Environment, ImportStore, Limits, warm_up};

/// What the handlers of imports use.
#[derive(Clone, Debug)]
pub struct Stores {
    pub guard: Guard,
    pub imports: ImportStore,
    pub files: FileStore,
    pub limits: Limits,
}

impl Stores {
    /// Builds them from the environment.
    pub fn new(environment: &mut Environment) -> Self {
        Self {
            guard: Guard::without_posts(environment),
            imports: environment.imports(),
            files: environment.files(),
            limits: Limits::default(),
        }
    }

    /// Connects to the services that a request needs first.
    pub async fn warm_up(&self) {
        warm_up([self.guard.keys.connect(), self.files.connect("imports/")]).await;
    }
}

impl FromRef<Stores> for Guard {
    fn from_ref(stores: &Stores) -> Self {
        stores.guard.clone()
    }
}
