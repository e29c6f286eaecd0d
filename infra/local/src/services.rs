//! The AWS services (DynamoDB, S3, SQS and KMS) and the sandbox bank. They are embedded, each on a port of the loopback
//! interface; S3, SQS and KMS may also be external services that the environment names.

mod dynamodb;
mod kms;
mod mock;
mod outside;
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
use crate::server::{self, serve};
use crate::template::{Names, REGION, Template};

pub(crate) use outside::Outside;

/// The storage of the data.
#[derive(Clone, Debug)]
pub enum Data {
    /// This directory, which is created if it does not exist.
    Directory(PathBuf),
    /// Memory and, for files, a temporary directory. The data is lost when the stack stops.
    Ephemeral,
}

/// The running services.
pub(crate) struct Services {
    pub(crate) endpoints: Endpoints,
    /// The external services.
    pub(crate) outside: Outside,
    kms: Option<kms::Kms>,
    tasks: JoinSet<Result<()>>,
    stop: CancellationToken,
    _temporary: Option<TempDir>,
}

/// The URLs of the services.
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
    /// The credentials for the services.
    pub credentials: Credentials,
    /// The parts of the names of resources.
    pub names: Names,
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
        let outside = Outside::from_env();
        let (credentials, names) = (outside.credentials(), outside.names(data)?);
        let template = Template::named(names.clone())?;
        let stop = CancellationToken::new();
        let mut tasks = JoinSet::new();
        let kms = match outside.kms {
            None => Some(kms::start(keys.as_deref(), &mut tasks, stop.clone()).await?),
            Some(_) => None,
        };
        let s3 = match &outside.s3 {
            None => s3::start(&files, &credentials, &template, &mut tasks, stop.clone()).await?,
            Some(url) => url.clone(),
        };
        let sqs = match &outside.sqs {
            None => sqs::start(&mut tasks, stop.clone()).await?,
            Some(url) => url.clone(),
        };
        let endpoints = Endpoints {
            dynamodb: dynamodb::start(records.as_deref(), &mut tasks, stop.clone()).await?,
            s3,
            sqs,
            kms: kms.as_ref().map(|kms| kms.url.clone()).or(outside.kms.clone()).unwrap_or_default(),
            bank: bank(&mut tasks, stop.clone()).await?,
            credentials,
            names,
        };
        Ok(Self { endpoints, outside, kms, tasks, stop, _temporary: temporary })
    }

    /// Writes KMS's keys to their file; the other services write their data themselves.
    pub(crate) async fn keep_keys(&self) -> Result<()> {
        match &self.kms {
            Some(kms) => kms.keep_keys().await,
            None => Ok(()),
        }
    }

    /// Stops the services after they have answered their requests.
    pub(crate) async fn stop(mut self) {
        self.stop.cancel();
        while self.tasks.join_next().await.is_some() {}
    }
}

impl Endpoints {
    /// The SDK's configuration for these services. It has its own HTTP client, since connections belong to the runtime that
    /// first uses them.
    #[must_use]
    pub fn sdk_config(&self) -> SdkConfig {
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new(REGION))
            .credentials_provider(SharedCredentialsProvider::new(self.credentials.clone()))
            .service_config(self.clone())
            .http_client(saldo_store::http_client())
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
    tasks.spawn(async move { Ok(serve(listener, router, stop).await?) });
    Ok(url)
}

/// A listener on a free port of the loopback interface, and its URL.
async fn listen() -> Result<(TcpListener, String)> {
    let listener = server::listen(0).await?;
    let url = format!("http://{}", listener.local_addr()?);
    Ok((listener, url))
}
