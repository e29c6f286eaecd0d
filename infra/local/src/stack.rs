//! The AWS services with their resources, and the functions on top of them.

use std::any::Any;
use std::time::Duration;

use anyhow::{Context, Result};
use aws_config::SdkConfig;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use saldo_http::Routes;
use saldo_http::openapi::{Documentation, Documented};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use url::Url;
use utoipa::openapi::OpenApi;

use crate::catalog::put_catalog;
use crate::cors::Cors;
use crate::events;
use crate::provision::{ALLOW_LOOPBACK, Clients, provision, remove};
use crate::sdk::called_by;
use crate::server::serve;
use crate::services::{Data, Endpoints, Services};
use crate::template::{REGION, Template};
use crate::{App, Variables};

/// How long a stop waits for requests and messages in progress.
const STOPPING_MAX: Duration = Duration::from_secs(3);

/// The bytes of a request that are read before it is answered: far more than any route accepts, so that a caller that
/// sends too much gets an answer rather than a broken connection.
const GATEWAY_BYTES_MAX: usize = 64_000_000;

/// The AWS services with the template's resources, without functions.
pub struct Aws {
    services: Services,
    sdk: SdkConfig,
    template: Template,
    clients: Clients,
    /// Whether resources in external services are removed when the stack stops.
    ephemeral: bool,
    /// Dropped with the services.
    _guard: Option<Box<dyn Any + Send + Sync>>,
    /// The names of tables, queues, key and bucket.
    pub variables: Variables,
}

impl Aws {
    /// Starts the services on free ports and creates the template's resources in them.
    ///
    /// # Errors
    /// When a service does not start or refuses a resource.
    pub async fn start(data: &Data) -> Result<Self> {
        let services = Services::start(data).await?;
        let template = Template::named(services.endpoints.names.clone())?;
        let sdk = services.endpoints.sdk_config();
        let s3 = aws_sdk_s3::config::Builder::from(&sdk).force_path_style(true).build();
        let clients = Clients {
            dynamodb: aws_sdk_dynamodb::Client::new(&sdk),
            s3: aws_sdk_s3::Client::from_conf(s3),
            sqs: aws_sdk_sqs::Client::new(&sdk),
            kms: aws_sdk_kms::Client::new(&sdk),
        };
        let variables = provision(&template, &clients, services.outside.s3.is_some()).await?;
        services.keep_keys().await?;
        let ephemeral = matches!(data, Data::Ephemeral);
        let aws = Self { services, sdk, template, clients, ephemeral, _guard: None, variables };
        // Checks the variables, on which `app_over` relies.
        App::new(&aws.variables, &aws.sdk)?;
        put_catalog(&aws.app().files, &aws.endpoints().bank).await?;
        Ok(aws)
    }

    /// The URLs of the services.
    #[must_use]
    pub fn endpoints(&self) -> &Endpoints {
        &self.services.endpoints
    }

    /// The template of the resources.
    #[must_use]
    pub fn template(&self) -> &Template {
        &self.template
    }

    /// The same services, called with this configuration of the SDK. They keep `guard` until they
    /// are dropped.
    #[must_use]
    pub fn called_with(self, sdk: SdkConfig, guard: impl Send + Sync + 'static) -> Self {
        Self { sdk, _guard: Some(Box::new(guard)), ..self }
    }

    /// The SDK's configuration for the services.
    #[must_use]
    pub fn sdk_config(&self) -> &SdkConfig {
        &self.sdk
    }

    /// An app that uses the services.
    #[must_use]
    pub fn app(&self) -> App {
        self.app_over(&self.sdk)
    }

    /// An app that uses the services through this configuration of the SDK.
    ///
    /// # Panics
    /// When `variables` was changed and no longer names all resources.
    #[must_use]
    pub fn app_over(&self, sdk: &SdkConfig) -> App {
        App::new(&self.variables, sdk).expect("the variables were checked at the start")
    }

    /// The app of the function with this logical id, which is in the user agent of its calls.
    #[must_use]
    pub fn app_of(&self, function: &str) -> App {
        self.app_over(&self.sdk_of(function))
    }

    /// The SDK's configuration of the function with this logical id.
    #[must_use]
    pub fn sdk_of(&self, function: &str) -> SdkConfig {
        called_by(&self.sdk, function)
    }

    /// The environment variables for a shell or `cargo lambda`: those of all functions.
    #[must_use]
    pub fn environment(&self) -> Vec<(String, String)> {
        self.with_services(self.variables.clone())
    }

    /// The environment variables that the template gives the function with this logical id, and those that lead it to
    /// the local services.
    ///
    /// # Errors
    /// When the template has no such function.
    pub fn environment_of(&self, function: &str) -> Result<Vec<(String, String)>> {
        let mut variables = self.template.environment_of(function)?;
        variables.insert(ALLOW_LOOPBACK.to_owned(), "true".to_owned());
        Ok(self.with_services(variables))
    }

