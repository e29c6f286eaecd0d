//! The Saldo under test: the one that `SALDO_URL` and `SALDO_KEY` name, or else a local stack in
//! this process, in memory and on free ports, which all tests share.

use std::sync::OnceLock;
use std::{env, thread};

use aws_config::SdkConfig;
use local::App;
use local::{Endpoints, Functions, Variables};
use saldo_domain::id::OrgId;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;

use crate::Tenant;
use crate::violations::TestGuard;
use crate::watch::{shared_services, watched};

/// A running Saldo.
#[derive(Clone, Debug)]
pub struct Saldo {
    /// The URL of the API.
    pub url: String,
    access: Access,
    guard: TestGuard,
}

#[derive(Clone, Debug)]
enum Access {
    /// A local stack of this process.
    Local(Box<(Variables, Endpoints)>),
    /// The Saldo that the environment names, with its tables.
    Environment,
    /// A Saldo of which only the URL and a key are known.
    Key(String),
}

/// The Saldo under test.
///
/// # Panics
/// When there is none and none can be started.
pub async fn saldo() -> Saldo {
    static SALDO: OnceLock<(String, Access)> = OnceLock::new();
    let guard = TestGuard::of_this_test();
    let (url, access) = if let Some(saldo) = SALDO.get() {
        saldo.clone()
    } else {
        let started = match (env::var("SALDO_URL"), env::var("SALDO_KEY")) {
            (Ok(url), Ok(key)) => {
                let access = App::from_env().await.map_or(Access::Key(key), |_| Access::Environment);
                (url.trim_end_matches('/').to_owned(), access)
            }
            _ => tokio::task::spawn_blocking(|| SALDO.get_or_init(in_process).clone())
                .await
                .expect("a local stack"),
        };
        SALDO.get_or_init(|| started).clone()
    };
    Saldo { url, access, guard }
}

/// Starts a local stack on a thread of its own, since the runtime of the test that starts it ends
/// with that test. Returns its URL and the access to it.
fn in_process() -> (String, Access) {
    let (ready, started) = oneshot::channel();
    thread::spawn(move || {
        Runtime::new().expect("a runtime").block_on(async {
            let aws = shared_services().await;
            let listener = local::listen(0).await.expect("a free port");
            let app_on = |sdk: &SdkConfig| aws.app_over(sdk);
            let functions =
                Functions::start(aws.template(), aws.sdk_config(), app_on, listener).expect("the functions");
            let access = Access::Local(Box::new((aws.variables.clone(), aws.endpoints().clone())));
            ready.send((functions.url.clone(), access)).expect("a test waits");
            std::future::pending::<()>().await;
        });
    });
    started.blocking_recv().expect("the local stack starts")
}

impl Saldo {
    /// An app over the tables, files and queues behind the API, or `None` if tests can't reach
    /// them. Tests that need them pass without them, and print that they were skipped.
    ///
    /// Each call creates a new app, because connections end with the runtime of the test that
    /// opened them.
    ///
    /// # Panics
    /// When the environment has changed.
    pub async fn app(&self) -> Option<App> {
        match &self.access {
            Access::Local(local) => {
                let (variables, endpoints) = &**local;
                let sdk = watched(&endpoints.sdk_config(), Some(self.guard.owner()));
                Some(App::new(variables, &sdk).expect("all variables"))
            }
            Access::Environment => Some(App::from_env().await.expect("an unchanged environment")),
            Access::Key(_) => {
                eprintln!("skipped: no access to the tables behind SALDO_URL");
                None
            }
        }
    }

    /// Whether the functions are those of the local stack: their speed does not depend on an emulator.
    #[must_use]
    pub fn is_local(&self) -> bool {
        matches!(self.access, Access::Local(_))
    }

    /// The URL of the sandbox bank, or `None` if tests can't reach it. Tests that need it pass
    /// without it, and print that they were skipped.
    #[must_use]
    pub fn bank(&self) -> Option<String> {
        let bank = match &self.access {
            Access::Local(local) => Some(local.1.bank.clone()),
            Access::Environment | Access::Key(_) => env::var("SALDO_SANDBOX_BANK").ok(),
        };
        if bank.is_none() {
            eprintln!("skipped: no access to the sandbox bank behind SALDO_URL");
        }
        bank
    }

    /// A tenant with a key of all scopes. It has an organization of its own, with the currency ARS,
    /// if tests can reach the tables, and the organization of `SALDO_KEY` otherwise.
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
