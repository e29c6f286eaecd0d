//! What notifications use.

use saldo_domain::notification::Targets;
use saldo_store::queue::NotificationQueue;
use saldo_store::secrets::Sealer;
use saldo_store::{DeliveryStore, Environment, Limits, NotificationStore, warm_up};

/// What the dead-letter handler uses, and with a [`Worker`] also the worker.
#[derive(Clone, Debug)]
pub struct Stores {
    /// The endpoints.
    pub notifications: NotificationStore,
    /// The deliveries to endpoints.
    pub deliveries: DeliveryStore,
    /// The events to be published and the deliveries to be made.
    pub notification_queue: NotificationQueue,
    /// The limits of time.
    pub limits: Limits,
}

/// What the worker uses.
#[derive(Clone, Debug)]
pub struct Worker {
    /// What it shares with the dead-letter handler.
    pub stores: Stores,
    /// The key that opens the signing secrets.
    pub sealer: Sealer,
    /// The addresses that may be called.
    pub targets: Targets,
}

impl Stores {
    /// Builds them from the environment.
    pub fn new(environment: &mut Environment) -> Self {
        Self {
            notifications: environment.notifications(),
            deliveries: environment.deliveries(),
            notification_queue: environment.notification_queue(),
            limits: Limits::default(),
        }
    }

    /// Connects to the service that a message needs first.
    pub async fn warm_up(&self) {
        warm_up([self.deliveries.connect()]).await;
    }
}

impl Worker {
    /// Builds it from the environment.
    pub fn new(environment: &mut Environment) -> Self {
        Self {
            stores: Stores::new(environment),
            sealer: environment.sealer(),
            targets: environment.targets(),
        }
    }

    /// Connects to the service that a message needs first.
    pub async fn warm_up(&self) {
        self.stores.warm_up().await;
    }
}