    /// The variables with those for the services.
    fn with_services(&self, variables: Variables) -> Vec<(String, String)> {
        let endpoints = self.endpoints();
        let services = [
            ("SALDO_SANDBOX_BANK", endpoints.bank.as_str()), // for programs that advance its days
            ("AWS_ENDPOINT_URL_DYNAMODB", &endpoints.dynamodb),
            ("AWS_ENDPOINT_URL_S3", &endpoints.s3),
            ("AWS_ENDPOINT_URL_SQS", &endpoints.sqs),
            ("AWS_ENDPOINT_URL_KMS", &endpoints.kms),
            ("AWS_ACCESS_KEY_ID", endpoints.credentials.access_key_id()),
            ("AWS_SECRET_ACCESS_KEY", endpoints.credentials.secret_access_key()),
            ("AWS_REGION", REGION),
            ("AWS_DEFAULT_REGION", REGION), // for SDKs that do not read AWS_REGION
        ];
        let services = services.map(|(name, value)| (name.to_owned(), value.to_owned()));
        variables.into_iter().chain(services).collect()
    }

    /// Stops the services. The resources of an ephemeral stack in external services are removed.
    pub async fn stop(self) {
        let outside = &self.services.outside;
        if self.ephemeral
            && !outside.is_empty()
            && let Err(error) = remove(&self.template, &self.clients, &self.variables, outside).await
        {
            tracing::warn!(
                stack = self.endpoints().names.stack,
                error = format!("{error:#}"),
                "the stack's resources were not removed from external services"
            );
        }
        self.services.stop().await;
    }
}

/// All functions, invoked by HTTP requests and by the queues.
pub struct Functions {
    /// The URL of the API.
    pub url: String,
    server: JoinSet<std::io::Result<()>>,
    pollers: JoinSet<()>,
    stop: CancellationToken,
}

impl Functions {
    /// Serves all routes on `listener` and polls the template's queues. `app_on` creates the app of a function from the
    /// function's configuration of the SDK.
    ///
    /// # Errors
    /// When the template names an unknown worker.
    pub fn start(
        template: &Template,
        sdk: &SdkConfig,
        app_on: impl Fn(&SdkConfig) -> App,
        listener: TcpListener,
    ) -> Result<Self> {
        let url = format!("http://{}", listener.local_addr()?);
        let public_url: Url = url.parse()?;
        let app_on = |sdk: &SdkConfig| App { public_url: Some(public_url.clone()), ..app_on(sdk) };
        let stop = CancellationToken::new();
        let mut server = JoinSet::new();
        let routes = routes_of(&|function: &str| app_on(&called_by(sdk, function)));
        let service = saldo_http::service(routes).layer(from_fn(read_whole_request));
        let service = Cors::of_api(template)?.before(service)?;
        server.spawn(serve(listener, service, stop.clone()));
        let pollers = events::start(template, sdk, &app_on, &stop)?;
        Ok(Self { url, server, pollers, stop })
    }

    /// Accepts no more requests and messages, and waits up to [`STOPPING_MAX`] for those in progress. An import that is
    /// interrupted continues at the next start.
    pub async fn stop(mut self) {
        self.stop.cancel();
        let finished = async {
            while self.server.join_next().await.is_some() {}
            while self.pollers.join_next().await.is_some() {}
        };
        let _interrupted_otherwise = tokio::time::timeout(STOPPING_MAX, finished).await;
        self.pollers.shutdown().await;
        self.server.shutdown().await;
    }
}

/// The routes of every function.
#[must_use]
pub fn routes(app: &App) -> Routes {
    routes_of(&|_: &str| app.clone())
}

/// The OpenAPI document of the routes of every function.
#[must_use]
pub fn openapi(app: &App) -> OpenApi {
    routes_of::<Documented>(&|_: &str| app.clone()).openapi()
}

/// The routes of every function. `app_of` creates the app of the function with this logical id.
fn routes_of<D: Documentation>(app_of: &impl Fn(&str) -> App) -> Routes<(), D> {
    Routes::new(())
        .merge(accounts::routes((&app_of("AccountsFunction")).into()))
        .merge(clients::routes((&app_of("ClientsFunction")).into()))
        .merge(docs::routes())
        .merge(export::routes((&app_of("ExportFunction")).into()))
        .merge(import::routes((&app_of("ImportFunction")).into()))
        .merge(keys::routes((&app_of("KeysFunction")).into()))
        .merge(status::routes((&app_of("StatusFunction")).into()))
        .merge(sync::routes((&app_of("SyncFunction")).into()))
        .merge(notifications::routes((&app_of("SyncFunction")).into()))
        .merge(transactions::routes((&app_of("TransactionsFunction")).into()))
}

/// Reads the whole body before a function is called, as API Gateway does. A caller that is still sending would see
/// an earlier answer (the body is too large, the key is missing) as a broken connection.
async fn read_whole_request(request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    match to_bytes(body, GATEWAY_BYTES_MAX).await {
        Ok(body) => next.run(Request::from_parts(parts, Body::from(body))).await,
        Err(_) => StatusCode::PAYLOAD_TOO_LARGE.into_response(),
    }
}

/// Queues the jobs and deliveries that have not ended, since the embedded queues are in memory. Returns their number.
///
/// # Errors
/// When a service fails.
pub async fn resume(app: &App) -> Result<usize> {
    for job in app.syncs.unfinished().await.context("looking for unfinished synchronizations")? {
        // The worker that held the lease ended with the process.
        let freed = |job: &mut saldo_domain::sync::SyncJob| job.leased_until.take().is_some();
        app.syncs.change(&job.org, &job.id, freed).await.context("freeing unfinished synchronizations")?;
    }
    let (jobs, deliveries) = admin::job::redrive_unfinished(&app.into()).await?;
    Ok(jobs + deliveries)
}
