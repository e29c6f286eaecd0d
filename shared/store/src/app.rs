//! The stores, files and queues of a function.

use std::net::IpAddr;
use std::time::Duration;

use aws_config::retry::{RetryConfig, RetryMode};
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_types::service_config::ServiceConfigKey;
use saldo_domain::import::{CHUNKS_AT_ONCE, ROWS_PER_CHUNK};
use saldo_domain::notification::{RETRY_DELAYS, Targets};
use url::Url;

use crate::dynamodb::RetryConflicts;
use crate::files::FileStore;
use crate::queue::{ExportQueue, ImportQueue, NotificationQueue, SyncQueue};
use crate::secrets::Sealer;
use crate::settings::{InvalidVariables, Settings};
use crate::{
    AccessStore, AccountStore, ClientStore, DeliveryStore, ExportStore, IdempotencyStore, ImportStore,
    KeyStore, NotificationStore, SyncStore, TransactionStore, UploadStore,
};

/// How often the SDK tries a call. The pauses between attempts grow.
const ATTEMPTS_MAX: u32 = 5;
/// How long the SDK waits for a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// How long the SDK waits for one answer; a 4 MB file takes well under a second.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a call may take with all its attempts: it must fail while there is time left for cleaning up, before API
/// Gateway ends the request after 30 seconds.
const OPERATION_TIMEOUT: Duration = Duration::from_secs(15);

/// Everything that a function uses. Cheap to clone.
#[derive(Clone, Debug)]
pub struct App {
    /// The accounts.
    pub accounts: AccountStore,
    /// The clients.
    pub clients: ClientStore,
    /// The transactions.
    pub transactions: TransactionStore,
    /// The imports.
    pub imports: ImportStore,
    /// The uploaded files that are to be imported.
    pub uploads: UploadStore,
    /// The exports.
    pub exports: ExportStore,
    /// The keys and organizations.
    pub keys: KeyStore,
    /// The provider accesses.
    pub accesses: AccessStore,
    /// The synchronizations.
    pub syncs: SyncStore,
    /// The notification endpoints.
    pub notifications: NotificationStore,
    /// The deliveries of notifications.
    pub deliveries: DeliveryStore,
    /// The answers to repeat.
    pub idempotency: IdempotencyStore,
    /// The files.
    pub files: FileStore,
    /// The imports to be planned.
    pub plan_queue: ImportQueue,
    /// The chunks of imports to be processed.
    pub import_queue: ImportQueue,
    /// The exports to be written.
    pub export_queue: ExportQueue,
    /// The synchronizations to be continued.
    pub sync_queue: SyncQueue,
    /// The events to be published and the notifications to be delivered.
    pub notification_queue: NotificationQueue,
    /// The key that seals secrets.
    pub sealer: Sealer,
    /// The addresses that may be called, and to which users may be redirected.
    pub targets: Targets,
    /// The API's URL for users' browsers, if it is set.
    pub public_url: Option<Url>,
    /// The source address of requests to other services.
    pub ip_address: IpAddr,
    /// The limits of size, concurrency and time.
    pub limits: Limits,
}

/// Limits of size, concurrency and time.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The rows in a chunk of an import, at least 1.
    pub rows_per_chunk: usize,
    /// The chunks of an import that are queued at once, at least 1.
    pub chunks_at_once: u32,
    /// How long one delivery of an import plans before it leaves the rest to another: two thirds of a planner's timeout,
    /// so that there is time to finish the chunk it has begun.
    pub planning_time: Duration,
    /// How long a worker retries throttled rows, from the beginning of the chunk, before it queues the chunk again: two
    /// thirds of a worker's timeout, because the last attempt may take 15 seconds, and the commit as long.
    pub chunk_time: Duration,
    /// How long a throttled plan or chunk rests the first time.
    pub throttled_rest: Duration,
    /// How long a link to upload a file is valid. At most 15 minutes, as
    /// `link_valid`: a link ends with the credentials that signed it, and an invocation of Lambda
    /// may last 15 minutes, so its credentials do.
    pub upload_valid: Duration,
    /// The rows of a chunk that are written at the same time, at least 1. At 5 ms a write, 32 of them write about 6,000
    /// rows a second.
    pub writes_in_flight: usize,
    /// The records that a page of an export looks at, at least 1. Small pages limit memory where many are read side by
    /// side: a record of half a kilobyte in the table takes four until it is read. Large pages limit the price: a page
    /// is charged in steps of 4 KB, so with 400 records less than one in a hundred is paid for twice.
    pub records_per_page: usize,
    /// How long an export is read before its caller gets a job instead of the file.
    pub inline_export_time: Duration,
    /// How long a link to a file is valid.
    pub link_valid: Duration,
    /// The lease of a worker on a synchronization: longer than a worker's timeout.
    pub sync_lease: Duration,
    /// How long one delivery of a synchronization reads before it leaves the rest to another: half of a worker's timeout,
    /// so that there is time for the page it has begun.
    pub sync_time: Duration,
    /// How long a challenge waits for its answer.
    pub challenge_valid: Duration,
    /// The interval at which a bank is asked whether its customer has answered the challenge.
    pub poll_interval: Duration,
    /// How long a bank may take for one answer.
    pub bank_timeout: Duration,
    /// How long a receiver of notifications may take to answer, including the connection. Receivers should answer before
    /// they do longer work; the worker's batch waits for the slowest.
    pub notification_timeout: Duration,
    /// The pauses between the attempts to deliver a notification.
    pub notification_delays: &'static [Duration],
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            rows_per_chunk: ROWS_PER_CHUNK,
            chunks_at_once: CHUNKS_AT_ONCE,
            planning_time: Duration::from_secs(400),
            chunk_time: Duration::from_secs(80),
            throttled_rest: Duration::from_secs(5),
            upload_valid: Duration::from_mins(15),
            writes_in_flight: 32,
            records_per_page: 400,
            inline_export_time: Duration::from_secs(10),
            link_valid: Duration::from_mins(15),
            sync_lease: Duration::from_secs(150),
            sync_time: Duration::from_mins(1),
            challenge_valid: Duration::from_mins(10),
            poll_interval: Duration::from_secs(3),
            bank_timeout: Duration::from_secs(30),
            notification_timeout: Duration::from_secs(15),
            notification_delays: &RETRY_DELAYS,
        }
    }
}

