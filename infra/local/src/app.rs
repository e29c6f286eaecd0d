//! Everything that any function uses, in one place: for the local stack, which runs all functions, and for tests, which
//! look into tables and replace a part.

use std::collections::BTreeMap;
use std::net::IpAddr;

use aws_config::SdkConfig;
use saldo_domain::notification::Targets;
use saldo_http::{Guard, KeptAnswers};
use saldo_jobs::export::Records;
use saldo_jobs::sync::schedule::Schedule;
use saldo_store::files::FileStore;
use saldo_store::queue::{ExportQueue, ImportQueue, NotificationQueue, SyncQueue};
use saldo_store::secrets::Sealer;
use saldo_store::{
    AccessStore, BankCatalog, ClientStore, DeliveryStore, Environment, ExportStore, IdempotencyStore,
    ImportStore, InvalidVariables, KeyStore, Limits, NotificationStore, OpenItemStore, ProfileStore,
    SyncStore, TransactionStore, UploadStore,
};
use url::Url;

/// The environment variables that name a stack's resources.
pub type Variables = BTreeMap<String, String>;

/// Everything that any function uses. Cheap to clone. Converts into what each function uses.
#[derive(Clone, Debug)]
pub struct App {
    /// The accounts, with what was allocated to them.
    pub accounts: OpenItemStore,
    /// The clients.
    pub clients: ClientStore,
    /// The transactions.
    pub transactions: TransactionStore,
    /// The imports.
    pub imports: ImportStore,
    /// The uploaded files that are to be imported.
    pub uploads: UploadStore,
    /// The import profiles.
    pub profiles: ProfileStore,
    /// The exports.
    pub exports: ExportStore,
    /// The keys and organizations.
    pub keys: KeyStore,
    /// The provider accesses.
    pub accesses: AccessStore,
    /// The synchronizations.
    pub syncs: SyncStore,
    /// The notification endpoints.
    pub notifications: NotificationStore,
    /// The deliveries of notifications.
    pub deliveries: DeliveryStore,
    /// The answers to repeat.
    pub idempotency: IdempotencyStore,
    /// The files.
    pub files: FileStore,
    /// The imports to be planned.
    pub plan_queue: ImportQueue,
    /// The chunks of imports to be processed.
    pub import_queue: ImportQueue,
    /// The exports to be written.
    pub export_queue: ExportQueue,
    /// The synchronizations to be continued.
    pub sync_queue: SyncQueue,
    /// The events to be published and the notifications to be delivered.
    pub notification_queue: NotificationQueue,
    /// The key that seals secrets.
    pub sealer: Sealer,
    /// The addresses that may be called, and to which users may be redirected.
    pub targets: Targets,
    /// The API's URL for users' browsers, if it is set.
    pub public_url: Option<Url>,
    /// The source address of requests to other services.
    pub ip_address: IpAddr,
    /// The limits of size, concurrency and time.
    pub limits: Limits,
}

impl App {
    /// The app with these variables and this configuration of the SDK.
    ///
    /// # Errors
    /// [`InvalidVariables`] when variables are missing or invalid.
    pub fn new(variables: &Variables, sdk: &SdkConfig) -> Result<Self, InvalidVariables> {
        let variables = variables.clone();
        Environment::new(move |name| variables.get(name).cloned(), sdk).build(Self::of)
    }

    /// The app that the environment of this process names.
    ///
    /// # Errors
    /// [`InvalidVariables`] when variables are missing or invalid.
    pub async fn from_env() -> Result<Self, InvalidVariables> {
        Environment::load().await.build(Self::of)
    }

    fn of(environment: &mut Environment) -> Self {
        Self {
            accounts: environment.open_items(),
            clients: environment.clients(),
            transactions: environment.transactions(),
            imports: environment.imports(),
            uploads: environment.uploads(),
            profiles: environment.profiles(),
            exports: environment.exports(),
            keys: environment.keys(),
            accesses: environment.accesses(),
            syncs: environment.syncs(),
            notifications: environment.notifications(),
            deliveries: environment.deliveries(),
            idempotency: environment.idempotency(),
            files: environment.files(),
            plan_queue: environment.plan_queue(),
            import_queue: environment.import_queue(),
            export_queue: environment.export_queue(),
            sync_queue: environment.sync_queue(),
            notification_queue: environment.notification_queue(),
            sealer: environment.sealer(),
            targets: environment.targets(),
            public_url: environment.public_url(),
            ip_address: environment.ip_address(),
            limits: Limits::default(),
        }
    }

    /// The catalog of banks.
    #[must_use]
    pub fn bank_catalog(&self) -> BankCatalog {
        BankCatalog { files: self.files.clone(), targets: self.targets }
    }
}

impl From<&App> for Guard {
    fn from(app: &App) -> Self {
        let answers = KeptAnswers { idempotency: app.idempotency.clone(), files: app.files.clone() };
        Self { keys: app.keys.clone(), answers: Some(answers) }
    }
}

impl From<&App> for Records {
    fn from(app: &App) -> Self {
        Self {
            accounts: (*app.accounts).clone(),
            imports: app.imports.clone(),
            transactions: app.transactions.clone(),
            records_per_page: app.limits.records_per_page,
        }
    }
}

impl From<&App> for accounts::Stores {
    fn from(app: &App) -> Self {
        Self {
            guard: app.into(),
            accounts: app.accounts.clone(),
            imports: app.imports.clone(),
            transactions: app.transactions.clone(),
        }
    }
}

