//! The clients of the AWS SDK: at most one for each service, made when a store asks for it.

use std::time::Duration;

use aws_config::retry::{RetryConfig, RetryMode};
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::connector_metadata::ConnectorMetadata;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_types::service_config::ServiceConfigKey;

use crate::dynamodb::RetryConflicts;

/// How often the SDK tries a call. The pauses between attempts grow.
const ATTEMPTS_MAX: u32 = 5;
/// How long the SDK waits for a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// How long the SDK waits for one answer; a 4 MB file takes well under a second.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a call may take with all its attempts: it must fail while there is time left for cleaning up, before API
/// Gateway ends the request after 30 seconds.
const OPERATION_TIMEOUT: Duration = Duration::from_secs(15);

/// The HTTP client of the SDK's clients. It connects to AWS directly; the SDK's own client would take a proxy from the
/// environment (`default_https_client` in `aws-smithy-runtime`, since the behavior
/// version of 2025-08-07).
#[must_use]
pub fn http_client() -> SharedHttpClient {
    let client = Builder::new().tls_provider(Provider::Rustls(CryptoMode::AwsLc)).build_https();
    SharedHttpClient::new(OneConnector(client))
}

/// An HTTP client whose connector is built for the first request and used by all clients of services. On its own, the
/// SDK's HTTP client also builds one for each new client of a service and drops it, so that the root certificates are
/// loaded before the first request; each parses all of them again.
#[derive(Debug)]
struct OneConnector(SharedHttpClient);

impl HttpClient for OneConnector {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        self.0.http_connector(settings, components)
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.0.connector_metadata()
    }
}

/// The configuration of the SDK from the environment of this process.
pub(super) async fn load() -> SdkConfig {
    aws_config::defaults(BehaviorVersion::v2026_01_12()).http_client(http_client()).load().await
}

/// The clients that were made so far.
pub(super) struct Clients {
    sdk: SdkConfig,
    dynamodb: Option<aws_sdk_dynamodb::Client>,
    kms: Option<aws_sdk_kms::Client>,
    s3: Option<aws_sdk_s3::Client>,
    sqs: Option<aws_sdk_sqs::Client>,
}

impl Clients {
    /// The clients with this configuration, and with the timeouts and retries that all of them have.
    pub(super) fn new(sdk: &SdkConfig) -> Self {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .operation_attempt_timeout(ATTEMPT_TIMEOUT)
            .operation_timeout(OPERATION_TIMEOUT)
            .build();
        // Never adaptive, even if the environment asks for it: that mode slows down all requests of the process, to every
        // table and for every organization, when one of them is throttled.
        let retries = sdk.retry_config().cloned().unwrap_or_else(RetryConfig::standard);
        let retries = retries.with_retry_mode(RetryMode::Standard).with_max_attempts(ATTEMPTS_MAX);
        let sdk = sdk.to_builder().timeout_config(timeouts).retry_config(retries).build();
        Self { sdk, dynamodb: None, kms: None, s3: None, sqs: None }
    }

    pub(super) fn dynamodb(&mut self) -> aws_sdk_dynamodb::Client {
        let make = || {
            let config = aws_sdk_dynamodb::config::Builder::from(&self.sdk).retry_classifier(RetryConflicts);
            aws_sdk_dynamodb::Client::from_conf(config.build())
        };
        self.dynamodb.get_or_insert_with(make).clone()
    }

    pub(super) fn kms(&mut self) -> aws_sdk_kms::Client {
        self.kms.get_or_insert_with(|| aws_sdk_kms::Client::new(&self.sdk)).clone()
    }

    pub(super) fn s3(&mut self) -> aws_sdk_s3::Client {
        let make = || {
            let config = aws_sdk_s3::config::Builder::from(&self.sdk);
            aws_sdk_s3::Client::from_conf(config.force_path_style(s3_has_own_endpoint(&self.sdk)).build())
        };
        self.s3.get_or_insert_with(make).clone()
    }

    pub(super) fn sqs(&mut self) -> aws_sdk_sqs::Client {
        self.sqs.get_or_insert_with(|| aws_sdk_sqs::Client::new(&self.sdk)).clone()
    }
}

/// Whether the environment names an endpoint for S3, as it does for emulators and interface
/// endpoints of a VPC. There the bucket's name goes into the path: the SDK would put it before the
/// endpoint's host name, and LocalStack knows a bucket only before `s3.`.
fn s3_has_own_endpoint(sdk: &SdkConfig) -> bool {
    let key = ServiceConfigKey::builder().service_id("S3").env("AWS_ENDPOINT_URL").profile("endpoint_url");
    let for_s3 =
        || sdk.service_config().zip(key.build().ok()).and_then(|(config, key)| config.load_config(key));
    sdk.endpoint_url().is_some() || for_s3().is_some()
}

#[cfg(test)]
mod tests {
    use aws_config::Region;
    use aws_sdk_s3::config::{Credentials, SharedCredentialsProvider};

    use super::*;
    use crate::Environment;

    async fn link(sdk: aws_types::sdk_config::Builder) -> String {
        let credentials = Credentials::new("a", "b", None, None, "test");
        let sdk = sdk
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::from_static("us-east-1"))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .build();
        let files = Environment::new(|_| Some("name".to_owned()), &sdk).build(Environment::files);
        files.expect("a bucket").link("file", Duration::from_mins(1)).await.expect("a link").url
    }

    #[tokio::test]
    async fn path_style_is_used_at_endpoints_that_are_not_aws() {
        let of_aws = link(SdkConfig::builder()).await;
        assert!(of_aws.starts_with("https://name.s3.us-east-1.amazonaws.com/file?"), "{of_aws}");
        let localstack =
            link(SdkConfig::builder().endpoint_url("http://localhost.localstack.cloud:4566")).await;
        assert!(localstack.starts_with("http://localhost.localstack.cloud:4566/name/file?"), "{localstack}");
    }
}
