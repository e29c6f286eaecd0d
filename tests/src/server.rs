//! The Saldo under test: the one that `SALDO_URL` and `SALDO_KEY` name, or else a local
//! stack in this process, in memory and on free ports, shared by all the tests of it.

use std::sync::OnceLock;
use std::{env, thread};

use aws_config::SdkConfig;
use local::{Data, Endpoints, Functions};
use saldo_domain::id::OrgId;
use saldo_store::app::App;
use saldo_store::settings::Settings;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;

use crate::{Tenant, services, watched};

/// A running Saldo.
#[derive(Clone, Debug)]
pub struct Saldo {
    /// Where the API answers.
    pub url: String,
    access: Access,
}

#[derive(Clone, Debug)]
enum Access {
    /// A local stack of this process.
    Local(Box<(Settings, Endpoints)>),
    /// What the environment names; its tables, too.
    Environment,
    /// There is one key, and no more.
    Key(String),
}

/// The Saldo under test.
///
/// # Panics
/// When there is none and none can be started.
pub async fn saldo() -> Saldo {
    static SALDO: OnceLock<Saldo> = OnceLock::new();
    if let Some(saldo) = SALDO.get() {
        return saldo.clone();
    }
    let started = match (env::var("SALDO_URL"), env::var("SALDO_KEY")) {
        (Ok(url), Ok(key)) => {
            let access = Settings::from_env().map_or(Access::Key(key), |_| Access::Environment);
            Saldo { url: url.trim_end_matches('/').to_owned(), access }
        }
        _ => tokio::task::spawn_blocking(|| SALDO.get_or_init(in_process).clone())
            .await
            .expect("a local stack"),
    };
    SALDO.get_or_init(|| started).clone()
}

/// Starts a local stack in a thread of its own, since the runtime of the test that
/// happens to come first ends with that test.
fn in_process() -> Saldo {
    let (ready, started) = oneshot::channel();
    thread::spawn(move || {
        Runtime::new().expect("a runtime").block_on(async {
            let aws = services(&Data::Ephemeral).await;
            let listener = local::listen(0).await.expect("a free port");
            let app_on = |sdk: &SdkConfig| App::new(&aws.settings, sdk);
            let functions =
                Functions::start(aws.template(), aws.sdk_config(), app_on, listener).expect("the functions");
            let access = Access::Local(Box::new((aws.settings.clone(), aws.endpoints().clone())));
            let saldo = Saldo { url: functions.url.clone(), access };
            ready.send(saldo).expect("somebody waits");
            std::future::pending::<()>().await;
        });
    });
    started.blocking_recv().expect("the local stack starts")
}

impl Saldo {
    /// The tables, files and queues behind the API, if they are at hand. Tests that need
    /// them pass without them, saying so.
    ///
    /// Made anew at each call: connections end with the runtime, the test, that opened them.
    ///
    /// # Panics
    /// When the environment has changed.
    pub async fn app(&self) -> Option<App> {
        match &self.access {
            Access::Local(local) => {
                let (settings, endpoints) = &**local;
                Some(App::new(settings, &watched(&endpoints.sdk_config())))
            }
            Access::Environment => Some(App::from_env().await.expect("the environment of before")),
            Access::Key(_) => {
                eprintln!("skipped: the tables behind SALDO_URL are not at hand");
                None
            }
        }
    }

    /// Where the sandbox bank answers, if it is at hand. Tests that need it pass without it,
    /// saying so.
    #[must_use]
    pub fn bank(&self) -> Option<String> {
        let bank = match &self.access {
            Access::Local(local) => Some(local.1.bank.clone()),
            Access::Environment | Access::Key(_) => env::var("SALDO_SANDBOX_BANK").ok(),
        };
        if bank.is_none() {
            eprintln!("skipped: the sandbox bank behind SALDO_URL is not at hand");
        }
        bank
    }

    /// A tenant with a key of all scopes: an organization of its own, with ARS as its
    /// currency, where the tables are at hand, and the key's organization elsewhere.
    ///
    /// # Panics
    /// When the tables don't answer.
    pub async fn tenant(&self) -> Tenant {
        if let Access::Key(key) = &self.access {
            return Tenant::new(self.url.clone(), key.clone(), None);
        }
        let app = self.app().await.expect("the tables");
        let org = OrgId::random().expect("randomness");
        let created = local::demo::create_organization(&app, org.clone(), "Test", "ARS").await;
        Tenant::new(self.url.clone(), created.expect("an organization").expose().to_owned(), Some(org))
    }
}
