//! The environment of the benchmarks: the functions run in this process and the embedded AWS
//! services in another, so that measurements of this process are of the functions alone. In a
//! [`Deployment`], each worker is a process of its own.

mod deployment;
mod forward;
mod poller;
mod proxy;
mod recorder;
mod server;

use std::env;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use aws_config::SdkConfig;
use aws_sdk_s3::config::Credentials;
use local::App;
use local::{Aws, Data, Endpoints, Functions, Names, Template, Variables};
use saldo_domain::id::OrgId;

pub use deployment::Deployment;
pub use poller::{Poller, Usage};
pub use proxy::{Bill, Proxy};
pub use recorder::Recorder;

use crate::Tenant;
use crate::process::{cpu_seconds, peak_memory_mib};
use crate::wire::{Meter, intercepted};

/// The argument that makes a benchmark's program run the services.
const SERVICES: &str = "--aws-services";

/// A Saldo for measurements.
pub struct Bench {
    /// The tenant that sends the requests.
    pub tenant: Tenant,
    /// The capacity of DynamoDB that the functions consume.
    pub meter: Arc<Meter>,
    /// The functions' app.
    pub app: App,
    /// The names of tables, bucket and queues.
    pub variables: Variables,
    endpoints: Endpoints,
    functions: Functions,
    services: Services,
}

impl Bench {
    /// Starts the services in a process of their own, and the functions in this one. In the
    /// services' process it does not return.
    ///
    /// # Panics
    /// When something does not start.
    pub async fn start() -> Self {
        if env::args().any(|argument| argument == SERVICES) {
            serve().await;
        }
        let services = Services::start();
        let (endpoints, variables) = (services.endpoints(), services.variables());
        let meter = Arc::new(Meter::default());
        let app = app(&variables, &intercepted(&endpoints.sdk_config(), &meter));
        let org = OrgId::random().expect("randomness");
        let key = local::demo::create_organization(&app, org, "Bench", "ARS").await.expect("an organization");
        let listener = local::listen(0).await.expect("a port");
        let template = Template::named(endpoints.names.clone()).expect("a good template");
        let functions = Functions::start(&template, &endpoints.sdk_config(), |_| app.clone(), listener)
            .expect("the functions");
        let tenant = Tenant::new(functions.url.clone(), key.expose().to_owned(), None);
        // The first use of a key costs a write, which is not to be measured.
        assert_eq!(tenant.get("/api/v1/import").await.status, 200);
        meter.lap();
        Self { tenant, meter, app, variables, endpoints, functions, services }
    }

    /// The SDK's configuration for the services.
    #[must_use]
    pub fn sdk_config(&self) -> SdkConfig {
        self.endpoints.sdk_config()
    }

    /// The environment variables of a function's binary.
    #[must_use]
    pub fn environment(&self) -> Vec<(String, String)> {
        self.services.environment()
    }

    /// The peak memory of this process, which has the functions, and of the services.
    #[must_use]
    pub fn peak_memory(&self) -> (String, String) {
        let services = self.services.process.id().to_string();
        ["self", &services].map(|process| format!("{:.1} MiB", peak_memory_mib(process))).into()
    }

    /// The processor time, user and system, that this process has used in seconds: the functions, and what calls them.
    #[must_use]
    pub fn cpu_seconds(&self) -> f64 {
        cpu_seconds("self")
    }

    /// Stops the functions and the services.
    pub async fn stop(self) {
        self.functions.stop().await;
    }
}

/// An app that uses the services through this configuration of the SDK.
fn app(variables: &Variables, sdk: &SdkConfig) -> App {
    App::new(variables, sdk).expect("all variables")
}

/// Runs the embedded services and prints their environment variables.
async fn serve() -> ! {
    let aws = Aws::start(&Data::Ephemeral).await.expect("the services");
    for (name, value) in aws.environment() {
        println!("{name}={value}");
    }
    println!();
    std::io::stdout().flush().expect("the benchmark reads it");
    std::future::pending().await
}

/// The embedded services in a process of their own.
struct Services {
    process: Child,
    variables: Vec<String>,
}

impl Services {
    fn start() -> Self {
        let program = env::current_exe().expect("this program");
        let mut services = Command::new(program);
        // The embedded services are measured, even if the environment names others.
        for outside in ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL_SQS", "AWS_ENDPOINT_URL_KMS"] {
            services.env_remove(outside);
        }
        let mut process = services.arg(SERVICES).stdout(Stdio::piped()).spawn().expect("a process");
        let lines = BufReader::new(process.stdout.take().expect("its output")).lines();
        let variables = lines.map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
        Self { process, variables }
    }

    fn variable(&self, name: &str) -> String {
        let value = |line: &String| line.strip_prefix(name)?.strip_prefix('=').map(str::to_owned);
        self.variables.iter().find_map(value).unwrap_or_default()
    }

    fn endpoints(&self) -> Endpoints {
        Endpoints {
            dynamodb: self.variable("AWS_ENDPOINT_URL_DYNAMODB"),
            s3: self.variable("AWS_ENDPOINT_URL_S3"),
            sqs: self.variable("AWS_ENDPOINT_URL_SQS"),
            kms: self.variable("AWS_ENDPOINT_URL_KMS"),
            bank: self.variable("SALDO_SANDBOX_BANK"),
            credentials: Credentials::new(
                self.variable("AWS_ACCESS_KEY_ID"),
                self.variable("AWS_SECRET_ACCESS_KEY"),
                None,
                None,
                "bench",
            ),
            names: Names::default(),
        }
    }

    fn variables(&self) -> Variables {
        self.environment().into_iter().filter(|(name, _)| name.starts_with("SALDO_")).collect()
    }

    fn environment(&self) -> Vec<(String, String)> {
        let variables = self.variables.iter().filter_map(|line| line.split_once('='));
        variables.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }
}

impl Drop for Services {
    fn drop(&mut self) {
        let _gone_already = self.process.kill();
        let _reaped = self.process.wait();
    }
}