impl From<&App> for clients::Stores {
    fn from(app: &App) -> Self {
        Self { guard: app.into(), accounts: (*app.accounts).clone(), clients: app.clients.clone() }
    }
}

impl From<&App> for export::Stores {
    fn from(app: &App) -> Self {
        Self {
            guard: app.into(),
            exports: app.exports.clone(),
            records: app.into(),
            files: app.files.clone(),
            keys: app.keys.clone(),
            export_queue: app.export_queue.clone(),
            limits: app.limits,
        }
    }
}

impl From<&App> for import::Stores {
    fn from(app: &App) -> Self {
        Self {
            guard: app.into(),
            imports: app.imports.clone(),
            uploads: app.uploads.clone(),
            profiles: app.profiles.clone(),
            files: app.files.clone(),
            plan_queue: app.plan_queue.clone(),
            limits: app.limits,
        }
    }
}

impl From<&App> for keys::Stores {
    fn from(app: &App) -> Self {
        Self { guard: app.into(), keys: app.keys.clone() }
    }
}

impl From<&App> for notifications::Stores {
    fn from(app: &App) -> Self {
        Self {
            guard: app.into(),
            notifications: app.notifications.clone(),
            deliveries: app.deliveries.clone(),
            sealer: app.sealer.clone(),
            targets: app.targets,
        }
    }
}

impl From<&App> for status::Stores {
    fn from(app: &App) -> Self {
        Self { guard: app.into(), imports: app.imports.clone(), files: app.files.clone(), limits: app.limits }
    }
}

impl From<&App> for sync::Stores {
    fn from(app: &App) -> Self {
        Self {
            guard: app.into(),
            accesses: app.accesses.clone(),
            accounts: (*app.accounts).clone(),
            bank_catalog: app.bank_catalog(),
            clients: app.clients.clone(),
            keys: app.keys.clone(),
            syncs: app.syncs.clone(),
            transactions: app.transactions.clone(),
            sealer: app.sealer.clone(),
            sync_queue: app.sync_queue.clone(),
            public_url: app.public_url.clone(),
            limits: app.limits,
        }
    }
}

impl From<&App> for transactions::Stores {
    fn from(app: &App) -> Self {
        Self { guard: app.into(), accounts: (*app.accounts).clone(), transactions: app.transactions.clone() }
    }
}

impl From<&App> for saldo_jobs::import::Stores {
    fn from(app: &App) -> Self {
        Self {
            accounts: app.accounts.clone(),
            imports: app.imports.clone(),
            keys: app.keys.clone(),
            files: app.files.clone(),
            import_queue: app.import_queue.clone(),
            plan_queue: app.plan_queue.clone(),
            notification_queue: app.notification_queue.clone(),
            limits: app.limits,
        }
    }
}

impl From<&App> for saldo_jobs::import::Worker {
    fn from(app: &App) -> Self {
        Self { stores: app.into(), clients: app.clients.clone() }
    }
}

impl From<&App> for saldo_jobs::export::Stores {
    fn from(app: &App) -> Self {
        Self {
            exports: app.exports.clone(),
            files: app.files.clone(),
            notification_queue: app.notification_queue.clone(),
        }
    }
}

impl From<&App> for saldo_jobs::export::Worker {
    fn from(app: &App) -> Self {
        Self { stores: app.into(), records: app.into() }
    }
}

impl From<&App> for saldo_jobs::notifications::Stores {
    fn from(app: &App) -> Self {
        Self {
            notifications: app.notifications.clone(),
            deliveries: app.deliveries.clone(),
            notification_queue: app.notification_queue.clone(),
            limits: app.limits,
        }
    }
}

impl From<&App> for saldo_jobs::notifications::Worker {
    fn from(app: &App) -> Self {
        Self { stores: app.into(), sealer: app.sealer.clone(), targets: app.targets }
    }
}

impl From<&App> for saldo_jobs::sync::Stores {
    fn from(app: &App) -> Self {
        Self {
            accesses: app.accesses.clone(),
            accounts: (*app.accounts).clone(),
            transactions: app.transactions.clone(),
            syncs: app.syncs.clone(),
            sync_queue: app.sync_queue.clone(),
            notification_queue: app.notification_queue.clone(),
        }
    }
}

impl From<&App> for saldo_jobs::sync::Worker {
    fn from(app: &App) -> Self {
        Self {
            stores: app.into(),
            bank_catalog: app.bank_catalog(),
            clients: app.clients.clone(),
            sealer: app.sealer.clone(),
            ip_address: app.ip_address,
            limits: app.limits,
        }
    }
}

impl From<&App> for Schedule {
    fn from(app: &App) -> Self {
        Self { accesses: app.accesses.clone(), syncs: app.syncs.clone(), sync_queue: app.sync_queue.clone() }
    }
}

impl From<&App> for admin::Stores {
    fn from(app: &App) -> Self {
        Self {
            keys: app.keys.clone(),
            accesses: app.accesses.clone(),
            imports: app.imports.clone(),
            exports: app.exports.clone(),
            syncs: app.syncs.clone(),
            deliveries: app.deliveries.clone(),
            import_worker: app.into(),
            export_queue: app.export_queue.clone(),
            sync_queue: app.sync_queue.clone(),
            notification_queue: app.notification_queue.clone(),
            targets: app.targets,
        }
    }
}
