//! Interception of the SDK's HTTP requests, for the local stack's trace headers and for tests.

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
use futures::future::BoxFuture;

/// Intercepts requests between the SDK and the network.
pub trait Tap: Debug + Send + Sync + 'static {
    /// Handles a request, with or without sending it by `wire`.
    fn call(
        self: Arc<Self>,
        wire: SharedHttpConnector,
        request: HttpRequest,
    ) -> BoxFuture<'static, Result<HttpResponse, ConnectorError>>;
}

/// The same configuration with `tap` in front of its HTTP client.
#[must_use]
pub fn tapped<T: Tap>(sdk: &SdkConfig, tap: &Arc<T>) -> SdkConfig {
    let wire = sdk.http_client().unwrap_or_else(saldo_store::app::http_client);
    sdk.to_builder().http_client(Tapped { wire, tap: Arc::clone(tap) }).build()
}

#[derive(Debug)]
struct Tapped<T> {
    wire: SharedHttpClient,
    tap: Arc<T>,
}

impl<T: Tap> HttpClient for Tapped<T> {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let wire = self.wire.http_connector(settings, components);
        SharedHttpConnector::new(TappedConnector { wire, tap: Arc::clone(&self.tap) })
    }
}

#[derive(Debug)]
struct TappedConnector<T> {
    wire: SharedHttpConnector,
    tap: Arc<T>,
}

impl<T: Tap> HttpConnector for TappedConnector<T> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::new(Arc::clone(&self.tap).call(self.wire.clone(), request))
    }
}
