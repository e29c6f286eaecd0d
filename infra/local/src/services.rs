//! The embedded AWS services (DynamoDB, S3, SQS and KMS) and the sandbox bank, each on a port
//! of its own on the loopback interface.

mod dynamodb;
mod kms;
mod mock;
mod s3;
mod sqs;

use std::path::PathBuf;

use anyhow::{Context, Result};
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::bank::Bank;
use crate::template::REGION;

/// The credentials that the embedded services take. They open nothing else.
pub(crate) const ACCESS_KEY: &str = "local";
pub(crate) const SECRET_KEY: &str = "local-secret";

/// Where the data is kept.
#[derive(Clone, Debug)]
pub enum Data {
    /// In this directory, which is made if it is not there.
    Directory(PathBuf),
    /// In memory, files in a temporary directory; all of it goes away with the stack.
    Ephemeral,
}

/// The running services.
pub(crate) struct Services {
    pub(crate) endpoints: Endpoints,
    kms: kms::Kms,
    tasks: JoinSet<Result<()>>,
    stop: CancellationToken,
    _temporary: Option<TempDir>,
}

/// Where the services answer.
#[derive(Clone, Debug)]
pub struct Endpoints {
    /// DynamoDB's URL.
    pub dynamodb: String,
    /// S3's URL.
    pub s3: String,
    /// SQS's URL.
    pub sqs: String,
    /// KMS's URL.
    pub kms: String,
    /// The sandbox bank's URL.
    pub bank: String,
}

impl Services {
    /// Starts the services.
    pub(crate) async fn start(data: &Data) -> Result<Self> {
        let (directory, files, temporary) = match data {
            Data::Directory(directory) => (Some(directory), directory.join("s3"), None),
            Data::Ephemeral => {
                let temporary = tempfile::tempdir().context("a temporary directory for files")?;
                (None, temporary.path().join("s3"), Some(temporary))
            }
        };
        let [records, keys] =
            ["dynamodb.sqlite", "kms.json"].map(|name| directory.map(|directory| directory.join(name)));
        std::fs::create_dir_all(&files).with_context(|| format!("creating {}", files.display()))?;
        let stop = CancellationToken::new();
        let mut tasks = JoinSet::new();
        let kms = kms::start(keys.as_deref(), &mut tasks, stop.clone()).await?;
        let endpoints = Endpoints {
            dynamodb: dynamodb::start(records.as_deref(), &mut tasks, stop.clone()).await?,
            s3: s3::start(&files, &mut tasks, stop.clone()).await?,
            sqs: sqs::start(&mut tasks, stop.clone()).await?,
            kms: kms.url.clone(),
            bank: bank(&mut tasks, stop.clone()).await?,
        };
        Ok(Self { endpoints, kms, tasks, stop, _temporary: temporary })
    }

    /// Keeps what is not written as it is made: KMS's keys.
    pub(crate) async fn keep_keys(&self) -> Result<()> {
        self.kms.keep_keys().await
    }

    /// Stops the services once they have answered what they were asked.
    pub(crate) async fn stop(mut self) {
        self.stop.cancel();
        while self.tasks.join_next().await.is_some() {}
    }
}

impl Endpoints {
    /// The SDK's configuration for these services, with an HTTP client of its own: its
    /// connections belong to the runtime that first uses it.
    #[must_use]
    pub fn sdk_config(&self) -> SdkConfig {
        let credentials = Credentials::new(ACCESS_KEY, SECRET_KEY, None, None, "local");
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new(REGION))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .service_config(self.clone())
            .http_client(saldo::app::http_client())
            .build()
    }
}

impl LoadServiceConfig for Endpoints {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        match (key.env(), key.service_id()) {
            ("AWS_ENDPOINT_URL", "DynamoDB") => Some(self.dynamodb.clone()),
            ("AWS_ENDPOINT_URL", "S3") => Some(self.s3.clone()),
            ("AWS_ENDPOINT_URL", "SQS") => Some(self.sqs.clone()),
            ("AWS_ENDPOINT_URL", "KMS") => Some(self.kms.clone()),
            _ => None,
        }
    }
}

/// Starts the sandbox bank.
async fn bank(tasks: &mut JoinSet<Result<()>>, stop: CancellationToken) -> Result<String> {
    let (listener, url) = listen().await?;
    let router = Bank::new().router(&url);
    tasks.spawn(async move { Ok(crate::serve(listener, router, stop).await?) });
    Ok(url)
}

/// A listener on a free port of the loopback interface, and its URL.
async fn listen() -> Result<(TcpListener, String)> {
    let listener = crate::listen(0).await?;
    let url = format!("http://{}", listener.local_addr()?);
    Ok((listener, url))
}
