//! Interceptors see every request that the SDK sends to AWS, before it leaves. They can change it,
//! answer it in the service's place, delay it, fail it or pass it on.

use std::fmt::Debug;
use std::sync::Arc;

use aws_config::SdkConfig;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use serde_json::Value;

/// The response to a call, or the reason why none came.
pub type CallResult = Result<HttpResponse, ConnectorError>;

/// Handles the SDK's requests in place of the connection to AWS.
pub trait Interceptor: Debug + Send + Sync + 'static {
    /// Responds to a call, by sending it on or without.
    fn intercept(&self, call: Call) -> impl Future<Output = CallResult> + Send;
}

/// An AWS service that Saldo calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::Display)]
pub enum Service {
    /// Amazon DynamoDB.
    #[strum(serialize = "DynamoDB")]
    DynamoDb,
    /// AWS Key Management Service.
    #[strum(serialize = "KMS")]
    Kms,
    /// Amazon S3.
    S3,
    /// Amazon SQS.
    #[strum(serialize = "SQS")]
    Sqs,
    /// A service that Saldo does not use.
    #[strum(serialize = "another service")]
    Other,
}

/// A request of the SDK, with the connection that it can be sent on.
#[derive(Debug)]
pub struct Call {
    /// The request.
    pub request: HttpRequest,
    connector: SharedHttpConnector,
}

impl Call {
    /// The service's target and the operation, such as `AmazonSQS.SendMessage`; empty for S3, which
    /// has neither.
    #[must_use]
    pub fn target(&self) -> &str {
        self.request.headers().get("x-amz-target").unwrap_or_default()
    }

    /// The service that is called.
    #[must_use]
    pub fn service(&self) -> Service {
        match self.target().split('.').next().unwrap_or_default() {
            "DynamoDB_20120810" => Service::DynamoDb,
            "TrentService" => Service::Kms,
            "AmazonSQS" => Service::Sqs,
            "" => Service::S3,
            _ => Service::Other,
        }
    }

    /// The operation, such as `SendMessage`; for S3, the HTTP method.
    #[must_use]
    pub fn operation(&self) -> &str {
        match self.target().split_once('.') {
            Some((_, operation)) => operation,
            None => self.request.method(),
        }
    }

    /// The request's body, unless it is streamed; empty then.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        self.request.body().bytes().unwrap_or_default()
    }

    /// The request's body as JSON; null if it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(self.body()).unwrap_or_default()
    }

    /// Replaces the request's body. The embedded services accept it although the signature is the
    /// old body's.
    pub fn set_body(&mut self, body: Vec<u8>) {
        self.request.headers_mut().insert("content-length", body.len().to_string());
        *self.request.body_mut() = body.into();
    }

    /// Sends the request to the service.
    ///
    /// # Errors
    /// When no response comes.
    pub async fn send(self) -> CallResult {
        self.connector.call(self.request).await
    }
}

/// The same configuration, with `interceptor` before those that it has already.
#[must_use]
pub fn intercepted<T: Interceptor>(sdk: &SdkConfig, interceptor: &Arc<T>) -> SdkConfig {
    let client = sdk.http_client().unwrap_or_else(saldo_store::http_client);
    sdk.to_builder().http_client(Intercepted { client, interceptor: Arc::clone(interceptor) }).build()
}

#[derive(Debug)]
struct Intercepted<T> {
    client: SharedHttpClient,
    interceptor: Arc<T>,
}

impl<T: Interceptor> HttpClient for Intercepted<T> {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let connector = self.client.http_connector(settings, components);
        let interceptor = Arc::clone(&self.interceptor);
        SharedHttpConnector::new(InterceptedConnector { connector, interceptor })
    }
}

#[derive(Debug)]
struct InterceptedConnector<T> {
    connector: SharedHttpConnector,
    interceptor: Arc<T>,
}

impl<T: Interceptor> HttpConnector for InterceptedConnector<T> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let call = Call { request, connector: self.connector.clone() };
        let interceptor = Arc::clone(&self.interceptor);
        HttpConnectorFuture::new(async move { interceptor.intercept(call).await })
    }
}
