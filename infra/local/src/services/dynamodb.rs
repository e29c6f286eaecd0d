//! Embedded DynamoDB: dynoxide, which stores items in SQLite.

use std::path::Path;

use anyhow::{Context, Result, anyhow};
use dynoxide::Database;
use dynoxide::server::serve_with_shutdown;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

pub(super) async fn start(
    file: Option<&Path>,
    tasks: &mut JoinSet<Result<()>>,
    stop: CancellationToken,
) -> Result<String> {
    let database = match file.and_then(Path::to_str) {
        Some(file) => Database::new(file).with_context(|| format!("opening {file}"))?,
        None => Database::memory().context("a database in memory")?,
    };
    let (listener, url) = super::listen().await?;
    tasks.spawn(async move {
        serve_with_shutdown(listener, database, stop.cancelled_owned()).await.map_err(|error| anyhow!(error))
    });
    Ok(url)
}
