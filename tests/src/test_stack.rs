//! A stack of a test's own: embedded services without pollers, so that the test calls the workers
//! step by step.

use std::sync::Arc;

use aws_config::SdkConfig;
use axum::body::{Body, to_bytes};
use axum::http::{Method, Request, StatusCode};
use local::App;
use local::{Aws, Data};
use saldo_domain::id::OrgId;
use saldo_http::service;
use serde_json::Value;
use tower::ServiceExt;

use crate::leak::watch;
use crate::services;
use crate::violations::TestGuard;

/// Embedded services, whose queues no worker polls, and an organization in them.
#[derive(Clone)]
pub struct TestStack {
    /// The services.
    pub aws: Arc<Aws>,
    /// An app over the services.
    pub app: App,
    /// The organization.
    pub org: OrgId,
    /// The organization's key, with all scopes.
    pub key: String,
}

impl TestStack {
    /// Starts the services.
    ///
    /// # Panics
    /// When they don't start.
    pub async fn start(data: &Data) -> Self {
        Self::over(Arc::new(services(data).await)).await
    }

    /// The same services, with another organization.
    pub async fn beside(other: &Self) -> Self {
        Self::over(Arc::clone(&other.aws)).await
    }

    async fn over(aws: Arc<Aws>) -> Self {
        let (app, org) = (aws.app(), OrgId::random().expect("randomness"));
        let key = local::demo::create_organization(&app, org.clone(), "Test", "ARS").await;
        Self { aws, app, org, key: key.expect("an organization").expose().to_owned() }
    }

    /// The SDK's configuration for the services.
    #[must_use]
    pub fn sdk(&self) -> &SdkConfig {
        self.aws.sdk_config()
    }

    /// Sends a request to the functions over this app and returns the response's status and JSON.
    ///
    /// # Panics
    /// When there is no response.
    pub async fn ask(&self, app: &App, method: Method, path: &str, body: Value) -> (StatusCode, Value) {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        self.send(app, method, path, &[("content-type", "application/json")], body).await
    }

    /// Sends a request with these headers to the routes over `app`. Returns the status and the body.
    ///
    /// # Panics
    /// When the request is malformed.
    pub async fn send(
        &self,
        app: &App,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: String,
    ) -> (StatusCode, Value) {
        let request = Request::builder().method(method).uri(path);
        let request = request.header("host", "localhost").header("x-api-key", &self.key);
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let request = request.body(Body::from(body)).expect("a request");
        let answer = service(local::routes(app)).oneshot(request).await.expect("a response");
        let status = answer.status();
        let body = to_bytes(answer.into_body(), usize::MAX).await.expect("a body");
        let guard = TestGuard::of_this_test();
        watch(Some(guard.owner()), "a response", &String::from_utf8_lossy(&body));
        guard.check();
        (status, serde_json::from_slice(&body).unwrap_or_default())
    }

    /// Receives and deletes up to ten messages of a queue.
    ///
    /// # Panics
    /// When the queue does not answer.
    pub async fn messages(&self, queue: &str) -> Vec<aws_sdk_sqs::types::Message> {
        let sqs = aws_sdk_sqs::Client::new(self.sdk());
        let messages = sqs.receive_message().queue_url(queue).max_number_of_messages(10).send().await;
        let messages = messages.expect("SQS").messages.unwrap_or_default();
        for message in &messages {
            let receipt = message.receipt_handle().expect("a receipt");
            sqs.delete_message().queue_url(queue).receipt_handle(receipt).send().await.expect("SQS");
        }
        messages
    }

    /// Stops the services, unless another stack uses them.
    pub async fn stop(self) {
        if let Some(aws) = Arc::into_inner(self.aws) {
            aws.stop().await;
        }
    }
}
