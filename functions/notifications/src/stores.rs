//! What the function uses.

use axum::extract::FromRef;
use saldo_domain::notification::Targets;
use saldo_http::Guard;
use saldo_store::secrets::Sealer;
use saldo_store::{DeliveryStore, Environment, NotificationStore};

/// What the handlers of notification endpoints use.
#[derive(Clone, Debug)]
pub struct Stores {
    pub guard: Guard,
    pub notifications: NotificationStore,
    pub deliveries: DeliveryStore,
    pub sealer: Sealer,
    pub targets: Targets,
}

impl Stores {
    /// Builds them from the environment.
    pub fn new(environment: &mut Environment) -> Self {
        Self {
            guard: Guard::new(environment),
            notifications: environment.notifications(),
            deliveries: environment.deliveries(),
            sealer: environment.sealer(),
            targets: environment.targets(),
        }
    }
}

impl FromRef<Stores> for Guard {
    fn from_ref(stores: &Stores) -> Self {
        stores.guard.clone()
    }
}