/// The HTTP client of the SDK's clients. It connects to AWS directly; the SDK's own client would take a proxy from the
/// environment (`default_https_client` in `aws-smithy-runtime`, since the behavior
/// version of 2025-08-07).
#[must_use]
pub fn http_client() -> SharedHttpClient {
    Builder::new().tls_provider(Provider::Rustls(CryptoMode::AwsLc)).build_https()
}

impl App {
    /// The app with the settings of the process's environment.
    ///
    /// # Errors
    /// [`InvalidVariables`] when settings are missing or invalid.
    pub async fn from_env() -> Result<Self, InvalidVariables> {
        let settings = Settings::from_env()?;
        let sdk = aws_config::defaults(BehaviorVersion::v2026_01_12()).http_client(http_client());
        Ok(Self::new(&settings, &sdk.load().await))
    }

    /// The app with these settings and this configuration of the SDK.
    #[must_use]
    pub fn new(settings: &Settings, sdk: &SdkConfig) -> Self {
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
        let dynamodb = aws_sdk_dynamodb::config::Builder::from(&sdk).retry_classifier(RetryConflicts).build();
        let dynamodb = aws_sdk_dynamodb::Client::from_conf(dynamodb);
        let s3 = aws_sdk_s3::config::Builder::from(&sdk).force_path_style(s3_has_own_endpoint(&sdk)).build();
        let sqs = aws_sdk_sqs::Client::new(&sdk);
        let Settings { tables, queues, .. } = settings;
        Self {
            accounts: AccountStore::new(dynamodb.clone(), tables.accounts.clone()),
            clients: ClientStore::new(dynamodb.clone(), tables.clients.clone()),
            transactions: TransactionStore::new(dynamodb.clone(), tables.transactions.clone()),
            imports: ImportStore::new(dynamodb.clone(), tables.jobs.clone()),
            uploads: UploadStore::new(dynamodb.clone(), tables.jobs.clone()),
            exports: ExportStore::new(dynamodb.clone(), tables.jobs.clone()),
            notifications: NotificationStore::new(dynamodb.clone(), tables.accesses.clone()),
            deliveries: DeliveryStore::new(dynamodb.clone(), tables.jobs.clone()),
            keys: KeyStore::new(dynamodb.clone(), tables.keys.clone()),
            accesses: AccessStore::new(dynamodb.clone(), tables.accesses.clone()),
            syncs: SyncStore::new(dynamodb.clone(), tables.jobs.clone()),
            idempotency: IdempotencyStore::new(dynamodb, tables.idempotency.clone()),
            files: FileStore::new(aws_sdk_s3::Client::from_conf(s3), settings.bucket.clone()),
            plan_queue: ImportQueue::new(sqs.clone(), queues.plan.clone()),
            import_queue: ImportQueue::new(sqs.clone(), queues.import.clone()),
            export_queue: ExportQueue::new(sqs.clone(), queues.export.clone()),
            sync_queue: SyncQueue::new(sqs.clone(), queues.sync.clone()),
            notification_queue: NotificationQueue::new(sqs, queues.notification.clone()),
            sealer: Sealer::new(aws_sdk_kms::Client::new(&sdk), settings.secrets_key.clone()),
            targets: settings.targets,
            public_url: settings.public_url.clone(),
            ip_address: settings.ip_address,
            limits: Limits::default(),
        }
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

    async fn link(sdk: aws_types::sdk_config::Builder) -> String {
        let credentials = Credentials::new("a", "b", None, None, "test");
        let sdk = sdk
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::from_static("us-east-1"))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .build();
        let named = |name: &str| (name != "SALDO_PUBLIC_URL").then(|| "name".to_owned());
        let settings = Settings::read(named).expect("all variables");
        App::new(&settings, &sdk).files.link("file", Duration::from_mins(1)).await.expect("a link").url
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
