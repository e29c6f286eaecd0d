//! Saldo with its workers in processes of their own, which get their messages as Lambda would
//! deliver them. The API runs in this process. All requests to DynamoDB are counted.

use std::env;

use local::{App, Endpoints, Variables};
use saldo_domain::id::OrgId;
use tokio_util::task::AbortOnDropHandle;

use super::server::serve;
use super::{Poller, Proxy, SERVICES, Services};
use crate::Tenant;
use crate::lambda::Function;

/// A Saldo for measurements of each worker.
pub struct Deployment {
    /// Counts the requests to DynamoDB.
    pub proxy: Proxy,
    /// The names of tables, bucket and queues.
    pub variables: Variables,
    /// An app for checks, whose requests are not counted.
    pub app: App,
    sqs: aws_sdk_sqs::Client,
    api: String,
    services: Services,
    _server: AbortOnDropHandle<()>,
}

impl Deployment {
    /// Starts the services in a process of their own, and the API in this one. In the services'
    /// process it does not return.
    ///
    /// # Panics
    /// When something does not start.
    pub async fn start() -> Self {
        if env::args().any(|argument| argument == SERVICES) {
            super::serve().await;
        }
        let services = Services::start();
        let (endpoints, variables) = (services.endpoints(), services.variables());
        let sdk = endpoints.sdk_config();
        let proxy = Proxy::start(endpoints.dynamodb.clone(), &sdk).await;
        let counted = Endpoints { dynamodb: proxy.url.clone(), ..endpoints };
        let routes = local::routes(&super::app(&variables, &counted.sdk_config()));
        let (api, server) = serve(saldo_http::service(routes)).await;
        let app = super::app(&variables, &sdk);
        let sqs = aws_sdk_sqs::Client::new(&sdk);
        Self { proxy, variables, app, sqs, api, services, _server: server }
    }

    /// The environment variables of a process that uses the services. Its requests to DynamoDB are counted.
    #[must_use]
    pub fn environment(&self) -> Vec<(String, String)> {
        let mut environment = self.services.environment();
        // Of two variables with one name the later one counts.
        environment.push(("AWS_ENDPOINT_URL_DYNAMODB".to_owned(), self.proxy.url.clone()));
        environment
    }

    /// A tenant with an organization of its own.
    ///
    /// # Panics
    /// When DynamoDB does not answer.
    pub async fn tenant(&self) -> Tenant {
        let org = OrgId::random().expect("randomness");
        let key = local::demo::create_organization(&self.app, org.clone(), "Bench", "ARS").await;
        let key = key.expect("an organization").expose().to_owned();
        let tenant = Tenant::new(self.api.clone(), key, Some(org));
        // The first use of a key costs a write, which is not to be measured.
        assert_eq!(tenant.get("/api/v1/import").await.status, 200);
        tenant
    }

    /// A new process of a function's binary, to work on the queue with this URL.
    ///
    /// # Panics
    /// When it can't be started.
    pub async fn worker(&self, binary: &str, queue: &str, batch_size: i32) -> Poller {
        let function = Function::start(binary, &self.environment()).await;
        Poller::new(self.sqs.clone(), queue.to_owned(), batch_size, function)
    }
}
