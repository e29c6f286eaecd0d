//! What the function uses.

use axum::extract::FromRef;
use saldo_http::Guard;
use saldo_store::{AccountStore, Environment, TransactionStore, warm_up};

/// What the handlers of transactions use.
#[derive(Clone, Debug)]
pub struct Stores {
    pub guard: Guard,
    pub accounts: AccountStore,
    pub transactions: TransactionStore,
}

impl Stores {
    /// Builds them from the environment.
    pub fn new(environment: &mut Environment) -> Self {
        Self {
            guard: Guard::new(environment),
            accounts: environment.accounts(),
            transactions: environment.transactions(),
        }
    }

    /// Connects to the services that a request needs first.
    pub async fn warm_up(&self) {
        warm_up([self.guard.keys.connect()]).await;
    }
}

impl FromRef<Stores> for Guard {
    fn from_ref(stores: &Stores) -> Self {
        stores.guard.clone()
    }
}
