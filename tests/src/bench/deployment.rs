//! Saldo with its workers in processes of their own, fed from the queues as Lambda feeds them.
//! Only the API answers in this process; whatever it and the workers ask of DynamoDB is counted.

use std::env;

use axum::Router;
use axum::serve::ListenerExt;
use local::Endpoints;
use saldo_domain::id::OrgId;
use saldo_store::app::App;
use saldo_store::settings::Settings;
use tokio_util::task::AbortOnDropHandle;

use super::{Poller, Proxy, SERVICES, Services};
use crate::Tenant;
use crate::lambda::Function;

/// Saldo, to be measured process by process.
pub struct Deployment {
    /// Counts what goes to DynamoDB.
    pub proxy: Proxy,
    /// Where tables, files and queues are.
    pub settings: Settings,
    /// For looking at what there is: what it asks for is not counted.
    pub app: App,
    sqs: aws_sdk_sqs::Client,
    api: String,
    services: Services,
    _server: AbortOnDropHandle<()>,
}

impl Deployment {
    /// Starts the services and the API. In the process that it starts to be the services, it
    /// does not return.
    ///
    /// # Panics
    /// When something does not start.
    pub async fn start() -> Self {
        if env::args().any(|argument| argument == SERVICES) {
            super::serve().await;
        }
        let services = Services::start();
        let (endpoints, settings) = (services.endpoints(), services.settings());
        let sdk = endpoints.sdk_config();
        let proxy = Proxy::start(endpoints.dynamodb.clone(), &sdk).await;
        let counted = Endpoints { dynamodb: proxy.url.clone(), ..endpoints };
        let routes = local::routes(&App::new(&settings, &counted.sdk_config()));
        let (api, server) = serve(saldo_http::service(routes)).await;
        let app = App::new(&settings, &sdk);
        let sqs = aws_sdk_sqs::Client::new(&sdk);
        Self { proxy, settings, app, sqs, api, services, _server: server }
    }

    /// Somebody with an organization of their own.
    ///
    /// # Panics
    /// When DynamoDB does not answer.
    pub async fn tenant(&self) -> Tenant {
        let org = OrgId::random().expect("randomness");
        let key = local::demo::create_organization(&self.app, org.clone(), "Bench", "ARS").await;
        let key = key.expect("an organization").expose().to_owned();
        let tenant = Tenant::new(self.api.clone(), key, Some(org));
        // The first use of a key is recorded; it is nobody's to be charged with.
        assert_eq!(tenant.get("/api/v1/import").await.status, 200);
        tenant
    }

    /// A new process of a function's binary, to work on the queue with this URL.
    ///
    /// # Panics
    /// When it can't be started.
    pub async fn worker(&self, binary: &str, queue: &str, batch_size: i32) -> Poller {
        let mut environment = self.services.environment();
        // The later of two of a name is the one that counts.
        environment.push(("AWS_ENDPOINT_URL_DYNAMODB", self.proxy.url.clone()));
        let function = Function::start(binary, &environment).await;
        Poller::new(self.sqs.clone(), queue.to_owned(), batch_size, function)
    }
}

/// Serves on a free port, until what is returned besides the URL is dropped.
pub(super) async fn serve(router: Router) -> (String, AbortOnDropHandle<()>) {
    let listener = local::listen(0).await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    // Without it an answer's body waits 40 ms for its head to be acknowledged.
    let listener = listener.tap_io(|connection| connection.set_nodelay(true).expect("TCP"));
    let server = async move { axum::serve(listener, router).await.expect("a server") };
    (url, AbortOnDropHandle::new(tokio::spawn(server)))
}
