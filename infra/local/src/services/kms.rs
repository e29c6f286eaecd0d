//! Embedded KMS: winterbaume, with real encryption (AES-256-GCM) that enforces encryption contexts. Its keys are stored in a
//! file, so that ciphertexts can be decrypted after a restart.

use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, anyhow};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use winterbaume_core::StatefulService;
use winterbaume_kms::KmsService;

use crate::private_file;
use crate::template::{ACCOUNT, REGION};

/// The running service.
pub(super) struct Kms {
    pub(super) url: String,
    service: Arc<KmsService>,
    file: Option<PathBuf>,
}

pub(super) async fn start(
    file: Option<&Path>,
    tasks: &mut JoinSet<Result<()>>,
    stop: CancellationToken,
) -> Result<Kms> {
    let service = Arc::new(KmsService::new());
    if let Some(file) = file {
        match std::fs::read(file) {
            Ok(keys) => {
                let keys = serde_json::from_slice(&keys).context("the file of keys")?;
                let restored = service.restore(ACCOUNT, REGION, keys).await;
                restored.map_err(|error| anyhow!("{error:?}")).context("the file of keys")?;
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error).with_context(|| format!("reading {}", file.display())),
        }
    }
    let url = super::mock::serve(Arc::clone(&service) as _, tasks, stop).await?;
    Ok(Kms { url, service, file: file.map(Path::to_owned) })
}

impl Kms {
    /// Writes the current keys to the file.
    pub(super) async fn keep_keys(&self) -> Result<()> {
        let Some(file) = &self.file else { return Ok(()) };
        let keys = serde_json::to_vec(&self.service.snapshot(ACCOUNT, REGION).await)?;
        let write = || private_file(file)?.write_all(&keys);
        write().with_context(|| format!("writing {}", file.display()))
    }
}
